import type { Flaw } from '../codec/flaw.ts';

/** Network functions of requests. IPMI v2.0 5.1 */
export const NETFN = { chassis: 0x00, sensor: 0x04, app: 0x06, storage: 0x0a, transport: 0x0c } as const;

/** Privilege levels. IPMI v2.0 6.8 */
export const PRIVILEGE = { callback: 1, user: 2, operator: 3, administrator: 4 } as const;
export type PrivilegeLevel = (typeof PRIVILEGE)[keyof typeof PRIVILEGE];

/**
 * One IPMI command, in both directions: a console encodes requests and decodes responses, a BMC the other way round.
 * `Response` is what follows a completion code of 0.
 */
export interface Command<Request, Response> {
  /** As the specification writes it; in errors. */
  readonly name: string;
  readonly netfn: number;
  readonly cmd: number;
  /** Least privilege level that a session needs; null: allowed before any session. IPMI v2.0 appendix G */
  readonly privilege: PrivilegeLevel | null;
  /** Asking again costs the BMC next to nothing and changes nothing: it is sent again as soon as its answer is late. */
  readonly repeatable?: true;
  /** It does harm when carried out twice: a console does not send it again on another session, where the BMC cannot tell. */
  readonly once?: true;
  /** What this command's own completion codes (80h to BEh) mean. */
  readonly completion_codes?: Readonly<Record<number, string>>;
  encodeRequest(request: Request): Uint8Array;
  decodeRequest(data: Uint8Array): Request | Flaw;
  encodeResponse(response: Response): Uint8Array;
  decodeResponse(data: Uint8Array): Response | Flaw;
}

/** What commands without request or response data carry. */
export type Nothing = Record<never, never>;

export const nothing: Nothing = Object.freeze({});
const NO_BYTES = new Uint8Array(0);

/** The request half of commands that take no data. */
export const emptyRequest = {
  encodeRequest: (_request: Nothing): Uint8Array => NO_BYTES,
  decodeRequest: (_data: Uint8Array): Nothing | Flaw => nothing,
};

/** The response half of commands that answer with a completion code only. */
export const emptyResponse = {
  encodeResponse: (_response: Nothing): Uint8Array => NO_BYTES,
  decodeResponse: (_data: Uint8Array): Nothing | Flaw => nothing,
};
