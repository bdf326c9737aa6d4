import { createHash, randomBytes } from 'node:crypto';
import { serviceError } from '../../../lifecycle/errors.ts';
import {
  ISO_PATH,
  type IsoRecord,
  isoFolder,
  MOST_ISOS,
  MOUNT_MS,
  PART_BYTES,
} from '../../../lifecycle/iso.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { ServerRecord } from '../../../lifecycle/server-record.ts';
import { isUuidLike } from '../../http/value-syntax.ts';
import { auditServer } from '../audit.ts';
import type { LifecycleApi, LifecycleHandler, LifecycleRequest } from '../handler.ts';
import { isoTime } from '../iso-time.ts';
import { hashOf, removeFile, writePart } from './iso-files.ts';

const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;
/** Those that are over and are cleared away by who brings a new one. */
const CLEARED_AT_ONCE = 20;
const LISTED = 500;

/** POST /v1/isos: an image to come; its bytes follow in parts. @throws Conflict: the quota */
const create: LifecycleHandler = async ({ body, caller }, api) => {
  const {
    name,
    size_bytes,
    sha256 = null,
  } = body as { name: string; size_bytes: number; sha256?: string | null };
  const project = caller.project_id;
  authorize(api, { project }, caller);
  const { max_size_mib, project_quota_mib, lifetime_days } = api.settings.isos;
  if (size_bytes > max_size_mib * MIB)
    throw serviceError('InvalidParameterValue', { why: `An ISO image has at most ${max_size_mib} MiB.` });
  await clearAway(api);
  const iso = await api.store.transaction(async (tables) => {
    const now = await tables.now();
    const others = await tables.isos.list({ where: { project } });
    const used = others.reduce((sum, one) => sum + one.size_bytes, size_bytes);
    if (others.length >= MOST_ISOS || used > project_quota_mib * MIB)
      throw serviceError('Conflict', {
        why: `The project has ${others.length} ISO images; it may have ${MOST_ISOS} with ${project_quota_mib} MiB in all. Delete one.`,
      });
    const expires_at = now + lifetime_days * DAY_MS;
    const made = await tables.isos.create({
      ...{ name, project, user: caller.user_id, size_bytes, expires_at },
      sha256: sha256?.toLowerCase() ?? null,
    });
    await auditServer(tables, api, null, caller, 'iso-create', { uuid: made.uuid, name, size_bytes });
    return made;
  });
  return { status: 201, body: isoView(iso) };
};

/** PUT /v1/isos/{iso}/content?offset=: the next part; the last one makes it ready. @throws Conflict: not the next part */
const upload: LifecycleHandler = async (request, api) => {
  const iso = await findIso(request, api, true);
  const { content, query } = request;
  if (content === undefined) throw new Error('The operation has no content.');
  const offset = Number(query.offset ?? 0);
  if (iso.state !== 'uploading' || offset !== iso.received_bytes)
    throw serviceError('Conflict', {
      why: `The image is ${iso.state}, and ${iso.received_bytes} bytes of it came: go on there.`,
    });
  const folder = folderOf(api);
  const most = Math.min(PART_BYTES, iso.size_bytes - offset);
  const written = await writePart(folder, iso.uuid, offset, most, content);
  if (written > most)
    throw serviceError('InvalidParameterValue', {
      why: `A part has at most ${PART_BYTES} bytes, and the image ${iso.size_bytes}.`,
    });
  const received_bytes = offset + written;
  const guard = { received_bytes: offset, state: 'uploading' } as const;
  const kept = await api.store.isos.update(iso.uuid, { received_bytes }, guard);
  if (kept === null) throw serviceError('Conflict', { why: 'The same part came twice at once.' });
  if (received_bytes < iso.size_bytes) return { status: 200, body: isoView(kept) };
  const sha256 = await hashOf(folder, iso.uuid);
  const state = iso.sha256 === null || iso.sha256 === sha256 ? 'ready' : 'refused';
  if (state === 'refused') await removeFile(folder, iso.uuid);
  const changes = state === 'ready' ? { state, sha256 } : { state };
  const done = await api.store.isos.update(iso.uuid, changes as Partial<IsoRecord>);
  await auditServer(api.store, api, null, request.caller, 'iso-upload', { uuid: iso.uuid, state, sha256 });
  if (state === 'refused')
    throw serviceError('Conflict', {
      why: `The bytes that came have the SHA-256 ${sha256}, not the one given: bring them again.`,
    });
  return { status: 200, body: isoView(done ?? kept) };
};

