import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import type { KeystoneServer } from './keystone.ts';
import { type Child, run, startChild } from './process.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** OpenStack's Glance, from the installed package, that asks a Keystone who may do what, and is in its catalogue. */
export interface GlanceServer extends AsyncDisposable {
  readonly url: string;
  /** Makes an image of these bytes. @returns its UUID */
  upload(image: { token: string; visibility: 'private' | 'public'; bytes: Buffer }): Promise<string>;
  /** Requests that it has answered, as `GET /v2/images`. */
  answered(): string[];
}

export const GLANCE_API = '/usr/bin/glance-api';
const GLANCE_MANAGE = '/usr/bin/glance-manage';
const PASTE = '/usr/share/glance-common/glance-api-paste.ini';

/** On SQLite and a folder. Ready when this resolves. */
export async function startGlance({ admin, url: keystone }: KeystoneServer): Promise<GlanceServer> {
  const { path: folder, remove } = await temporaryFolder('kurogane-glance-');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const project = await admin.createProject('glance');
  const user = await admin.createUser('glance');
  await admin.grant(user.id, 'service', { project_id: project.id });
  await admin.createEndpoint('image', 'glance', url);
  const conf = join(folder, 'glance.conf');
  for (const name of ['images', 'tasks', 'staging']) await mkdir(join(folder, name));
  const store = (name: string): string => `filesystem_store_datadir = ${join(folder, name)}/`;
  await writeFile(
    conf,
    `[DEFAULT]
bind_host = 127.0.0.1
bind_port = ${port}
workers = 0
enabled_backends = files:file
[database]
connection = sqlite:///${join(folder, 'glance.sqlite')}
[glance_store]
default_backend = files
[files]
${store('images')}
[os_glance_tasks_store]
${store('tasks')}
[os_glance_staging_store]
${store('staging')}
[paste_deploy]
flavor = keystone
config_file = ${PASTE}
[keystone_authtoken]
www_authenticate_uri = ${keystone}
auth_url = ${keystone}
auth_type = password
username = ${user.name}
password = ${user.password}
user_domain_id = default
project_domain_id = default
project_name = glance
interface = public
`,
    { mode: 0o600 },
  );
  const common = { env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: folder }, cwd: folder };
  let child: Child | undefined;
  const dispose = async (): Promise<void> => {
    await child?.stop(20_000);
    await remove();
  };
  try {
    const { code, stderr } = await run({
      ...common,
      ...{ command: GLANCE_MANAGE, args: ['--config-file', conf, 'db', 'sync'], timeout_ms: 120_000 },
    });
    if (code !== 0) throw new Error(`glance-manage db sync ended with ${code}: ${stderr.slice(-1000)}`);
    child = await startChild({ ...common, command: GLANCE_API, args: ['--config-file', conf] });
    await eventually(() => fetch(`${url}/versions`), 120_000);
  } catch (error) {
    await dispose();
    throw error;
  }
  const running = child;
  async function call(method: string, path: string, token: string, type: string, body: string | Buffer) {
    const reply = await fetch(url + path, {
      method,
      headers: { 'x-auth-token': token, 'content-type': type },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    });
    if (!reply.ok)
      throw new Error(
        `Glance: ${method} ${path}: ${reply.status} ${await reply.text()}\n${running.output().slice(-3000)}`,
      );
    return reply.text();
  }
  return {
    url,
    async upload({ bytes, token, visibility }) {
      const wish = { name: 'an image', disk_format: 'raw', container_format: 'bare', visibility };
      const made = await call('POST', '/v2/images', token, 'application/json', JSON.stringify(wish));
      const { id } = JSON.parse(made) as { id: string };
      await call('PUT', `/v2/images/${id}/file`, token, 'application/octet-stream', bytes);
      return id;
    },
    answered: () =>
      [...running.output().matchAll(/"(GET|HEAD) (\S+) HTTP\/1\.1" \d+/g)].map(
        ([, method, path]) => `${method} ${path}`,
      ),
    [Symbol.asyncDispose]: dispose,
  };
}
