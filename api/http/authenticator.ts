import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../../lifecycle/caller.ts';

/** Turns a request's credentials into a caller. One implementation per `[DEFAULT]auth_strategy`. */
export interface Authenticator {
  /**
   * @param request_id goes into the caller, for logs and jobs.
   * @throws Unauthorized when credentials are missing or wrong; ServiceError ServiceUnavailable when they cannot be checked now.
   */
  authenticate(headers: IncomingHttpHeaders, request_id: string): Promise<Caller>;
}

/** 401: the only error whose body is not Ironic's own (reference: errors and conventions, 1). */
export class Unauthorized extends Error {
  /** Value of the WWW-Authenticate header. */
  readonly challenge: string;
  /** The whole body. */
  readonly body: object;

  constructor(challenge: string, body: object) {
    super('The request you have made requires authentication.');
    this.name = 'Unauthorized';
    this.challenge = challenge;
    this.body = body;
  }
}
