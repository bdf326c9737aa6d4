import { createHash } from 'node:crypto';
import { systemClock } from '../../config/system-clock.ts';
import { demoIso } from './iso.ts';
import { logIn, type PublicApi } from './public-api.ts';
import type { DemoAccount, Site } from './site.ts';
import { bring, instanceInfo } from './tour.ts';

/** Which server of the rack becomes what. The first one was the tour's, and the last one is left as it came. */
const PLACES = { alice: 1, bob: 2, refuses: 3, stock: 4, screens: [5, 6] } as const;

/**
 * Fills the portal after the tour, by the public API: servers in service for the tenants, one in maintenance, one that needs a person,
 * some in stock, something to order, an image for the CD drive, work to come.
 */
export async function moveIn(site: Site, auth_url: string): Promise<void> {
  const [operator, alice, bob] = site.accounts;
  if (alice === undefined || bob === undefined) throw new Error('The demo has two tenants.');
  const names = site.rack.servers.map(({ machine }) => machine.identity.name);
  const nameOf = (at: number): string => names[at] ?? '';
  const api = await logIn(auth_url, { ...operator, project: null });
  await offer(api, site);
  await Promise.all([
    refuse(api, nameOf(PLACES.refuses)),
    stockUp(api, nameOf(PLACES.stock)),
    ...PLACES.screens.map((at) => stockUp(api, nameOf(at))),
    serve(api, site, nameOf(PLACES.alice)),
    serve(api, site, nameOf(PLACES.bob)),
    ...[operator, alice].map((account) => bringIso(auth_url, account)),
  ]);
  await settle(await logIn(auth_url, alice), site, nameOf(PLACES.alice));
  await (await logIn(auth_url, bob)).request(
    'POST',
    `/lifecycle/v1/servers/${nameOf(PLACES.bob)}/actions/enter-maintenance`,
    { reason: 'a new kernel' },
  );
}

async function stockUp(api: PublicApi, name: string): Promise<void> {
  await bring(api, name, 'manage', 'manageable');
  await bring(api, name, 'provide', 'available');
}

async function serve(api: PublicApi, site: Site, name: string): Promise<void> {
  await stockUp(api, name);
  const value = instanceInfo(site.image);
  await api.request('PATCH', `/v1/nodes/${name}`, [{ op: 'add', path: '/instance_info', value }]);
  await bring(api, name, 'active', 'active');
}

/** A server whose BMC does not take the password that is written down. */
async function refuse(api: PublicApi, name: string): Promise<void> {
  const path = '/driver_info/ipmi_password';
  await api.request('PATCH', `/v1/nodes/${name}`, [{ op: 'replace', path, value: 'not-this-one' }]);
  await api.request('PUT', `/v1/nodes/${name}/states/provision`, { target: 'manage' });
}

/** Something to choose from for whoever orders servers: a flavor for each kind of server, which those of the rack have. */
async function offer(api: PublicApi, { image, rack, bmcs }: Site): Promise<void> {
  const post = <T>(table: string, body: object): Promise<T> =>
    api.request<T>('POST', `/lifecycle/v1/${table}`, body);
  const { uuid: profile_uuid } = await post<{ uuid: string }>('profiles', {
    ...{ name: 'demo-linux', description: 'The image of the demo', public: true },
    ...{ image: image.url, image_checksum: image.sha256 },
  });
  for (const [resource_class, description] of Object.entries({
    virtual: 'By IPMI, with a serial console',
    'virtual-screen': 'By Redfish, with a screen and a CD drive',
  })) {
    const flavor = { name: resource_class, description, resource_class, profile_uuid, match: [] };
    const { uuid: flavor_uuid } = await post<{ uuid: string }>('flavors', flavor);
    for (const [at, { machine }] of rack.servers.entries())
      if (bmcs[at]?.resource_class === resource_class)
        await api.request('PATCH', `/lifecycle/v1/servers/${machine.identity.name}`, { flavor_uuid });
  }
  await post('pools', { name: 'service-110', purpose: 'service', network: '198.51.100.0/24', vlan_id: 110 });
}

/** A customer's own: a server by an order, and work to come on another. */
async function settle(api: PublicApi, { image }: Site, server: string): Promise<void> {
  await api.request('POST', '/lifecycle/v1/orders', {
    ...{ name: 'desk', count: 1, flavor: 'virtual-screen', names: ['desk-1'] },
    image: instanceInfo(image),
  });
  const { uuid } = await api.request<{ uuid: string }>('GET', `/lifecycle/v1/servers/${server}`);
  await api.request('POST', '/lifecycle/v1/schedules', {
    ...{
      name: 'monthly restart',
      servers: [uuid],
      tool: 'reboot',
      cron: '0 3 1 * *',
      time_zone: 'Asia/Tokyo',
    },
    window_s: 7200,
  });
}

async function bringIso(auth_url: string, account: DemoAccount): Promise<void> {
  const api = await logIn(auth_url, account);
  const content = demoIso(systemClock.now());
  const sha256 = createHash('sha256').update(content).digest('hex');
  const facts = { name: 'demo-rescue.iso', size_bytes: content.length, sha256 };
  const { uuid } = await api.request<{ uuid: string }>('POST', '/lifecycle/v1/isos', facts);
  await api.request('PUT', `/lifecycle/v1/isos/${uuid}/content?offset=0`, content);
}
