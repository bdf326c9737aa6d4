import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash } from 'bcryptjs';
import { stringify } from 'yaml';
import { kurogane, startKurogane } from '../cli/kurogane-command.ts';
import { freePort } from '../services/free-port.ts';
import type { Child } from '../services/process.ts';
import { testDatabaseUrl, testTransportUrl } from '../services/test-services.ts';
import type { OpenstackAccount } from './openstack-shell.ts';

/** Kurogane as an operator runs it: API, conductor and boot service as processes, on MariaDB and RabbitMQ. */
export interface Deployment extends AsyncDisposable {
  readonly api_url: string;
  readonly boot_url: string;
  /** With system scope and the admin role. */
  readonly operator: OpenstackAccount;
  /** A member of a project that owns nothing. */
  readonly tenant: OpenstackAccount;
  /** A disk image that the boot service serves. */
  readonly image: { url: string; sha256: string };
  /** Starts one more conductor, of the default group. */
  startConductor(host: string): Promise<Child>;
  /** All that the processes have printed. */
  output(): string;
}

const IMAGE_BYTES = 1024 * 1024;

export async function startDeployment(
  settings: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {},
): Promise<Deployment> {
  const folder = await mkdtemp(join(tmpdir(), 'kurogane-e2e-'));
  const children: Child[] = [];
  const dispose = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop(40_000)));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [api_port, boot_port] = [await freePort(), await freePort()];
    const api_url = `http://127.0.0.1:${api_port}`;
    const boot_url = `http://127.0.0.1:${boot_port}`;
    const passwords = { operator: newPassword(), tenant: newPassword() };
    const image = await writeImages(join(folder, 'images'));
    await writeFile(join(folder, 'users.yaml'), await usersFile(passwords));
    const common = {
      DEFAULT: { state_path: folder },
      api: { port: api_port, public_endpoint: api_url },
      // All its machines have one address.
      boot: { port: boot_port, calls_per_minute: 0 },
      deploy: { http_url: boot_url },
      database: { connection: await testDatabaseUrl() },
      oslo_messaging: { transport_url: await testTransportUrl() },
      secrets: { key_file: join(folder, 'secrets.key') },
      identity: { enabled: true, users_file: join(folder, 'users.yaml') },
      conductor: {
        deploy_kernel: `${boot_url}/images/agent.kernel`,
        deploy_ramdisk: `${boot_url}/images/agent.initramfs`,
      },
    };
    const config = join(folder, 'kurogane.yaml');
    await writeFile(config, stringify(merged(common, settings)), { mode: 0o600 });
    await must(['db', 'add-key', '--key-file', common.secrets.key_file]);
    await must(['--config', config, 'db', 'upgrade']);
    // All of them have come up or failed before any is given up: none is left behind.
    const started = await Promise.allSettled(
      ['api', 'conductor', 'boot'].map(async (name) => {
        children.push((await startKurogane(['--config', config, name], {})).child);
      }),
    );
    for (const result of started) if (result.status === 'rejected') throw result.reason;
    const auth_url = `${api_url}/identity/v3`;
    return {
      api_url,
      boot_url,
      operator: { auth_url, username: 'operator', password: passwords.operator },
      tenant: { auth_url, username: 'tenant', password: passwords.tenant, project_name: 'team' },
      image: { url: `${boot_url}/images/disk.raw`, sha256: image },
      async startConductor(host) {
        const { child } = await startKurogane(['--config', config, 'conductor'], {
          KUROGANE_DEFAULT__HOST: host,
          KUROGANE_CONDUCTOR__CONDUCTOR_GROUP: '',
        });
        children.push(child);
        return child;
      },
      output: () => children.map((child) => child.output()).join('\n'),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function newPassword(): string {
  return randomBytes(12).toString('base64url');
}

async function must(args: readonly string[]): Promise<void> {
  const { code, stderr } = await kurogane(args);
  if (code !== 0) throw new Error(`kurogane ${args.join(' ')} failed: ${stderr}`);
}

async function usersFile(passwords: { operator: string; tenant: string }): Promise<string> {
  return stringify({
    projects: [{ name: 'team' }],
    users: [
      {
        name: 'operator',
        password_hash: await hash(passwords.operator, 6),
        roles: [{ role: 'admin', system: 'all' }],
      },
      {
        name: 'tenant',
        password_hash: await hash(passwords.tenant, 6),
        roles: [{ role: 'member', project: 'team' }],
      },
    ],
  });
}

async function writeImages(folder: string): Promise<string> {
  await mkdir(folder);
  const content = randomBytes(IMAGE_BYTES);
  await writeFile(join(folder, 'disk.raw'), content);
  await writeFile(join(folder, 'agent.kernel'), 'kernel');
  await writeFile(join(folder, 'agent.initramfs'), 'ramdisk');
  return createHash('sha256').update(content).digest('hex');
}

function merged(
  base: Readonly<Record<string, object>>,
  over: Readonly<Record<string, object>>,
): Record<string, object> {
  const groups = new Set([...Object.keys(base), ...Object.keys(over)]);
  return Object.fromEntries([...groups].map((group) => [group, { ...base[group], ...over[group] }]));
}
