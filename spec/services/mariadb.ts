import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { freePort } from './free-port.ts';
import { type Child, run as runProgram, startChild } from './process.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A MariaDB of the test's own. All its data is in one temporary folder, which goes with it. */
export interface MariadbServer extends AsyncDisposable {
  /** `mysql://user:password@127.0.0.1:port`, for an account that may do everything. */
  readonly url: string;
  readonly port: number;
  readonly socket: string;
  readonly pid: number;
  /** Makes an empty database with a name of its own; resolves with its URL. */
  newDatabase(run?: string): Promise<string>;
  /** Starts it again, on the same port and data, after `stop` or `kill`. */
  start(): Promise<void>;
  stop(): Promise<void>;
  restart(): Promise<void>;
  /** SIGKILL: a crash. */
  kill(): Promise<void>;
}

export interface MariadbOptions {
  /** More arguments for mariadbd. */
  args?: readonly string[];
  /** True: does not keep this process alive. */
  background?: boolean;
}

/** Starts a private MariaDB from the installed package; ready when this resolves (about 3 s). */
export async function startMariadb(options: MariadbOptions = {}): Promise<MariadbServer> {
  const { path: folder, remove: removeFolder } = await temporaryFolder('kurogane-mariadb-');
  const port = await freePort();
  const socket = join(folder, 's.sock');
  const password = randomBytes(12).toString('hex');
  const account = process.getuid?.() === 0 ? ['--user=mysql'] : [];
  let child: Child;

  async function start(): Promise<void> {
    child = await startChild({
      command: 'mariadbd',
      args: [
        '--no-defaults',
        ...account,
        `--datadir=${folder}`,
        '--bind-address=127.0.0.1',
        `--port=${port}`,
        `--socket=${socket}`,
        `--pid-file=${join(folder, 's.pid')}`,
        `--init-file=${join(folder, 'init.sql')}`,
        '--skip-name-resolve',
        '--skip-log-bin',
        '--max-connections=500',
        // Its data need not outlive the machine: no waiting for the disk, nor files of its own for each table.
        '--innodb-flush-log-at-trx-commit=2',
        '--innodb-flush-method=nosync',
        '--skip-innodb-doublewrite',
        '--skip-innodb-file-per-table',
        '--skip-sync-frm',
        '--debug-no-sync',
        ...(options.args ?? []),
      ],
      env: serverEnvironment(),
      background: options.background === true,
    });
    await child.waitForOutput(/ready for connections/, 60_000);
  }

  async function remove(): Promise<void> {
    await child?.stop(20_000);
    await removeFolder();
  }

  try {
    await installDatabase(folder, account);
    await writeFile(
      join(folder, 'init.sql'),
      `CREATE USER IF NOT EXISTS 'kurogane'@'127.0.0.1' IDENTIFIED BY '${password}';\n` +
        `GRANT ALL PRIVILEGES ON *.* TO 'kurogane'@'127.0.0.1' WITH GRANT OPTION;\n`,
    );
    await start();
  } catch (error) {
    await removeFolder();
    throw error;
  }

  const url = `mysql://kurogane:${password}@127.0.0.1:${port}`;
  return {
    url,
    port,
    socket,
    get pid() {
      return child.pid;
    },
    newDatabase: (run) => newDatabase(url, run),
    start,
    async stop() {
      await child.stop(20_000);
    },
    async restart() {
      await child.stop(20_000);
      await start();
    },
    async kill() {
      await child.kill();
    },
    [Symbol.asyncDispose]: remove,
  };
}

/**
 * Makes an empty database on the server of `url` (its path is not used); resolves with the database's URL.
 *
 * @param run lower-case letters and digits that mark the databases of one run, for `dropDatabases`.
 */
export async function newDatabase(url: string, run = 'x'): Promise<string> {
  const name = `kurogane_${run}_${randomBytes(6).toString('hex')}`;
  await query(url, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  const database = new URL(url);
  database.pathname = `/${name}`;
  return database.href;
}

/** Removes the databases that `newDatabase` made for a run. */
export async function dropDatabases(url: string, run: string): Promise<void> {
  const rows = await query(url, 'SELECT schema_name AS name FROM information_schema.schemata');
  for (const { name } of rows as { name: string }[])
    if (new RegExp(`^kurogane_${run}_[0-9a-f]{12}$`).test(name)) await query(url, `DROP DATABASE ${name}`);
}

async function query(url: string, statement: string): Promise<unknown> {
  const server = new URL(url);
  server.pathname = '/';
  const connection = await createConnection({ uri: server.href, connectTimeout: 10_000 });
  try {
    const [rows] = await connection.query(statement);
    return rows;
  } finally {
    await connection.end();
  }
}

async function installDatabase(folder: string, account: readonly string[]): Promise<void> {
  const result = await runProgram({
    command: 'mariadb-install-db',
    args: [
      '--no-defaults',
      ...account,
      `--datadir=${folder}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
    env: serverEnvironment(),
    timeout_ms: 120_000,
  });
  if (result.code !== 0)
    throw new Error(`mariadb-install-db ended with ${result.code}:\n${result.stdout}${result.stderr}`);
}

/** Server programs live in sbin, which the PATH of an ordinary user lacks. */
function serverEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin` };
}
