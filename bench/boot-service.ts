import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startKurogane } from '../spec/cli/kurogane-command.ts';
import { freePort } from '../spec/services/free-port.ts';
import { ensurePackages } from '../spec/services/packages.ts';
import { startChild } from '../spec/services/process.ts';
import { testDatabaseUrl } from '../spec/services/test-services.ts';
import { must } from './api-service.ts';

/** The boot service on MariaDB, and an nginx that serves the same folder. Each is a process of its own. */
export interface BootBench extends AsyncDisposable {
  readonly url: string;
  readonly nginx_url: string;
  readonly database_url: string;
  /** Of the files under /images, and of nginx. */
  readonly folder: string;
  pids(): Promise<readonly number[]>;
  nginx_pids(): Promise<readonly number[]>;
}

/** @throws Error when nginx is not there and cannot be installed. */
export async function startBootBench(): Promise<BootBench> {
  const { nginx: why_not } = await ensurePackages(['nginx']);
  if (why_not !== null) throw new Error(why_not);
  const home = await mkdtemp(join(tmpdir(), 'kurogane-bench-boot-'));
  const undo: (() => Promise<unknown>)[] = [() => rm(home, { recursive: true, force: true })];
  const dispose = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const folder = join(home, 'images');
    await mkdir(folder);
    const database_url = await testDatabaseUrl();
    const key_file = join(home, 'secrets.key');
    const config = join(home, 'kurogane.yaml');
    const settings = {
      DEFAULT: { state_path: home, log_level: 'info' },
      api: { public_endpoint: 'http://192.0.2.1:6385' },
      boot: { port: 0, image_path: folder, calls_per_minute: 0 },
      conductor: { deploy_kernel: 'http://192.0.2.1/kernel', deploy_ramdisk: 'http://192.0.2.1/initrd' },
      database: { connection: database_url },
      secrets: { key_file },
    };
    await writeFile(config, stringify(settings), { mode: 0o600 });
    await must(['db', 'add-key', '--key-file', key_file]);
    await must(['--config', config, 'db', 'upgrade']);
    const { child, url } = await startKurogane(
      ['--config', config, 'boot'],
      {},
      { stderr_file: join(home, 'boot.log') },
    );
    undo.push(() => child.stop());
    const port = await freePort();
    const nginx = await startNginx(home, folder, port);
    undo.push(() => nginx.stop());
    return {
      ...{ url, database_url, folder, nginx_url: `http://127.0.0.1:${port}` },
      pids: async () => [child.pid],
      nginx_pids: async () => [nginx.pid, ...(await childrenOf(nginx.pid))],
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** As its documentation recommends for large files: sendfile, full packets, no log. A worker per core, as the default of Debian. */
async function startNginx(home: string, root: string, port: number) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(home, name)};`)
    .join(' ');
  const file = join(home, 'nginx.conf');
  await writeFile(
    file,
    `${process.getuid?.() === 0 ? 'user root; ' : ''}worker_processes auto; daemon off; pid ${join(home, 'nginx.pid')}; error_log stderr notice;
events { worker_connections 512; }
http { sendfile on; tcp_nopush on; access_log off; ${temporary}
  server { listen 127.0.0.1:${port}; root ${root}; } }
`,
  );
  const child = await startChild({ command: '/usr/sbin/nginx', args: ['-e', 'stderr', '-c', file] });
  await child.waitForOutput(/start worker process/);
  return child;
}

async function childrenOf(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '')),
  );
  return lists.flatMap((text) => text.split(' ').filter(Boolean).map(Number));
}
