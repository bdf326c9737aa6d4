import type { ServerKind } from '../../../db/store.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { raidOffers } from '../../../lifecycle/raid-offer.ts';
import { stockMatch } from '../../../lifecycle/stock.ts';
import type { LifecycleApi, LifecycleHandler } from '../handler.ts';

const MOST = 1000;
/** Groups whose disks are read at once. */
const AT_ONCE = 16;

/** GET /v1/stock: what can be ordered now, and with which RAID layouts. */
export const showStock: LifecycleHandler = async ({ query, caller }, api) => {
  api.policy.authorize('lifecycle:stock:get', {}, caller);
  const all = api.policy.allows('lifecycle:server:list_all', {}, caller);
  const project = query.project ?? caller.project_id;
  if (!all && project !== caller.project_id)
    throw serviceError('InvalidParameterValue', { why: 'project is for the system: leave it out.' });
  const where = stockMatch({
    flavor: query.flavor ?? null,
    model: query.model ?? null,
    availability_zone: query.availability_zone ?? null,
  });
  const everything = all && query.project === undefined;
  const groups = await api.store.servers.countByKind(
    everything ? where : { ...where, owner: [null, project] },
    MOST,
  );
  const stock: JsonObject[] = [];
  for (let from = 0; from < groups.length; from += AT_ONCE) {
    const shown = groups.slice(from, from + AT_ONCE).map((group) => groupView(api, group));
    stock.push(...(await Promise.all(shown)));
  }
  return { status: 200, body: { total: groups.reduce((sum, { count }) => sum + count, 0), stock } };
};

async function groupView({ store }: LifecycleApi, { uuid, ...group }: ServerKind): Promise<JsonObject> {
  const [node, data] = await Promise.all([store.nodes.get(uuid), store.inventory.get(uuid)]);
  const settable = node !== null && node.raid_interface !== 'no-raid';
  const raid_layouts = settable && data !== null ? raidOffers(data.inventory) : [];
  return { ...group, raid_layouts: raid_layouts.map((one) => ({ ...one })) };
}
