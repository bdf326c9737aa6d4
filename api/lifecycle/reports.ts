import type { ServerFilter } from '../../db/store.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { ModelRecord } from '../../lifecycle/models.ts';
import type { EpochMs } from '../../lifecycle/records.ts';
import type { ServerRecord } from '../../lifecycle/server-record.ts';
import type { ApiRequest } from '../openstack/handler.ts';
import type { LifecycleApi, LifecycleHandler } from './handler.ts';
import { isoTime } from './iso-time.ts';
import { serverScope } from './servers/access.ts';

const DAY_MS = 86_400_000;
const DAYS = 90;
/** Models and servers in one report. */
const MOST_MODELS = 500;
const MOST_SERVERS = 10_000;

interface Window {
  now: EpochMs;
  until: EpochMs;
  scope: ServerFilter['scope'] & object;
}

/** @throws InvalidParameterValue, NotAuthorized */
async function windowOf(request: ApiRequest, api: LifecycleApi): Promise<Window> {
  const { query, caller } = request;
  api.policy.authorize('lifecycle:report:get', {}, caller);
  const days = query.days === undefined ? DAYS : Number(query.days);
  if (!Number.isSafeInteger(days) || days < 0 || days > 36_500)
    throw serviceError('InvalidParameterValue', { why: 'days must be 0 to 36500.' });
  const now = await api.store.now();
  return { now, until: now + days * DAY_MS, scope: serverScope(api, caller, query.project) };
}

/** Models whose support ends by then, the first first. */
function endingModels({ store }: LifecycleApi, { until }: Window): Promise<ModelRecord[]> {
  return store.models.ending(until, MOST_MODELS);
}

/** GET /v1/reports/end-of-support: servers whose maker stops to support them, or whose warranty ends, by then or before. */
export const endOfSupport: LifecycleHandler = async (request, api) => {
  const window = await windowOf(request, api);
  const models = await endingModels(api, window);
  const [of_models, warranties] = await Promise.all([
    Promise.all(models.map(async (model) => ({ model, servers: await serversOf(api, model, window) }))),
    api.store.servers.list({ scope: window.scope, warranty_until_by: window.until, limit: MOST_SERVERS }),
  ]);
  const rows = [
    ...of_models.flatMap(({ model, servers }) =>
      servers.map((server) => row(server, 'support', model.end_of_support ?? 0, window)),
    ),
    ...warranties.map((server) => row(server, 'warranty', server.warranty_until ?? 0, window)),
  ].sort((one, other) => one.days_left - other.days_left);
  return { status: 200, body: { servers: rows, total: rows.length, until: isoTime(window.until) } };
};

function row(server: ServerRecord, what: 'support' | 'warranty', date: EpochMs, { now }: Window) {
  const { uuid, name, serial_number, manufacturer, product_name, stage, rack, owner, lessee } = server;
  return {
    ...{ uuid, name, serial_number, manufacturer, product_name, stage, rack, owner, lessee },
    ...{ what, date: isoTime(date), days_left: Math.floor((date - now) / DAY_MS) },
  };
}

function serversOf({ store }: LifecycleApi, model: ModelRecord, { scope }: Window): Promise<ServerRecord[]> {
  return store.servers.list({ scope, of_model: model, limit: MOST_SERVERS });
}

/** GET /v1/reports/replacement-plan: for each model that ends, its servers, what is in stock in their place, and what is to be bought. */
export const replacementPlan: LifecycleHandler = async (request, api) => {
  const window = await windowOf(request, api);
  const plan: JsonObject[] = [];
  for (const model of await endingModels(api, window)) {
    const servers = await serversOf(api, model, window);
    if (servers.length === 0) continue;
    const { replacement_uuid, uuid, vendor, name, end_of_support } = model;
    const by = replacement_uuid === null ? null : await api.store.models.get(replacement_uuid);
    const in_stock =
      by === null
        ? 0
        : await api.store.servers.count({
            ...{ scope: window.scope, of_model: by },
            where: { stage: 'inventory', provision_state: 'available', maintenance: false, lessee: null },
          });
    plan.push({
      ...{ uuid, vendor, name, end_of_support: isoTime(end_of_support), servers: servers.length },
      replacement: by && { uuid: by.uuid, vendor: by.vendor, name: by.name },
      ...{ in_stock, to_buy: Math.max(0, servers.length - in_stock) },
      list: servers.map((server) => ({
        ...{ uuid: server.uuid, name: server.name, stage: server.stage },
        ...{ lessee: server.lessee, flavor_uuid: server.flavor_uuid },
      })),
    });
  }
  return { status: 200, body: { models: plan, until: isoTime(window.until) } };
};
