import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { type KeystoneAdmin, keystoneAdmin } from './keystone-admin.ts';
import { type Child, run, startChild } from './process.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { testDatabaseUrl } from './test-services.ts';

/** A Keystone of the test's own, from the installed package, on a database of its own. */
export interface KeystoneServer extends AsyncDisposable {
  /** `http://127.0.0.1:port/v3`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Makes users, projects, roles and tokens there, as its administrator. */
  readonly admin: KeystoneAdmin;
  /** The keys of its tokens; null with Fernet. */
  readonly jws: JwsKeys | null;
  /** Starts it again, on the same port and data, after `stop` or `kill`. */
  start(): Promise<void>;
  stop(): Promise<void>;
  restart(): Promise<void>;
  /** SIGKILL to all its processes: a crash. */
  kill(): Promise<void>;
}

export interface JwsKeys {
  /** Folder of the public keys, as Keystone reads it. */
  readonly public_key_repository: string;
  /** PEM of the key that signs tokens: what a test needs to make one that nobody can forge. */
  readonly private_key: string;
}

export interface KeystoneOptions {
  /** Default: fernet. */
  provider?: 'fernet' | 'jws';
  /** `mysql://…` of an empty database. Default: one on the shared MariaDB. */
  database_url?: string;
  /** True: does not keep this process alive. */
  background?: boolean;
}

/** Debian's programs; by their paths, since another Python may come first on the PATH. */
export const KEYSTONE_MANAGE = '/usr/bin/keystone-manage';
export const UWSGI = '/usr/bin/uwsgi';
const WSGI_FILE = '/usr/bin/keystone-wsgi-public';

/**
 * Starts a private Keystone, with the roles admin, manager, member, reader (each implies the next) and service, the user
 * `admin` with a random password, and nothing in common with one that the machine may run. Ready when this resolves
 * (about 8 s: the schema 2 s, the bootstrap 2 s, the service 3 s).
 */
export async function startKeystone(options: KeystoneOptions = {}): Promise<KeystoneServer> {
  const database_url = options.database_url ?? (await testDatabaseUrl());
  const { path: folder, remove: removeFolder } = await temporaryFolder('kurogane-keystone-');
  const at = (name: string): string => join(folder, name);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/v3`;
  const password = randomBytes(12).toString('hex');
  let child: Child | undefined;

  async function start(): Promise<void> {
    child = await startChild({
      command: UWSGI,
      args: ['--ini', at('uwsgi.ini')],
      cwd: folder,
      env: pythonEnvironment(folder),
      background: options.background === true,
    });
    await child.waitForOutput(/WSGI app 0 .* ready in/, 120_000);
  }

  async function remove(): Promise<void> {
    await child?.stop(20_000);
    await removeFolder();
  }

  const provider = options.provider ?? 'fernet';
  let jws: JwsKeys | null = null;
  try {
    await writeFernetKeys(at('fernet'));
    await writeFernetKeys(at('credential'));
    if (provider === 'jws') jws = await writeJwsKeys(at('jws'));
    await writeFile(at('keystone.conf'), configuration(folder, provider, database_url), { mode: 0o600 });
    await writeFile(at('uwsgi.ini'), uwsgiConfiguration(port));
    await manage(folder, ['db_sync']);
    await manage(folder, ['bootstrap'], {
      OS_BOOTSTRAP_PASSWORD: password,
      OS_BOOTSTRAP_PUBLIC_URL: url,
      OS_BOOTSTRAP_REGION_ID: 'RegionOne',
    });
    await start();
  } catch (error) {
    await remove();
    throw error;
  }

  function server(): Child {
    if (child === undefined) throw new Error('Keystone was not started.');
    return child;
  }

  const admin = keystoneAdmin({ url, password });
  try {
    await addRoles(admin);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    url,
    port,
    admin,
    jws,
    get pid() {
      return server().pid;
    },
    start,
    async stop() {
      await server().stop(20_000);
    },
    async restart() {
      await server().stop(20_000);
      await start();
    },
    async kill() {
      await server().kill();
    },
    [Symbol.asyncDispose]: remove,
  };
}

/** The roles that newer releases bootstrap and this one does not (Keystone 24: manager, service). */
async function addRoles(admin: KeystoneAdmin): Promise<void> {
  await admin.createRole('service');
  await admin.createRole('manager');
  await admin.imply('admin', 'manager');
  await admin.imply('manager', 'member');
}

async function manage(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const result = await run({
    command: KEYSTONE_MANAGE,
    args: ['--config-file', join(folder, 'keystone.conf'), ...args],
    env: { ...pythonEnvironment(folder), ...env },
    timeout_ms: 120_000,
  });
  if (result.code !== 0) {
    throw new Error(
      `keystone-manage ${args[0]} ended with ${result.code}:\n${result.stdout}${result.stderr}`,
    );
  }
}

/** Nothing of the developer's own Python, nor of a client's settings (OS_*). */
function pythonEnvironment(folder: string): NodeJS.ProcessEnv {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: folder,
    LANG: 'C.UTF-8',
    OS_KEYSTONE_CONFIG_DIR: folder,
  };
}

function configuration(folder: string, provider: string, database_url: string): string {
  const database = new URL(database_url);
  database.protocol = 'mysql+pymysql:';
  return `[DEFAULT]
use_stderr = true
[database]
connection = ${database.href}
[identity]
# bcrypt at its usual cost would be most of the time of every test.
password_hash_rounds = 4
[token]
provider = ${provider}
[fernet_tokens]
key_repository = ${folder}/fernet
[fernet_receipts]
key_repository = ${folder}/fernet
[credential]
key_repository = ${folder}/credential
[jwt_tokens]
jws_public_key_repository = ${folder}/jws/public
jws_private_key_repository = ${folder}/jws/private
`;
}

/** http-socket closes after each answer without saying so, which resets the stock client's next request: hence the header. */
function uwsgiConfiguration(port: number): string {
  return `[uwsgi]
plugins = python3
wsgi-file = ${WSGI_FILE}
http-socket = 127.0.0.1:${port}
add-header = Connection: close
master = true
processes = 1
threads = 4
enable-threads = true
lazy-apps = true
die-on-term = true
worker-reload-mercy = 5
disable-logging = true
buffer-size = 65535
`;
}

/** What `keystone-manage fernet_setup` and `credential_setup` make: a staged key and a primary one. */
async function writeFernetKeys(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  for (const name of ['0', '1']) {
    const key = randomBytes(32).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
    await writeFile(join(folder, name), key, { mode: 0o600 });
  }
}

/** What `keystone-manage create_jws_keypair` makes. */
async function writeJwsKeys(folder: string): Promise<JwsKeys> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const public_key_repository = join(folder, 'public');
  await mkdir(public_key_repository, { recursive: true });
  await mkdir(join(folder, 'private'), { mode: 0o700 });
  await writeFile(join(public_key_repository, 'public.pem'), publicKey);
  await writeFile(join(folder, 'private', 'private.pem'), privateKey, { mode: 0o600 });
  return { public_key_repository, private_key: privateKey };
}
