import type { Caller } from '../../../lifecycle/caller.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { OrderLineRecord, OrderRecord, OrderRequest } from '../../../lifecycle/orders.ts';
import { diskProblems } from '../../../lifecycle/raid-plan.ts';
import { requireUuid } from '../../http/value-syntax.ts';
import type { ApiRequest } from '../../openstack/handler.ts';
import { auditServer } from '../audit.ts';
import type { LifecycleApi, LifecycleHandler } from '../handler.ts';
import { readLimit } from '../page.ts';
import { orderDetail, orderView } from './view.ts';

/** POST /v1/orders: servers from stock. The answer comes before the work: the order shows how far each server is. */
export const createOrder: LifecycleHandler = async (request, api) => {
  const { caller } = request;
  const body = request.body as unknown as OrderBody;
  const project = projectOf(api, caller, body.project);
  const wanted = wantedOf(body);
  const names = body.names ?? [];
  if (names.length > 0 && names.length !== body.count)
    throw invalid(`names has ${names.length} names for ${body.count} servers: give one for each, or none.`);
  if (new Set(names).size !== names.length) throw invalid('names has a name twice.');
  const order = await api.conductor.createOrder(
    { name: body.name ?? null, project, count: body.count, request: wanted },
    names,
    caller,
  );
  const lines = await api.store.order_lines.list({ where: { order_uuid: order.uuid }, sort_key: 'position' });
  const { uuid } = order;
  await auditServer(api.store, api, null, caller, 'order-create', { uuid, count: body.count, project });
  return { status: 202, body: orderDetail(order, lines) };
};

interface OrderBody {
  name?: string | null;
  project?: string;
  count: number;
  flavor?: string | null;
  model?: string | null;
  availability_zone?: string | null;
  raid_config?: JsonObject | null;
  bios_settings?: JsonObject | null;
  image?: JsonObject | null;
  vlan_id?: number | null;
  names?: string[];
}

function wantedOf(body: OrderBody): OrderRequest {
  const { flavor = null, model = null, raid_config = null } = body;
  if (flavor === null && model === null) throw invalid('An order needs a flavor or a model.');
  if (raid_config !== null) {
    const disks = raid_config.logical_disks;
    const problems = Array.isArray(disks)
      ? diskProblems(disks as JsonObject[])
      : ['logical_disks must be a list.'];
    if (problems.length > 0) throw invalid(`raid_config: ${problems.join(' ')}`);
  }
  return {
    ...{ flavor, model, raid_config },
    availability_zone: body.availability_zone ?? null,
    bios_settings: body.bios_settings ?? null,
    image: body.image ?? null,
    vlan_id: body.vlan_id ?? null,
  };
}

const invalid = (why: string) => serviceError('InvalidParameterValue', { why });

/** Whom an order is for: the caller's project, or for the system the one that it names. @throws NotAuthorized */
function projectOf({ policy }: LifecycleApi, caller: Caller, wanted: string | undefined): string {
  const project = wanted ?? caller.project_id;
  if (project === null) throw invalid('An order needs the project that it is for.');
  policy.authorize('lifecycle:order:create', { 'order.project': project }, caller);
  return project;
}

/** GET /v1/orders */
export const listOrders: LifecycleHandler = async (request, api) => {
  const { query, caller } = request;
  const all = api.policy.allows('lifecycle:order:list_all', {}, caller);
  if (!all) api.policy.authorize('lifecycle:order:list', {}, caller);
  const project = all ? query.project : (caller.project_id ?? '');
  const limit = readLimit(query.limit, api.settings.api.max_limit);
  const after =
    query.marker === undefined ? null : await api.store.orders.get(requireUuid(query.marker).toLowerCase());
  if (query.marker !== undefined && (after === null || (!all && after.project !== project)))
    throw serviceError('NotFound', { kind: 'Marker', ident: query.marker });
  const found = await api.store.orders.list({
    where: {
      ...(project === undefined ? {} : { project }),
      ...(query.state === undefined ? {} : { state: query.state as OrderRecord['state'] }),
    },
    sort_dir: 'desc',
    limit: limit + 1,
    ...(after === null ? {} : { after_id: after.id }),
  });
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const marker = { ...query, limit: String(limit), marker: last?.uuid ?? '' };
  const next =
    found.length > limit
      ? { next: `${request.base_url}/lifecycle/v1/orders?${new URLSearchParams(marker).toString()}` }
      : {};
  return { status: 200, body: { orders: shown.map(orderView), ...next } };
};

