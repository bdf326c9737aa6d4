import type { ErrorCode } from '../../lifecycle/errors.ts';
import { ServiceError } from '../../lifecycle/errors.ts';

/**
 * Error bodies on the wire (reference: errors and conventions, 1). `error_message` holds a JSON document as a string;
 * its inner shape depends on who refused: the routing layer or a handler.
 */

const TITLES = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
} as const;

export type RoutingStatus = keyof typeof TITLES;

/** A refusal in the shape of the routing layer: unknown path, method, version, and the gates of whole resources. */
export class RoutingError extends Error {
  readonly status: RoutingStatus;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: RoutingStatus, description: string, headers: Readonly<Record<string, string>> = {}) {
    super(description);
    this.name = 'RoutingError';
    this.status = status;
    this.headers = headers;
  }
}

/** Errors whose body is `{faultcode, faultstring}` itself, raised before the API proper. */
export class PlainFault extends Error {
  readonly status: 400 | 413;

  constructor(status: 400 | 413, message: string) {
    super(message);
    this.name = 'PlainFault';
    this.status = status;
  }
}

/** The body of a refusal by the routing layer. */
export function routingErrorBody(status: RoutingStatus, description: string): object {
  return { error_message: JSON.stringify({ code: status, title: TITLES[status], description }) };
}

/** The body of a refusal by a handler or a conductor. */
export function faultBody(status: number, message: string): object {
  const faultcode = status >= 500 ? 'Server' : 'Client';
  return { error_message: JSON.stringify({ faultcode, faultstring: message, debuginfo: null }) };
}

/** The body of a refusal before the API proper. */
export function plainFaultBody(message: string): object {
  return { faultcode: 'Client', faultstring: message };
}

/** Whether `error` is of one of `codes`. */
export function isServiceError(error: unknown, ...codes: readonly ErrorCode[]): error is ServiceError {
  return error instanceof ServiceError && (codes.length === 0 || codes.includes(error.code));
}
