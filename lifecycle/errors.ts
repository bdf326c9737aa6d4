/**
 * The catalogue of errors that a client may see: code → HTTP status and message. Codes are Ironic's exception names
 * where Ironic has one. Everything that refuses a request, in the API or in a conductor, throws one of these.
 */
export const ERRORS = {
  InvalidParameterValue: { status: 400, message: (p: { why: string }) => p.why },
  MissingParameterValue: { status: 400, message: (p: { why: string }) => p.why },
  InvalidUuid: { status: 400, message: (p: { value: string }) => `Expected a UUID but received ${p.value}.` },
  BootModeNotAllowed: {
    status: 400,
    message: (p: { mode: string; op: string }) =>
      `'${p.mode}' boot mode is not allowed for ${p.op} operation.`,
  },
  MalformedRequestUri: { status: 400, message: (_: object) => 'Malformed request URI' },
  PatchError: { status: 400, message: (p: { why: string }) => `Couldn't apply patch. Reason: ${p.why}` },
  InvalidStateRequested: {
    status: 400,
    message: (p: { action: string; node: string; state: string; allowed: readonly string[] }) =>
      `The requested action "${p.action}" can not be performed on node "${p.node}" while it is in state "${p.state}". ` +
      (p.allowed.length > 0
        ? `Possible now: ${p.allowed.join(', ')}.`
        : 'No action is possible in this state.'),
  },
  NodeInMaintenance: {
    status: 400,
    message: (p: { op: string; node: string }) =>
      `The ${p.op} operation can't be performed on node ${p.node} because it's in maintenance mode. ` +
      'Clear it first (openstack baremetal node maintenance unset).',
  },
  NodeIsRetired: {
    status: 400,
    message: (p: { op: string; node: string }) =>
      `The ${p.op} operation can't be performed on node ${p.node} because it is retired.`,
  },
  UnsupportedDriverExtension: {
    status: 400,
    message: (p: { driver: string; extension: string }) =>
      `Driver ${p.driver} does not support ${p.extension} (disabled or not implemented).`,
  },
  NoFreePhysicalPorts: {
    status: 400,
    message: (p: { vif: string }) => `Unable to attach VIF ${p.vif}, not enough free physical ports.`,
  },
  VifNotAttached: {
    status: 400,
    message: (p: { vif: string; node: string }) =>
      `Unable to detach VIF ${p.vif} from node ${p.node} because it is not attached to it.`,
  },
  NoValidHost: { status: 400, message: (p: { why: string }) => `No valid host was found. Reason: ${p.why}` },
  NotAuthorized: {
    status: 403,
    message: (p: { rule: string }) => `Access was denied to the following resource: ${p.rule}`,
  },
  Forbidden: { status: 403, message: (p: { why: string }) => p.why },
  InvalidEnrolmentToken: {
    status: 403,
    message: (_: object) =>
      'The enrolment token is not valid: it is unknown, expired or used up. Make one: kurogane enrolment token create.',
  },
  NodeProtected: {
    status: 403,
    message: (p: { node: string }) =>
      `Node ${p.node} is protected and can not be undeployed, rebuilt or deleted.`,
  },
  NotFound: {
    status: 404,
    message: (p: { kind: string; ident: string }) => `${p.kind} ${p.ident} could not be found.`,
  },
  /** A standard interface that the driver lacks is a resource that is not there. */
  NoRaidInterface: {
    status: 404,
    message: (p: { driver: string }) =>
      `Driver ${p.driver} does not support raid (disabled or not implemented).`,
  },
  NotAcceptable: { status: 406, message: (p: { why?: string }) => p.why ?? 'Request not acceptable.' },
  Conflict: { status: 409, message: (p: { why: string }) => p.why },
  NodeLocked: {
    status: 409,
    message: (p: { node: string; host: string }) =>
      `Node ${p.node} is locked by host ${p.host}, please retry after the current operation is completed.`,
  },
  NodeAssociated: {
    status: 409,
    message: (p: { node: string; instance: string }) =>
      `Node ${p.node} is associated with instance ${p.instance}.`,
  },
  AlreadyExists: {
    status: 409,
    message: (p: { kind: string; field: string; value: string }) =>
      `A ${p.kind} with ${p.field} ${p.value} already exists.`,
  },
  NoFreeAddress: {
    status: 409,
    message: (p: { pool: string; network: string }) =>
      `Pool ${p.pool} (${p.network}) has no free address. Add a range to it, or free addresses.`,
  },
  DoubledSystemUuid: { status: 409, message: (p: { why: string }) => p.why },
  /** A server that may not register because of what is known of it. */
  RegistrationRefused: { status: 409, message: (p: { why: string }) => p.why },
  VifAlreadyAttached: {
    status: 409,
    message: (p: { vif: string; type: 'Port' | 'Portgroup'; uuid: string }) =>
      `Unable to attach VIF ${p.vif} because it is already attached to ${p.type} ${p.uuid}.`,
  },
  TooManyRequests: {
    status: 429,
    message: (p: { why: string; retry_s: number }) => `${p.why} Try again in ${p.retry_s} s.`,
  },
  BodyTooLarge: {
    status: 413,
    message: (p: { limit: number }) => `Request body is larger than ${p.limit} bytes.`,
  },
  AllocationFailed: {
    status: 500,
    message: (p: { uuid: string; why: string }) => `Failed to process allocation ${p.uuid}: ${p.why}`,
  },
  /** Neutron refused, or did not answer. */
  NetworkError: { status: 500, message: (p: { why: string }) => p.why },
  HardwareFailure: { status: 500, message: (p: { why: string }) => p.why },
  Internal: {
    status: 500,
    message: (p: { request_id: string }) =>
      `The service failed to answer; its log has the cause under ${p.request_id}.`,
  },
  SecretUnreadable: {
    status: 500,
    message: (p: { where: string; key_id: string; why: string }) =>
      `The secret stored at ${p.where} can't be read with key ${p.key_id}: ${p.why}. ` +
      'Give the service the key that wrote it ([secrets]key_file), or write the value again.',
  },
  NoFreeConductorWorker: {
    status: 503,
    message: (_: object) => 'Requested action cannot be performed due to lack of free conductor workers.',
  },
  ServiceUnavailable: { status: 503, message: (p: { why: string }) => p.why },
} as const satisfies Record<string, { status: number; message: (p: never) => string }>;

export type ErrorCode = keyof typeof ERRORS;

type Params<C extends ErrorCode> = Parameters<(typeof ERRORS)[C]['message']>[0];

/** An error of the catalogue. `status` is the HTTP status; the message is safe to show to the client. */
export class ServiceError extends Error {
  readonly code: ErrorCode;
  readonly status: number;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = 'ServiceError';
    this.code = code;
    this.status = ERRORS[code].status;
  }
}

/** Builds the error `code` of the catalogue. The caller throws it. */
export function serviceError<C extends ErrorCode>(code: C, params: Params<C>): ServiceError {
  const message = ERRORS[code].message as (p: Params<C>) => string;
  return new ServiceError(code, message(params));
}
