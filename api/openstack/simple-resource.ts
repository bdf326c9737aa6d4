import { isDeepStrictEqual } from 'node:util';
import type { Changes, ListOptions, New, Repository, Tables } from '../../db/store.ts';
import type { Announced, SatelliteObject } from '../../lifecycle/announced.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { Stored } from '../../lifecycle/records.ts';
import type { Reply } from '../http/reply.ts';
import { audited } from './audited.ts';
import type { Api, ApiRequest } from './handler.ts';
import { applyPatch, readPatch } from './json-patch.ts';
import type { FieldName, ResourceName } from './microversions.ts';
import { listBody, readPage } from './paging.ts';
import { viewContext } from './view-context.ts';
import type { ResourceView } from './views/view.ts';

type Kept = Stored & { uuid: string };

/** What resources that live in one table have in common: how they are called, shown, and where they are kept. */
export interface SimpleResource<N extends ResourceName, R extends Kept> {
  /** In errors: `Chassis 1be2… could not be found.` */
  kind: string;
  /** In the event types of notifications: `baremetal.chassis.create.start`. */
  object: SatelliteObject;
  /** Path below /v1, and default key of lists. */
  collection: string;
  /** Key of lists where it is not the path. */
  key?: string;
  view: ResourceView<N, R>;
  table(tables: Tables): Repository<R>;
  /** Fields that PATCH may change. */
  patchable: readonly (FieldName<N> & keyof R & string)[];
  /** Schema of openapi.yaml for a whole patched object. */
  schema: string;
  /** Fields of a checked body as they are stored. @throws InvalidParameterValue */
  read(body: JsonObject): Partial<R>;
}

/** @throws NotFound */
export async function requireByUuid<N extends ResourceName, R extends Kept>(
  api: Api,
  resource: SimpleResource<N, R>,
  uuid: string,
): Promise<R> {
  const record = await resource.table(api.store).get(uuid.toLowerCase());
  if (record === null) throw serviceError('NotFound', { kind: resource.kind, ident: uuid });
  return record;
}

/** A page of the table. `options` adds filters; `path` is for lists below another object. */
export async function listReply<N extends ResourceName, R extends Kept>(
  request: ApiRequest,
  api: Api,
  resource: SimpleResource<N, R>,
  options: Partial<ListOptions<R>> & Record<string, unknown> = {},
  path = resource.collection,
): Promise<Reply> {
  const page = readPage(request, api, resource.view);
  const view = api.views.get(resource.view, request.minor, page.selection, true);
  const after = page.marker === undefined ? null : await requireByUuid(api, resource, page.marker);
  const records = await resource.table(api.store).list({
    ...options,
    sort_dir: page.sort_dir,
    limit: page.limit,
    fields: view.columns,
    ...(page.sort_key === undefined ? {} : { sort_key: page.sort_key }),
    ...(after === null ? {} : { after_id: after.id }),
  });
  const context = viewContext(request, api);
  const body = listBody(request, page, {
    key: resource.key ?? resource.collection,
    path: request.operation.endsWith('.detail') ? `${path}/detail` : path,
    items: records.map((record) => view.render(record, context)),
    last: records.at(-1)?.uuid,
    full: records.length === page.limit,
  });
  return { status: 200, body };
}

/** The whole object; with 201 also its Location. */
export function wholeReply<N extends ResourceName, R extends Kept>(
  request: ApiRequest,
  api: Api,
  resource: SimpleResource<N, R>,
  record: R,
  status: 200 | 201,
): Reply {
  const body = api.views.get(resource.view, request.minor, 'all').render(record, viewContext(request, api));
  const Location = `${request.base_url}/v1/${resource.collection}/${record.uuid}`;
  return status === 201 ? { status, body, headers: { Location } } : { status, body };
}

/**
 * The fields that a patch really changes, checked as a whole object and as they are stored.
 * @throws PatchError, InvalidParameterValue
 */
