import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { furnish } from '../../bin/demo/furnish.ts';
import { logIn, type PublicApi } from '../../bin/demo/public-api.ts';
import { type Site, startSite } from '../../bin/demo/site.ts';
import { enroll, ownerOf } from '../../bin/demo/tour.ts';
import { startParts } from '../../bin/parts.ts';
import { type Browser, startBrowser } from './browser.ts';

/** The demo's own composition, with a browser, and servers in it. */
export interface PortalSite {
  site: Site;
  browser: Browser;
  /** The operator's, for what the portal has to show. */
  api: PublicApi;
  origin: string;
  /** The rack's servers, in its order: uuids. */
  rack: string[];
  /** Servers without a rack behind them: uuids. */
  stock: string[];
}

export async function startPortalSite(options: { stock: number }): Promise<PortalSite & AsyncDisposable> {
  return await startParts(async (parts) => {
    const folder = await mkdtemp(join(tmpdir(), 'kurogane-portal-spec-'));
    parts.defer(() => rm(folder, { recursive: true, force: true }));
    const site = parts.own(await startSite(folder));
    const origin = site.service.api_url;
    const [operator] = site.accounts;
    const api = await logIn(`${origin}/identity/v3`, { ...operator, project: null });
    const rack: string[] = [];
    for (const [index, server] of site.rack.servers.entries()) {
      const uuid = await enroll(api, server, ownerOf(site, index), site.bmcs[index]);
      await furnish(api, uuid, index);
      rack.push(uuid);
    }
    const stock: string[] = [];
    while (stock.length < options.stock) stock.push(await addStock(api, rack.length + stock.length));
    const browser = await startBrowser();
    parts.defer(() => browser.close());
    return { site, browser, api, origin, rack, stock };
  });
}

/** A server whose BMC is made up, as it is when it was just enrolled. */
export async function addStock(api: PublicApi, index: number, name = `stock-${index}`): Promise<string> {
  const { uuid } = await api.request<{ uuid: string }>('POST', '/v1/nodes', {
    name,
    driver: 'fake-hardware',
    ...{ deploy_interface: 'fake', boot_interface: 'fake', automated_clean: false },
    properties: { cpu_arch: 'x86_64' },
    resource_class: index % 2 === 0 ? 'bm.general' : 'bm.storage',
  });
  await furnish(api, uuid, index);
  return uuid;
}

/** Raises a verb of the bare metal API, and waits for the state that it leads to. */
export async function provide(api: PublicApi, uuid: string, verb: string, state: string): Promise<void> {
  await api.request('PUT', `/v1/nodes/${uuid}/states/provision`, { target: verb });
  for (let tries = 0; tries < 400; tries++) {
    const { provision_state } = await api.request<{ provision_state: string }>(
      'GET',
      `/v1/nodes/${uuid}?fields=provision_state`,
    );
    if (provision_state === state) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { last_error, provision_state } = await api.request<Record<string, string>>(
    'GET',
    `/v1/nodes/${uuid}`,
  );
  throw new Error(`${uuid} is ${provision_state} (${last_error}), not ${state} after "${verb}".`);
}

/** Verifies a server of the rack with a password that its BMC refuses: it then needs a person. */
export async function failToVerify({ api }: Pick<PortalSite, 'api'>, uuid: string): Promise<void> {
  await api.request('PATCH', `/v1/nodes/${uuid}`, [
    { op: 'replace', path: '/driver_info/ipmi_password', value: 'wrong' },
  ]);
  await api.request('PUT', `/v1/nodes/${uuid}/states/provision`, { target: 'manage' });
}