const list: LifecycleHandler = async ({ caller }, api) => {
  const all = api.policy.allows('lifecycle:iso:list_all', {}, caller);
  if (!all) api.policy.authorize('lifecycle:iso:list', {}, caller);
  const where = all ? {} : { project: caller.project_id };
  const isos = await api.store.isos.list({ where, sort_dir: 'desc', limit: LISTED });
  return { status: 200, body: { isos: isos.map(isoView) } };
};

const show: LifecycleHandler = async (request, api) => ({
  status: 200,
  body: isoView(await findIso(request, api)),
});

/** DELETE /v1/isos/{iso}: BMCs that have it in their drive read it no more. */
const remove: LifecycleHandler = async (request, api) => {
  const { uuid, name } = await findIso(request, api, true);
  await api.store.isos.delete(uuid);
  await removeFile(folderOf(api), uuid);
  await auditServer(api.store, api, null, request.caller, 'iso-delete', { uuid, name });
  return { status: 204 };
};

/**
 * The address at which the BMC of a server reads an image, for a day and for no other server.
 * @throws NotFound, Conflict
 */
export async function mountUrl(
  request: Pick<LifecycleRequest, 'caller'>,
  api: LifecycleApi,
  ident: string,
  server: ServerRecord,
): Promise<string> {
  const iso = await findIso({ ...request, params: { iso: ident } }, api);
  if (iso.state !== 'ready')
    throw serviceError('Conflict', {
      why: `The image is ${iso.state}: ${iso.received_bytes} bytes of it came.`,
    });
  const { http_url } = api.settings.deploy;
  if (http_url === '')
    throw serviceError('Conflict', {
      why: 'Nobody serves images: set [deploy]http_url to the boot service.',
    });
  const token = randomBytes(24).toString('base64url');
  const now = await api.store.now();
  const where = { server_uuid: server.uuid };
  for (const { uuid } of await api.store.iso_mounts.list({ where })) await api.store.iso_mounts.delete(uuid);
  await api.store.iso_mounts.create({
    ...{ iso_uuid: iso.uuid, server_uuid: server.uuid, expires_at: now + MOUNT_MS },
    token_hash: createHash('sha256').update(token).digest('hex'),
  });
  return `${http_url.replace(/\/+$/, '')}${ISO_PATH}${token}.iso`;
}

/** An image of others is missing. @throws NotFound, NotAuthorized */
async function findIso(
  { params, caller }: Pick<LifecycleRequest, 'params' | 'caller'>,
  api: LifecycleApi,
  manage = false,
): Promise<IsoRecord> {
  const ident = params.iso ?? '';
  const iso = isUuidLike(ident) ? await api.store.isos.get(ident.toLowerCase()) : null;
  const now = await api.store.now();
  if (
    iso === null ||
    iso.expires_at <= now ||
    !api.policy.allows('lifecycle:iso:get', { 'order.project': iso.project }, caller)
  )
    throw serviceError('NotFound', { kind: 'ISO image', ident });
  if (manage) authorize(api, iso, caller);
  return iso;
}

function authorize(
  { policy }: LifecycleApi,
  { project }: Pick<IsoRecord, 'project'>,
  caller: LifecycleRequest['caller'],
): void {
  policy.authorize('lifecycle:iso:manage', { 'order.project': project }, caller);
}

async function clearAway(api: LifecycleApi): Promise<void> {
  const now = await api.store.now();
  const oldest = await api.store.isos.list({ sort_key: 'expires_at', limit: CLEARED_AT_ONCE });
  for (const { uuid, expires_at } of oldest) {
    if (expires_at > now) return;
    await api.store.isos.delete(uuid);
    await removeFile(folderOf(api), uuid);
  }
}

function folderOf({ settings }: LifecycleApi): string {
  return isoFolder(settings.isos.path, settings.DEFAULT.state_path);
}

function isoView(iso: IsoRecord): JsonObject {
  const { uuid, name, project, user, size_bytes, received_bytes, sha256, state } = iso;
  return {
    ...{ uuid, name, project, user, size_bytes, received_bytes, sha256, state, part_bytes: PART_BYTES },
    expires_at: isoTime(iso.expires_at),
    created_at: isoTime(iso.created_at),
  };
}

export const ISO_HANDLERS: Readonly<Record<string, LifecycleHandler>> = {
  'lifecycle.isos.list': list,
  'lifecycle.isos.create': create,
  'lifecycle.isos.show': show,
  'lifecycle.isos.upload': upload,
  'lifecycle.isos.delete': remove,
};
