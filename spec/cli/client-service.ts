import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startAllInOne } from '../../bin/all-in-one.ts';
import { logIn } from '../../bin/demo/public-api.ts';
import { loadSettings } from '../../config/load-settings.ts';
import { createLogger } from '../../config/logger.ts';
import { eventually } from '../services/eventually.ts';
import { temporaryFolder } from '../services/temporary-folder.ts';

/** The whole service with its own Keystone and servers of fake hardware, as a client meets it. */
export interface ClientService extends AsyncDisposable {
  /** Variables of an operator, and of the tenant `team-a`. */
  operator: Record<string, string>;
  tenant: Record<string, string>;
  /** Makes a server in stock, perhaps a customer's. */
  addServer(name: string, more?: { driver_info?: object; owner?: string; lessee?: string }): Promise<string>;
  /** Asks the bare metal API as the operator. */
  request<T>(method: string, path: string, body?: unknown): Promise<T>;
}

const PASSWORD = 'correct-horse';

export async function startClientService(): Promise<ClientService> {
  const folder = await temporaryFolder('kurogane-client-');
  const users_file = join(folder.path, 'users.yaml');
  const account = (name: string, project: string, role: string, more: object[] = []) => ({
    ...{ name, password: PASSWORD, default_project: project },
    roles: [{ role, project }, ...more],
  });
  const users = [
    account('operator', 'operations', 'admin', [{ role: 'admin', system: 'all' }]),
    account('alice', 'team-a', 'member'),
  ];
  const projects = ['operations', 'team-a'].map((name) => ({ name, id: name }));
  await writeFile(users_file, stringify({ demo: true, projects, users }), { mode: 0o600 });
  const settings = loadSettings({
    env: {
      KUROGANE_DEFAULT__STATE_PATH: folder.path,
      KUROGANE_DEFAULT__ENABLED_HARDWARE_TYPES: 'fake-hardware',
      KUROGANE_DEFAULT__ENABLED_BOOT_INTERFACES: 'fake',
      KUROGANE_DEFAULT__ENABLED_DEPLOY_INTERFACES: 'fake',
      KUROGANE_API__PORT: '0',
      KUROGANE_BOOT__PORT: '0',
      KUROGANE_IDENTITY__ENABLED: 'true',
      KUROGANE_IDENTITY__USERS_FILE: users_file,
      KUROGANE_CONDUCTOR__AUTOMATED_CLEAN: 'false',
      KUROGANE_CONDUCTOR__POLL_INTERVAL: '1',
      KUROGANE_CONDUCTOR__GRACEFUL_SHUTDOWN_TIMEOUT: '1',
    },
  });
  const destination = createWriteStream(join(folder.path, 'log'));
  const service = await startAllInOne(
    settings,
    createLogger({ level: 'error', name: 'client', destination }),
  );
  const OS_AUTH_URL = `${service.api_url}/identity/v3`;
  const api = await logIn(OS_AUTH_URL, { name: 'operator', password: PASSWORD, project: null });
  const common = { OS_AUTH_URL, OS_PASSWORD: PASSWORD };
  return {
    operator: { ...common, OS_USERNAME: 'operator', OS_SYSTEM_SCOPE: 'all' },
    tenant: { ...common, OS_USERNAME: 'alice', OS_PROJECT_NAME: 'team-a' },
    request: api.request,
    async addServer(name, more = {}) {
      const body = { name, driver: 'fake-hardware', resource_class: 'gold', ...more };
      const { uuid } = await api.request<{ uuid: string }>('POST', '/v1/nodes', body);
      for (const [target, state] of [
        ['manage', 'manageable'],
        ['provide', 'available'],
      ]) {
        await api.request('PUT', `/v1/nodes/${uuid}/states/provision`, { target });
        await eventually(async () => {
          const { provision_state } = await api.request<{ provision_state: string }>(
            'GET',
            `/v1/nodes/${uuid}`,
          );
          if (provision_state !== state) throw new Error(`${name} is ${provision_state}`);
        });
      }
      return uuid;
    },
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      destination.end();
      await folder.remove();
    },
  };
}