export function patchedChanges<N extends ResourceName, R extends Kept>(
  request: ApiRequest,
  api: Api,
  resource: SimpleResource<N, R>,
  record: R,
): Changes<R> {
  const { patchable } = resource;
  const steps = readPatch(request.body, patchable, request.minor);
  const before = Object.fromEntries(patchable.map((field) => [field, record[field] as Json])) as JsonObject;
  const after = applyPatch(before, steps);
  api.schema(resource.schema)(after);
  const complete = { ...Object.fromEntries(patchable.map((field) => [field, null])), ...after };
  const read = resource.read(complete) as Record<string, unknown>;
  const changed = patchable.filter((field) => !isDeepStrictEqual(read[field], before[field]));
  return Object.fromEntries(changed.map((field) => [field, read[field]])) as Changes<R>;
}

/** The node that a record belongs to, where it has one. */
function nodeOf(record: object): string | null {
  return 'node_uuid' in record && typeof record.node_uuid === 'string' ? record.node_uuid : null;
}

function nameOf(record: object): JsonObject {
  return 'name' in record && typeof record.name === 'string' ? { name: record.name } : {};
}

/** Notifies of the start, and the end or the error, of a change that the API does itself. */
export function announced<N extends ResourceName, R extends Kept, T>(
  api: Api,
  { object }: SimpleResource<N, R>,
  action: 'create' | 'update' | 'delete',
  record: object,
  change: () => Promise<T>,
): Promise<T> {
  return api.conductor.announce({ object, action, record } as Announced, change);
}

/** How a change is made that needs more than its transaction, such as the node's lock. */
export type Within = <T>(change: () => Promise<T>) => Promise<T>;
const alone: Within = (change) => change();

/** @throws AlreadyExists */
export function createRecord<N extends ResourceName, R extends Kept>(
  request: ApiRequest,
  api: Api,
  resource: SimpleResource<N, R>,
  record: New<R> & { uuid: string },
): Promise<R> {
  const subject = { uuid: record.uuid, node_uuid: nodeOf(record), detail: nameOf(record) };
  return announced(api, resource, 'create', record, () =>
    audited(api, request, subject, (tables) => resource.table(tables).create(record)),
  );
}

/** A record that is gone already is no error. */
export function deleteRecord<N extends ResourceName, R extends Kept>(
  request: ApiRequest,
  api: Api,
  resource: SimpleResource<N, R>,
  record: R,
  within = alone,
): Promise<boolean> {
  const subject = { uuid: record.uuid, node_uuid: nodeOf(record), detail: nameOf(record) };
  return announced(api, resource, 'delete', record, () =>
    within(() => audited(api, request, subject, (tables) => resource.table(tables).delete(record.uuid))),
  );
}

/** Makes a patch's changes, and notifies of them: of none too, as Ironic does. @throws NotFound, AlreadyExists */
export function applyChanges<N extends ResourceName, R extends Kept>(
  request: ApiRequest,
  api: Api,
  resource: SimpleResource<N, R>,
  record: R,
  changes: Changes<R>,
  within = alone,
): Promise<R> {
  return announced(api, resource, 'update', { ...record, ...changes }, () =>
    within(() => writeChanges(request, api, resource, record, changes)),
  );
}

/** Writes changes; none write nothing. @throws NotFound, AlreadyExists */
export async function writeChanges<N extends ResourceName, R extends Kept>(
  request: ApiRequest,
  api: Api,
  resource: SimpleResource<N, R>,
  record: R,
  changes: Changes<R>,
): Promise<R> {
  if (Object.keys(changes).length === 0) return record;
  const detail = { fields: Object.keys(changes) };
  const subject = { uuid: record.uuid, node_uuid: nodeOf(record), detail };
  return audited(api, request, subject, async (tables) => {
    const updated = await resource.table(tables).update(record.uuid, changes);
    if (updated === null) throw serviceError('NotFound', { kind: resource.kind, ident: record.uuid });
    return updated;
  });
}
