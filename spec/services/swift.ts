import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { type Child, run, startChild } from './process.ts';

/** OpenStack's Swift with its S3 API: an object storage that is not ours, and that checks signatures. */
export interface Swift extends AsyncDisposable {
  readonly url: string;
  readonly access_key: string;
  readonly secret_key: string;
  readonly region: string;
}

export const SWIFT_PROXY = '/usr/bin/swift-proxy-server';
const KINDS = ['account', 'container', 'object'] as const;
const ACCESS_KEY = 'kurogane:boot';
const SECRET_KEY = 'a-secret-key';
const REGION = 'us-east-1';

/** One of each server and a folder as the disk. Ready when its proxy listens. */
export async function startSwift(): Promise<Swift> {
  const folder = await mkdtemp(join(tmpdir(), 'kurogane-swift-'));
  const children: Child[] = [];
  const dispose = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await mkdir(join(folder, 'disks', 'd1'), { recursive: true });
    await writeFile(
      join(folder, 'swift.conf'),
      '[swift-hash]\nswift_hash_path_suffix = test\nswift_hash_path_prefix = test\n',
    );
    const ports: number[] = [];
    for (const kind of KINDS) {
      const port = await freePort();
      ports.push(port);
      await makeRing(folder, kind, port);
      children.push(await startServer(folder, kind, port, SERVER(kind)));
    }
    const port = await freePort();
    ports.push(port);
    children.push(await startServer(folder, 'proxy', port, PROXY));
    await Promise.all(ports.map((each) => eventually(() => fetch(`http://127.0.0.1:${each}/`))));
    return {
      ...{ url: `http://127.0.0.1:${port}`, access_key: ACCESS_KEY, secret_key: SECRET_KEY, region: REGION },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function makeRing(folder: string, kind: string, port: number): Promise<void> {
  const builder = join(folder, `${kind}.builder`);
  for (const args of [['create', '1', '1', '0'], ['add', `r1z1-127.0.0.1:${port}/d1`, '1'], ['rebalance']]) {
    const { code, stdout } = await run({ command: 'swift-ring-builder', args: [builder, ...args] });
    if (code !== 0) throw new Error(`swift-ring-builder ${args.join(' ')} ended with ${code}: ${stdout}`);
  }
}

async function startServer(folder: string, name: string, port: number, parts: string): Promise<Child> {
  const file = join(folder, `${name}-server.conf`);
  await writeFile(
    file,
    `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
user = ${userInfo().username}
swift_dir = ${folder}
devices = ${join(folder, 'disks')}
mount_check = false
workers = 0
${parts}`,
  );
  return startChild({ command: `/usr/bin/swift-${name}-server`, args: [file] });
}

const SERVER = (kind: string): string => `[pipeline:main]
pipeline = ${kind}-server
[app:${kind}-server]
use = egg:swift#${kind}
`;

/** Without a memcached: nobody listens on port 1. */
const PROXY = `[pipeline:main]
pipeline = catch_errors cache s3api tempauth proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:s3api]
use = egg:swift#s3api
location = ${REGION}
[filter:tempauth]
use = egg:swift#tempauth
user_${ACCESS_KEY.replace(':', '_')} = ${SECRET_KEY} .admin
`;
