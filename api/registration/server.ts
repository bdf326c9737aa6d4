import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import type { ConductorClient } from '../../conductor/client.ts';
import type { Settings } from '../../config/options.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import { ServiceError, serviceError } from '../../lifecycle/errors.ts';
import { createCallLimit } from '../../net/call-limit.ts';
import { readProgress, readReport, registerReply, reportReply } from './messages.ts';
import {
  loadRegistrationProto,
  type RegisterReply,
  type RegisterRequest,
  type ReportReply,
  type ReportRequest,
} from './proto.ts';
import { createWorkQueue } from './work-queue.ts';

export interface RegistrationServerOptions {
  settings: Pick<Settings, 'registration'>;
  conductor: Pick<ConductorClient, 'register' | 'registrationProgress'>;
  clock: Clock;
  log: RegistrationLog;
  /** PEM texts. */
  tls: { cert: string; key: string };
}

export interface RegistrationLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export interface RegistrationServer extends AsyncDisposable {
  readonly port: number;
}

const SERVICE = 'kurogane.registration.v1.Registration';

/** A server with hundreds of ports and disks takes a tenth of it. */
const MESSAGE_BYTES = 256 * 1024;
/** Of one call, its wait for a turn included. */
const CALL_MS = 60_000;
const DRAIN_MS = 5_000;

/** How refusals look: HTTP status of the catalogue → gRPC's. */
const STATUSES: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  409: status.FAILED_PRECONDITION,
  413: status.RESOURCE_EXHAUSTED,
  429: status.RESOURCE_EXHAUSTED,
  503: status.UNAVAILABLE,
};

/**
 * Serves kurogane.registration.v1 over TLS, with reflection. Bounded in messages, calls of an address, calls at work and calls that
 * wait. @throws Error when the address is taken or the certificate cannot be used
 */
export async function startRegistration(options: RegistrationServerOptions): Promise<RegistrationServer> {
  const { clock, conductor, log } = options;
  const { calls_per_minute, concurrency, host_ip, port, queue } = options.settings.registration;
  const limit = createCallLimit(clock, calls_per_minute);
  const work = createWorkQueue(concurrency, queue);

  function unary<Q, R>(
    name: string,
    answer: (call: ServerUnaryCall<Q, R>) => Promise<R>,
  ): handleUnaryCall<Q, R> {
    return (call, reply) => {
      const peer = peerAddress(call.getPeer());
      const left = new AbortController();
      call.on('cancelled', () =>
        left.abort(serviceError('ServiceUnavailable', { why: 'The caller has gone.' })),
      );
      const answered = new AbortController();
      clock.sleep(CALL_MS, answered.signal).then(
        () =>
          left.abort(serviceError('ServiceUnavailable', { why: 'The service is busy. Try again later.' })),
        () => {},
      );
      const turn = async (): Promise<R> => {
        limit(peer);
        return work.run(left.signal, () => answer(call));
      };
      turn()
        .then(
          (value) => reply(null, value),
          (error: unknown) => {
            const told = refusal(error);
            const facts = {
              call: name,
              peer,
              code: told.name,
              ...(told.name === 'Internal' ? { err: error } : {}),
            };
            log.warn(facts, `A registration call was refused: ${told.details}`);
            reply(told);
          },
        )
        .finally(() => answered.abort());
    };
  }

  const definition = loadRegistrationProto();
  const server = new Server({
    'grpc.max_receive_message_length': MESSAGE_BYTES,
    'grpc.max_concurrent_streams': 16,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.max_connection_idle_ms': 120_000,
  });
  server.addService(serviceOf(definition), {
    Register: unary<RegisterRequest, RegisterReply>('Register', async (call) => {
      const report = readReport(call.request);
      const answer = await conductor.register(bearer(call.metadata), report);
      const { cause, registration_uuid, step } = answer;
      const { serial_number, system_uuid } = report;
      log.info(
        { system_uuid, serial_number, registration_uuid, step, cause },
        `A server registers: ${answer.action}.`,
      );
      return registerReply(answer);
    }),
    Report: unary<ReportRequest, ReportReply>('Report', async ({ request }) => {
      const { registration_uuid, secret } = request;
      const verdict = await conductor.registrationProgress(registration_uuid, secret, readProgress(request));
      const { action, cause, step } = verdict;
      if (action !== 'wait')
        log.info({ registration_uuid, step, cause }, `A registration is over: ${action}.`);
      return reportReply(verdict);
    }),
  });
  new ReflectionService(definition).addToServer(server);
  return {
    port: await bind(server, `${host_ip}:${port}`, options.tls),
    [Symbol.asyncDispose]: () => close(server, clock),
  };
}

function bind(
  server: Server,
  address: string,
  { cert, key }: { cert: string; key: string },
): Promise<number> {
  const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) };
  const credentials = ServerCredentials.createSsl(null, [pair], false);
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => (error === null ? resolve(port) : reject(error)));
  });
}

function serviceOf(definition: PackageDefinition): ServiceDefinition {
  const found = definition[SERVICE];
  if (found === undefined || 'format' in found)
    throw new Error(`registration.proto has no service ${SERVICE}.`);
  return found as unknown as ServiceDefinition;
}

/** `192.0.2.1:4711` or `[2001:db8::1]:4711` without the port. */
const peerAddress = (peer: string): string => peer.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');

/** @throws InvalidEnrolmentToken */
function bearer(metadata: Metadata): string {
  const [given] = metadata.get('authorization');
  const token = /^Bearer (\S{1,256})$/i.exec(String(given ?? ''))?.[1];
  if (token === undefined) throw serviceError('InvalidEnrolmentToken', {});
  return token;
}

/** An error as a gRPC status; what is not of the catalogue stays in the log. */
function refusal(error: unknown): { code: status; details: string; metadata: Metadata; name: string } {
  const metadata = new Metadata();
  const known = error instanceof ServiceError ? error : null;
  const name = known?.code ?? 'Internal';
  metadata.set('kurogane-error', name);
  if (known === null)
    return {
      code: status.INTERNAL,
      details: 'The service failed to answer; its log has the cause.',
      metadata,
      name,
    };
  const code = name === 'InvalidEnrolmentToken' ? status.UNAUTHENTICATED : STATUSES[known.status];
  return { code: code ?? status.INTERNAL, details: known.message, metadata, name };
}

/** Lets running calls end, for at most five seconds. */
async function close(server: Server, clock: Clock): Promise<void> {
  const ended = new AbortController();
  clock.sleep(DRAIN_MS, ended.signal).then(
    () => server.forceShutdown(),
    () => {},
  );
  await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  ended.abort();
}
