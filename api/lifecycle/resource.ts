import type { Changes, ListOptions, Match, New, Repository } from '../../db/store.ts';
import { changedFields } from '../../lifecycle/audit-changes.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { Stored } from '../../lifecycle/records.ts';
import { isUuidLike, requireUuid } from '../http/value-syntax.ts';
import type { ApiRequest } from '../openstack/handler.ts';
import { auditServer } from './audit.ts';
import type { LifecycleApi, LifecycleHandler } from './handler.ts';
import { isoTime } from './iso-time.ts';
import { readLimit } from './page.ts';

type Kept = Stored & { uuid: string };

/** A kind of object that lives in one table and is made, shown, changed and deleted by its uuid, or by its name. */
export interface Resource<R extends Kept> {
  /** In errors and in the audit: `Pool x could not be found.` */
  kind: string;
  /** Path below /v1, and key of lists. */
  collection: string;
  /** Parameter of the path. */
  param: string;
  table(store: Pick<LifecycleApi['store'], ResourceTable>): Repository<R>;
  /** Rules asked for; `write` for every change. */
  rules: { read: string; write: string };
  /** Query parameters that are a field's value. */
  filters?: readonly (keyof R & string)[];
  /** Text columns that `search` looks into. */
  searched?: readonly (keyof R & string)[];
  /** Columns in whose order lists are, by the `sort_key` that asks for it where it is called otherwise. */
  sorted?: Readonly<Record<string, keyof R & string>>;
  /** Fields whose values the audit does not say. */
  unsaid?: readonly string[];
  /** Fields as they are shown; times are added. */
  view(record: R): JsonObject;
  /** What a checked body changes. `before` null: it is new. @throws InvalidParameterValue */
  read(body: JsonObject, before: R | null): Changes<R>;
}

type ResourceTable =
  | 'profiles'
  | 'flavors'
  | 'ip_pools'
  | 'ip_addresses'
  | 'cables'
  | 'firmware_baselines'
  | 'enrolment_tokens'
  | 'registrations'
  | 'models'
  | 'notices'
  | 'notice_subscriptions'
  | 'quotas'
  | 'work_orders';

/** The record that the path names. @throws NotFound */
export async function findRecord<R extends Kept>(
  { store }: Pick<LifecycleApi, 'store'>,
  { params }: Pick<ApiRequest, 'params'>,
  resource: Resource<R>,
): Promise<R> {
  const ident = params[resource.param] ?? '';
  const table = resource.table(store);
  const found = isUuidLike(ident) ? await table.get(ident.toLowerCase()) : await table.getByName(ident);
  if (found === null) throw serviceError('NotFound', { kind: resource.kind, ident });
  return found;
}

export function shown<R extends Kept>(resource: Resource<R>, record: R): JsonObject {
  return {
    uuid: record.uuid,
    ...resource.view(record),
    created_at: isoTime(record.created_at),
    updated_at: isoTime(record.updated_at),
  };
}

/** A page of a table and how many fit in all: by `sort_key`, or in the order in which they were made; turned round where `sort_dir` is desc. */
export async function listPage<R extends Kept>(
  request: ApiRequest,
  api: LifecycleApi,
  resource: Resource<R>,
  where: Match<R> = {},
): Promise<{ status: number; body: JsonObject }> {
  const { query } = request;
  const limit = readLimit(query.limit, api.settings.api.max_limit);
  const table = resource.table(api.store);
  const match: Record<string, unknown> = { ...where };
  for (const field of resource.filters ?? []) if (query[field] !== undefined) match[field] = query[field];
  const after = query.marker === undefined ? null : await table.get(requireUuid(query.marker).toLowerCase());
  if (query.marker !== undefined && after === null)
    throw serviceError('NotFound', { kind: 'Marker', ident: query.marker });
  const { searched: columns } = resource;
  const search =
    query.search === undefined || columns === undefined ? {} : { contains: { text: query.search, columns } };
  const sort_key =
    query.sort_key === undefined ? undefined : (resource.sorted?.[query.sort_key] ?? query.sort_key);
  // One more than shown tells whether there is a next page.
  const options: ListOptions<R> = {
    where: match as Match<R>,
    ...search,
    limit: limit + 1,
    ...(sort_key === undefined ? {} : { sort_key: sort_key as keyof R & string }),
    ...(query.sort_dir === 'desc' ? { sort_dir: 'desc' } : {}),
    ...(after === null ? {} : { after_id: after.id }),
  };
  const [found, total] = await Promise.all([
    table.list(options),
    table.count(match as Match<R>, search.contains),
  ]);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const more = new URLSearchParams({ ...query, limit: String(limit), marker: last?.uuid ?? '' });
  const next =
    found.length > limit
      ? { next: `${request.base_url}/lifecycle/v1/${resource.collection}?${more.toString()}` }
      : {};
  return {
    status: 200,
    body: {
      [resource.collection.replaceAll('-', '_')]: page.map((one) => shown(resource, one)),
      total,
      ...next,
    },
  };
}

