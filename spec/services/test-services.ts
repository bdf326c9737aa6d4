import { randomBytes } from 'node:crypto';
import { newDatabase, startMariadb } from './mariadb.ts';
import { startRabbitmq } from './rabbitmq.ts';

/**
 * What specs ask for. `npm test` starts one MariaDB and one RabbitMQ for the whole run and names them in
 * KUROGANE_TEST_DATABASE_URL and KUROGANE_TEST_AMQP_URL; so may a developer. A mocha that was started by hand without
 * them gets servers of its own, which end with it.
 */
const DATABASE_URL = 'KUROGANE_TEST_DATABASE_URL';
const AMQP_URL = 'KUROGANE_TEST_AMQP_URL';
/** Marks the databases of a run, so that the runner can remove them from a server that is not its own. */
const RUN = 'KUROGANE_TEST_RUN';

/** URL of a fresh, empty database on the shared MariaDB: `mysql://user:password@host:port/name`. */
export async function testDatabaseUrl(): Promise<string> {
  const url = await serverUrl(DATABASE_URL, () => startMariadb({ background: true }));
  return newDatabase(url, process.env[RUN]);
}

/**
 * Transport URL of the shared RabbitMQ with a prefix of its own, so that two specs never share a queue or a topic:
 * `amqp://user:password@host:port/vhost?prefix=test-…`.
 */
export async function testTransportUrl(): Promise<string> {
  const url = new URL(await serverUrl(AMQP_URL, () => startRabbitmq({ background: true })));
  url.searchParams.set('prefix', `test-${randomBytes(6).toString('hex')}.`);
  return url.href;
}

async function serverUrl(
  variable: string,
  start: () => Promise<{ url: string } & AsyncDisposable>,
): Promise<string> {
  const named = process.env[variable];
  if (named !== undefined && named !== '') return named;
  const server = await start();
  process.env[variable] = server.url;
  // The server does not keep this process alive: when nothing else is left to do, it is stopped and its files go.
  process.once('beforeExit', () => void server[Symbol.asyncDispose]());
  return server.url;
}
