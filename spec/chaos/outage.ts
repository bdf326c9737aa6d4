import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKurogane } from '../cli/kurogane-command.ts';
import { eventually } from '../services/eventually.ts';
import { freePort } from '../services/free-port.ts';
import type { Site } from './site.ts';

/** What an API process answers while MariaDB is away, and how soon it answers again. */
export interface OutageSeen {
  status_away: number;
  retry_after: string | null;
  status_back: number;
}

export interface ApiProcess extends AsyncDisposable {
  /** Status and Retry-After of a request for the nodes. */
  ask(): Promise<{ status: number; retry_after: string | null }>;
}

/** Starts `kurogane api` beside the conductors of the chaos run. */
export async function startApiProcess(site: Site): Promise<ApiProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'kurogane-chaos-'));
  const { connection, transport_url, key } = site.order('api');
  const port = await freePort();
  await writeFile(join(folder, 'secrets.key'), key, { mode: 0o600 });
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const { child } = await startKurogane(['api'], {
      KUROGANE_DEFAULT__AUTH_STRATEGY: 'noauth',
      KUROGANE_DEFAULT__STATE_PATH: folder,
      KUROGANE_API__PORT: String(port),
      KUROGANE_DATABASE__CONNECTION: connection,
      KUROGANE_OSLO_MESSAGING__TRANSPORT_URL: transport_url,
      KUROGANE_SECRETS__KEY_FILE: join(folder, 'secrets.key'),
    });
    return {
      ask: async () => {
        const response = await fetch(`http://127.0.0.1:${port}/v1/nodes?limit=1`);
        await response.arrayBuffer();
        return { status: response.status, retry_after: response.headers.get('retry-after') };
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

/** MariaDB crashes and is started again. */
export async function crashMariadb(site: Site, api: ApiProcess): Promise<OutageSeen> {
  await site.mariadb.kill();
  const away = await api.ask();
  await site.mariadb.start();
  const back = await eventually(async () => {
    const { status } = await api.ask();
    if (status !== 200) throw new Error(`The API still answers ${status}.`);
    return status;
  });
  return { status_away: away.status, retry_after: away.retry_after, status_back: back };
}
