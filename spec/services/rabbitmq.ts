import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { type Child, startChild } from './process.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Debian's start script, without the wrapper that changes to the account of the system's own broker. */
export const RABBITMQ_SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** A RabbitMQ of the test's own, with its own port mapper. All its data is in one temporary folder, which goes with it. */
export interface RabbitmqServer extends AsyncDisposable {
  /** `amqp://user:password@127.0.0.1:port`, vhost `/`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Starts it again, on the same port and data, after `stop` or `kill`. */
  start(): Promise<void>;
  stop(): Promise<void>;
  restart(): Promise<void>;
  /** SIGKILL: a crash. */
  kill(): Promise<void>;
}

export interface RabbitmqOptions {
  /** True: does not keep this process alive. */
  background?: boolean;
}

/** Starts a private RabbitMQ from the installed package; ready when this resolves (5 to 15 s). */
export async function startRabbitmq(options: RabbitmqOptions = {}): Promise<RabbitmqServer> {
  const background = options.background === true;
  const { path: folder, remove: removeFolder } = await temporaryFolder('kurogane-rabbitmq-');
  const [port, epmd_port, distribution_port] = [await freePort(), await freePort(), await freePort()];
  const password = randomBytes(12).toString('hex');
  const env = {
    ...process.env,
    HOME: folder,
    LANG: 'C.UTF-8',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(epmd_port),
    RABBITMQ_NODENAME: `kurogane-${randomBytes(4).toString('hex')}@localhost`,
    RABBITMQ_DIST_PORT: String(distribution_port),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    // The start script becomes the broker, instead of waiting beside it: signals reach the broker itself.
    RUNNING_UNDER_SYSTEMD: '1',
    RABBITMQ_PID_FILE: join(folder, 'rabbitmq.pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
  let epmd: Child | undefined;
  let child: Child | undefined;

  async function start(): Promise<void> {
    child = await startChild({ command: RABBITMQ_SERVER, env, background });
    await child.waitForOutput(/completed with \d+ plugins/, 120_000);
  }

  async function remove(): Promise<void> {
    await child?.stop(20_000);
    await epmd?.stop();
    await removeFolder();
  }

  try {
    await writeFile(
      join(folder, 'rabbitmq.conf'),
      `listeners.tcp.local = 127.0.0.1:${port}\n` +
        'default_user = kurogane\n' +
        `default_pass = ${password}\n` +
        'log.file = false\nlog.console = true\nlog.console.level = warning\n' +
        // A full disk of the machine is not what the tests look at.
        'disk_free_limit.absolute = 50MB\n',
    );
    await writeFile(join(folder, 'enabled_plugins'), '[].\n');
    epmd = await startChild({
      command: 'epmd',
      args: ['-port', String(epmd_port), '-address', '127.0.0.1'],
      env,
      background,
    });
    await start();
  } catch (error) {
    await remove();
    throw error;
  }

  function broker(): Child {
    if (child === undefined) throw new Error('RabbitMQ was not started.');
    return child;
  }

  return {
    url: `amqp://kurogane:${password}@127.0.0.1:${port}`,
    port,
    get pid() {
      return broker().pid;
    },
    start,
    async stop() {
      await broker().stop(20_000);
    },
    async restart() {
      await broker().stop(20_000);
      await start();
    },
    async kill() {
      await broker().kill();
    },
    [Symbol.asyncDispose]: remove,
  };
}
