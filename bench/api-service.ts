import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startKeystoneStandIn } from '../spec/api/openstack/auth/keystone-stand-in.ts';
import { kurogane, startKurogane } from '../spec/cli/kurogane-command.ts';
import { freePort } from '../spec/services/free-port.ts';
import { testDatabaseUrl, testTransportUrl } from '../spec/services/test-services.ts';

/** The API and a conductor as processes on MariaDB and RabbitMQ, with the tokens of a Keystone. */
export interface BenchService extends AsyncDisposable {
  readonly api_url: string;
  readonly database_url: string;
  /** Of an administrator with system scope. */
  readonly token: string;
  readonly api_pid: number;
  /** Resident memory of each process, bytes. */
  memory(): Promise<{ api: number; conductor: number }>;
}

const FAKE_HARDWARE = {
  enabled_hardware_types: ['fake-hardware'],
  enabled_boot_interfaces: ['fake'],
  enabled_deploy_interfaces: ['fake'],
  enabled_inspect_interfaces: ['fake'],
  enabled_management_interfaces: ['fake'],
  enabled_power_interfaces: ['fake'],
  enabled_vendor_interfaces: ['no-vendor'],
};

const TOKEN = 'bench-operator';
const TOKEN_LIFE_MS = 3_600_000;

export async function startBenchService(): Promise<BenchService> {
  const undo: (() => Promise<unknown>)[] = [];
  const dispose = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return await startParts(undo, dispose);
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** @param undo is given what `dispose` has to do. */
async function startParts(
  undo: (() => Promise<unknown>)[],
  dispose: () => Promise<void>,
): Promise<BenchService> {
  const folder = await mkdtemp(join(tmpdir(), 'kurogane-bench-api-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const keystone = await startKeystoneStandIn(Date.now);
  undo.push(async () => keystone[Symbol.asyncDispose]());
  keystone.tokens.set(TOKEN, operatorToken());
  const port = await freePort();
  const database_url = await testDatabaseUrl();
  const config = join(folder, 'kurogane.yaml');
  const key_file = join(folder, 'secrets.key');
  const settings = {
    DEFAULT: { ...FAKE_HARDWARE, state_path: folder, auth_strategy: 'keystone' },
    api: { port },
    database: { connection: database_url },
    oslo_messaging: { transport_url: await testTransportUrl() },
    secrets: { key_file },
    keystone_authtoken: { auth_url: keystone.url, username: 'ironic', password: 'bench' },
  };
  await writeFile(config, stringify(settings), { mode: 0o600 });
  await must(['db', 'add-key', '--key-file', key_file]);
  await must(['--config', config, 'db', 'upgrade']);
  const start = async (name: string) => {
    const { child } = await startKurogane(['--config', config, name], {});
    undo.push(() => child.stop(40_000));
    return child;
  };
  const api = await start('api');
  const conductor = await start('conductor');
  return {
    api_url: `http://127.0.0.1:${port}`,
    database_url,
    token: TOKEN,
    api_pid: api.pid,
    memory: async () => ({
      api: await residentBytes(api.pid),
      conductor: await residentBytes(conductor.pid),
    }),
    [Symbol.asyncDispose]: dispose,
  };
}

/** Runs a command of kurogane. @throws Error when it fails */
export async function must(args: readonly string[]): Promise<void> {
  const { code, stderr } = await kurogane(args);
  if (code !== 0) throw new Error(`kurogane ${args.join(' ')} failed: ${stderr}`);
}

function operatorToken(): object {
  return {
    token: {
      methods: ['password'],
      user: { id: 'u1', name: 'operator', domain: { id: 'default', name: 'Default' } },
      system: { all: true },
      roles: ['admin', 'member', 'reader'].map((name) => ({ id: name, name })),
      expires_at: new Date(Date.now() + TOKEN_LIFE_MS).toISOString(),
    },
  };
}

/** VmRSS of proc(5) status. */
async function residentBytes(pid: number): Promise<number> {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}
