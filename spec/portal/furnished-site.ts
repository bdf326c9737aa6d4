import { eventually } from '../services/eventually.ts';
import { failToVerify, type PortalSite, provide, startPortalSite } from './portal-site.ts';

/** Rows of the tables of administration, by their names: what the public API takes. `$name` is the uuid of that table's row. */
const ROWS = {
  profiles: { name: 'ubuntu-24.04', description: 'Noble', image: 'http://192.0.2.1/noble.raw', public: true },
  flavors: { name: 'general', resource_class: 'bm.none', match: [], profile_uuid: '$profiles' },
  models: { vendor: 'Dell Inc.', name: 'PowerEdge R660', end_of_sale: '2026-12-31', note: 'Order no more' },
  pools: {
    ...{ name: 'bmc-1', purpose: 'bmc', network: '192.0.2.0/24', gateway: '192.0.2.1', vlan_id: 42 },
    ranges: [{ first: '192.0.2.10', last: '192.0.2.99' }],
  },
  addresses: { pool: '$pools', address: '192.0.2.50', note: 'A printer, by hand' },
  cables: { device: 'server-00', port: 'eno1', switch_name: 'leaf-1', switch_port: 'Ethernet1' },
  'firmware-baselines': { component: 'bios', manufacturer: 'Dell Inc.', version: '2.4.8', enforced: false },
  'enrolment-tokens': { name: 'aisle-7', uses: 20 },
  'work-orders': { kind: 'swap', place: 'A01/12', what: 'The disk in bay 3', assignee: 'sato' },
  subscriptions: { name: 'on call', outlet: 'email', target: 'oncall@example.org', severity: 'error' },
} as const;

/** The site with something of everything that the portal shows. */
export interface FurnishedSite extends PortalSite, AsyncDisposable {
  /** What the words in the paths of pages stand for. */
  words: Record<string, string>;
}

export async function startFurnishedSite(): Promise<FurnishedSite> {
  const portal = await startPortalSite({ stock: 6 });
  try {
    return Object.assign(portal, { words: await furnish(portal) });
  } catch (error) {
    await portal[Symbol.asyncDispose]();
    throw error;
  }
}

async function furnish(portal: PortalSite): Promise<Record<string, string>> {
  const { api, rack, stock } = portal;
  const post = async (path: string, body: object): Promise<string> =>
    (await api.request<{ uuid: string }>('POST', `/lifecycle/v1/${path}`, body)).uuid;
  const [present = '', failed = ''] = rack;
  const [fake = '', ordered = '', slow = '', mended = '', kept = '', other = ''] = stock;

  const uuids: Record<string, string> = {};
  for (const [table, row] of Object.entries(ROWS)) {
    const body = JSON.stringify(row).replace(/"\$(\w+)"/g, (_all, name) => JSON.stringify(uuids[name]));
    uuids[table] = await post(table, JSON.parse(body));
  }

  await failToVerify(portal, failed);
  for (const uuid of [present, fake, ordered, slow, mended, kept, other])
    await provide(api, uuid, 'manage', 'manageable');
  for (const uuid of [ordered, slow, mended]) await provide(api, uuid, 'provide', 'available');
  // No agent will ever call.
  await api.request('PATCH', `/v1/nodes/${slow}`, [
    { op: 'add', path: '/deploy_interface', value: 'direct' },
    { op: 'add', path: '/driver_info/deploy_kernel', value: portal.site.image.url },
    { op: 'add', path: '/driver_info/deploy_ramdisk', value: portal.site.image.url },
  ]);
  // Two that stand one above the other.
  await api.request('PATCH', `/lifecycle/v1/servers/${fake}`, { rack: 'A01', rack_unit: 3 });
  // Two that a customer has, one that is busy for long, and one too many.
  const order = { project: 'team-a', flavor: 'bm.storage' };
  const done = await post('orders', { ...order, name: 'two', count: 2 });
  const image = { image_source: portal.site.image.url, image_os_hash_algo: 'sha256' };
  const waits = await post('orders', {
    ...{ ...order, name: 'web', count: 2, flavor: 'bm.general' },
    image: { ...image, image_os_hash_value: portal.site.image.sha256 },
  });
  const again = { servers: [fake], tool: 'reboot', cron: '0 2 * * *', time_zone: 'Asia/Tokyo' };
  const nightly = await post('schedules', { ...again, name: 'every night', limits: { per_rack: 2 } });
  for (const iso of [{ size_bytes: 4096 }, { size_bytes: 8192 }]) {
    const uuid = await post('isos', { ...iso, name: `rescue-${iso.size_bytes}.iso` });
    await api.request('PUT', `/lifecycle/v1/isos/${uuid}/content?offset=0`, Buffer.alloc(4096));
  }
  await eventually(async () => {
    const { state } = await api.request<{ state: string }>('GET', `/lifecycle/v1/orders/${done}`);
    if (state !== 'done') throw new Error(`The order is ${state}.`);
  });
  const reason = { reason: 'a new kernel' };
  await api.request('POST', `/lifecycle/v1/servers/${mended}/actions/enter-maintenance`, reason);
  // What is left to be ordered.
  await provide(api, other, 'provide', 'available');
  return {
    ...{ PRESENT: present, FAILED: failed, FAKE: fake, USED: ordered, MENDED: mended },
    ...{ DONE: done, WAITS: waits, NIGHTLY: nightly },
  };
}
