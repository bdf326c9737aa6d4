import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKurogane } from '../cli/kurogane-command.ts';
import { freePort } from '../services/free-port.ts';
import type { StartOrder } from './protocol.ts';

export interface Answer {
  status: number;
  retry_after: string | null;
}

/** `kurogane api` beside the conductors of the chaos run. */
export interface ApiProcess extends AsyncDisposable {
  /** Rejects when the process dies before it has answered. */
  request(method: string, path: string, body?: object): Promise<Answer>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again, at the same address. */
  start(): Promise<void>;
}

export async function startApiProcess({ connection, transport_url, key }: StartOrder): Promise<ApiProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'kurogane-chaos-'));
  const port = await freePort();
  const env = {
    KUROGANE_DEFAULT__AUTH_STRATEGY: 'noauth',
    KUROGANE_DEFAULT__STATE_PATH: folder,
    KUROGANE_DEFAULT__ENABLED_HARDWARE_TYPES: 'ipmi,redfish',
    KUROGANE_API__PORT: String(port),
    KUROGANE_DATABASE__CONNECTION: connection,
    KUROGANE_OSLO_MESSAGING__TRANSPORT_URL: transport_url,
    KUROGANE_SECRETS__KEY_FILE: join(folder, 'secrets.key'),
  };
  const start = async () => (await startKurogane(['api'], env)).child;
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await writeFile(join(folder, 'secrets.key'), key, { mode: 0o600 });
    let child = await start();
    return {
      request: async (method, path, body) => {
        const response = await fetch(`http://127.0.0.1:${port}${path}`, {
          method,
          headers: { 'content-type': 'application/json', 'x-openstack-ironic-api-version': '1.115' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        await response.arrayBuffer();
        return { status: response.status, retry_after: response.headers.get('retry-after') };
      },
      kill: async () => {
        await child.kill();
      },
      start: async () => {
        child = await start();
      },
      [Symbol.asyncDispose]: async () => {
        await child.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