/** GET /v1/orders/{order}: with every server of it. */
export const showOrder: LifecycleHandler = async (request, api) => {
  const { order, lines } = await findOrder(request, api);
  return { status: 200, body: orderDetail(order, lines) };
};

/** POST /v1/orders/{order}/cancel: servers that are delivered stay, the others go back. @throws Conflict */
export const cancelOrder: LifecycleHandler = async (request, api) => {
  const { order } = await findOrder(request, api, 'lifecycle:order:cancel');
  const { caller } = request;
  const cancelled_at = await api.store.now();
  const changed = await api.store.transaction(async (tables) => {
    const written = await tables.orders.update(order.uuid, { cancelled_at }, { state: 'open' });
    if (written === null)
      throw serviceError('Conflict', { why: `The order ${order.uuid} is over: it is ${order.state}.` });
    await auditServer(tables, api, null, caller, 'order-cancel', { uuid: order.uuid });
    return written;
  });
  const lines = await api.store.order_lines.list({ where: { order_uuid: order.uuid }, sort_key: 'position' });
  return { status: 202, body: orderDetail(changed, lines) };
};

/**
 * POST /v1/orders/{order}/again: another order, of as many servers as failed, with the same wishes and their names.
 * @throws Conflict when it is open still, when nothing failed, or by the quota
 */
export const repeatOrder: LifecycleHandler = async (request, api) => {
  const { caller } = request;
  const { order, lines } = await findOrder(request, api, 'lifecycle:order:create');
  const failed = lines.filter(({ state }) => state === 'failed');
  if (order.state === 'open' || failed.length === 0)
    throw serviceError('Conflict', {
      why:
        order.state === 'open'
          ? `The order ${order.uuid} is not over: what fails of it can be ordered again when it is.`
          : `No server of the order ${order.uuid} failed: it is ${order.state}.`,
    });
  const names = failed.flatMap(({ name }) => (name === null ? [] : [name]));
  const { name, project, request: wanted } = order;
  const made = await api.conductor.createOrder(
    { name, project, count: failed.length, request: wanted },
    names.length === failed.length ? names : [],
    caller,
  );
  const { uuid, count } = made;
  const detail = { uuid, count, project, again: order.uuid };
  await auditServer(api.store, api, null, caller, 'order-create', detail);
  const anew = await api.store.order_lines.list({ where: { order_uuid: uuid }, sort_key: 'position' });
  return { status: 202, body: orderDetail(made, anew) };
};

/** An order of others is missing. @throws NotFound, NotAuthorized */
async function findOrder(
  { params, caller }: ApiRequest,
  api: LifecycleApi,
  ...rules: string[]
): Promise<{ order: OrderRecord; lines: OrderLineRecord[] }> {
  const ident = params.order ?? '';
  const order = await api.store.orders.get(requireUuid(ident).toLowerCase());
  const target = { 'order.project': order?.project ?? null };
  if (order === null || !api.policy.allows('lifecycle:order:get', target, caller))
    throw serviceError('NotFound', { kind: 'Order', ident });
  for (const rule of rules) api.policy.authorize(rule, target, caller);
  const lines = await api.store.order_lines.list({ where: { order_uuid: order.uuid }, sort_key: 'position' });
  return { order, lines };
}
