import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { type Client, credentials, loadPackageDefinition, Metadata, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { Clock } from '../lifecycle/clock.ts';
import type { FirmwareOrder } from '../lifecycle/firmware-updates.ts';

/** A call that was refused: gRPC's status by number, and the service's own name for it. */
export class CallRefused extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'CallRefused';
    this.status = status;
    this.code = code;
  }
}

/** The registration service as a server calls it: messages as in registration.proto. */
export interface RegistrationClient extends Disposable {
  register(token: string, request: object): Promise<RegisterReply>;
  report(request: object): Promise<ReportReply>;
}

export interface RegisterReply extends ReportReply {
  registration_uuid: string;
  node_uuid: string;
  secret: string;
  bmc: BmcOrders | null;
  updates?: FirmwareOrder[];
}

export interface BmcOrders {
  address: string;
  netmask: string;
  gateway: string;
  vlan_id: number;
  username: string;
  password: string;
}

export interface ReportReply {
  action: string;
  step: string;
  cause: string;
}

const CALL_MS = 90_000;

type Call = (
  request: object,
  metadata: Metadata,
  options: { deadline: number },
  reply: (error: ServiceError | null, value: never) => void,
) => void;

/** @param options.ca PEM of the authority that signed the service's certificate. */
export function openRegistrationClient(options: {
  clock: Pick<Clock, 'now'>;
  proto_file: string;
  target: string;
  ca: string;
}): RegistrationClient {
  const definition = loadSync(options.proto_file, { keepCase: true, enums: String, defaults: true });
  const { Registration } = (
    loadPackageDefinition(definition) as unknown as {
      kurogane: {
        registration: { v1: { Registration: new (...given: unknown[]) => Client & Record<string, Call> } };
      };
    }
  ).kurogane.registration.v1;
  // An address is no name for TLS (RFC 6066, section 3), and grpc-js would tell it: it tells another, and the certificate is
  // checked by the address.
  const host = options.target.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  const by_address = isIP(host) !== 0;
  const checks = by_address
    ? { checkServerIdentity: (_name: string, shown: PeerCertificate) => checkServerIdentity(host, shown) }
    : {};
  const tls = credentials.createSsl(Buffer.from(options.ca), null, null, checks);
  const client = new Registration(options.target, tls, {
    ...(by_address ? { 'grpc.ssl_target_name_override': 'localhost' } : {}),
    // Each server has a connection of its own.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
  });
  function call<R>(name: string, request: object, metadata: Metadata): Promise<R> {
    return new Promise((resolve, reject) => {
      client[name]?.(request, metadata, { deadline: options.clock.now() + CALL_MS }, (error, value) => {
        if (error === null) resolve(value);
        else
          reject(
            new CallRefused(error.code, String(error.metadata.get('kurogane-error')[0] ?? ''), error.details),
          );
      });
    });
  }
  return {
    register(token, request) {
      const metadata = new Metadata();
      metadata.set('authorization', `Bearer ${token}`);
      return call('Register', request, metadata);
    },
    report: (request) => call('Report', request, new Metadata()),
    [Symbol.dispose]: () => client.close(),
  };
}