/** Makes a change, and says in the same transaction who made it: names of fields, and what is no secret of them before and after. */
async function noted<R extends Kept>(
  request: ApiRequest,
  api: LifecycleApi,
  resource: Resource<R>,
  verb: 'create' | 'update' | 'delete',
  before: R | null,
  change: (table: Repository<R>) => Promise<R>,
): Promise<R> {
  return api.store.transaction(async (tables) => {
    const record = await change(resource.table(tables));
    const was = before === null ? null : resource.view(before);
    const is = verb === 'delete' ? null : resource.view(record);
    const detail = {
      uuid: record.uuid,
      fields: Object.keys((request.body ?? {}) as JsonObject),
      changes: changedFields(was, is, resource.unsaid),
    };
    const action = `${resource.kind.toLowerCase().replaceAll(' ', '-')}-${verb}`;
    await auditServer(tables, api, null, request.caller, action, detail);
    return record;
  });
}

export async function createRecord<R extends Kept>(
  request: ApiRequest,
  api: LifecycleApi,
  resource: Resource<R>,
  values: New<R>,
): Promise<R> {
  return noted(request, api, resource, 'create', null, (table) => table.create(values));
}

export async function updateRecord<R extends Kept>(
  request: ApiRequest,
  api: LifecycleApi,
  resource: Resource<R>,
  before: R,
): Promise<R> {
  const changes = resource.read(request.body as JsonObject, before);
  return noted(request, api, resource, 'update', before, async (table) => {
    const record = await table.update(before.uuid, changes);
    if (record === null) throw serviceError('NotFound', { kind: resource.kind, ident: before.uuid });
    return record;
  });
}

export async function deleteRecord<R extends Kept>(
  request: ApiRequest,
  api: LifecycleApi,
  resource: Resource<R>,
  record: R,
): Promise<{ status: number }> {
  await noted(request, api, resource, 'delete', record, async (table) => {
    if (!(await table.delete(record.uuid)))
      throw serviceError('NotFound', { kind: resource.kind, ident: record.uuid });
    return record;
  });
  return { status: 204 };
}

/** The five operations of a resource whose rules look at nothing but the caller: `lifecycle.<name>.list` … */
export function plainHandlers<R extends Kept>(
  name: string,
  resource: Resource<R>,
): Record<string, LifecycleHandler> {
  const { rules } = resource;
  return {
    [`lifecycle.${name}.list`]: async (request, api) => {
      api.policy.authorize(rules.read, {}, request.caller);
      return listPage(request, api, resource);
    },
    [`lifecycle.${name}.show`]: async (request, api) => {
      api.policy.authorize(rules.read, {}, request.caller);
      return { status: 200, body: shown(resource, await findRecord(api, request, resource)) };
    },
    [`lifecycle.${name}.create`]: async (request, api) => {
      api.policy.authorize(rules.write, {}, request.caller);
      const values = resource.read(request.body as JsonObject, null) as New<R>;
      return { status: 201, body: shown(resource, await createRecord(request, api, resource, values)) };
    },
    [`lifecycle.${name}.update`]: async (request, api) => {
      api.policy.authorize(rules.write, {}, request.caller);
      const before = await findRecord(api, request, resource);
      return { status: 200, body: shown(resource, await updateRecord(request, api, resource, before)) };
    },
    [`lifecycle.${name}.delete`]: async (request, api) => {
      api.policy.authorize(rules.write, {}, request.caller);
      return deleteRecord(request, api, resource, await findRecord(api, request, resource));
    },
  };
}
