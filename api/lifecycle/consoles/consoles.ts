import { createHash, randomBytes } from 'node:crypto';
import {
  CONSOLES_OF_A_SERVER,
  type ConsoleRecord,
  type ConsoleType,
  consoleAddress,
  consoleState,
  TICKET_MS,
} from '../../../lifecycle/console.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { EpochMs } from '../../../lifecycle/records.ts';
import { refusalOf } from '../../../lifecycle/tools.ts';
import { isUuidLike } from '../../http/value-syntax.ts';
import { nodeTarget } from '../../openstack/node-access.ts';
import { auditServer } from '../audit.ts';
import type { LifecycleHandler } from '../handler.ts';
import { isoTime } from '../iso-time.ts';
import { findServer, sideOf } from '../servers/access.ts';
import { toolFacts } from '../servers/view.ts';

/** Of one server, for whoever asks who looked; the audit has them all. */
const KEPT = 200;
const DELETED_AT_ONCE = 100;
const LISTED = 100;

/** POST /v1/servers/{server}/consoles: the only answer that has the ticket. @throws Conflict, NotAuthorized */
const create: LifecycleHandler = async (request, api) => {
  const { caller } = request;
  const found = await findServer(api, request, 'lifecycle:console:view');
  const { server } = found;
  const side = sideOf(api, server, caller);
  const body = request.body as { type: ConsoleType; read_only?: boolean; take_over?: boolean };
  const { type, read_only, take_over = false } = body;
  const may_type = api.policy.allows('lifecycle:console:type', nodeTarget(server), caller);
  if (read_only === false || take_over)
    api.policy.authorize('lifecycle:console:type', nodeTarget(server), caller);
  const why = refusalOf('console', toolFacts(found), side)?.text ?? null;
  if (why !== null) throw serviceError('Conflict', { why });
  const address = consoleAddress(api.settings.gateway);
  if (address === null)
    throw serviceError('Conflict', {
      why: 'Nobody serves consoles: set [gateway]public_endpoint and run `kurogane gateway`.',
    });
  const ticket = randomBytes(32).toString('base64url');
  const made = await api.store.transaction(async (tables) => {
    const now = await tables.now();
    const where = { server_uuid: server.uuid };
    const others = await tables.consoles.list({ where, sort_dir: 'desc', limit: KEPT + DELETED_AT_ONCE });
    const open = others.filter((one) => consoleState(one, now) !== 'closed');
    if (open.length >= CONSOLES_OF_A_SERVER)
      throw serviceError('Conflict', {
        why: `The server has ${open.length} consoles, which is the most. Close one first.`,
      });
    for (const one of others.slice(KEPT)) if (!open.includes(one)) await tables.consoles.delete(one.uuid);
    const record = await tables.consoles.create({
      ...{ server_uuid: server.uuid, type, side, user: caller.user_id },
      project: side === 'provider' ? null : caller.project_id,
      read_only: read_only ?? !may_type,
      take_over,
      ticket_hash: createHash('sha256').update(ticket).digest('hex'),
      expires_at: now + TICKET_MS,
    });
    const detail = { uuid: record.uuid, type, read_only: record.read_only, take_over };
    await auditServer(tables, api, server.uuid, caller, 'console-create', detail);
    return { record, now };
  });
  const url = `${address}?ticket=${ticket}`;
  return { status: 201, body: { ...consoleView(made.record, made.now), url } };
};

const list: LifecycleHandler = async (request, api) => {
  const { server } = await findServer(api, request, 'lifecycle:console:view');
  const provider = sideOf(api, server, request.caller) === 'provider';
  const where = { server_uuid: server.uuid };
  const all = await api.store.consoles.list({ where, sort_dir: 'desc', limit: LISTED });
  const now = await api.store.now();
  const shown = all.filter(({ project }) => provider || project === request.caller.project_id);
  return { status: 200, body: { consoles: shown.map((one) => consoleView(one, now)) } };
};

/** DELETE /v1/servers/{server}/consoles/{console}: one's own, or any of the project's for who may type. */
const close: LifecycleHandler = async (request, api) => {
  const { caller, params } = request;
  const { server } = await findServer(api, request, 'lifecycle:console:view');
  const ident = params.console ?? '';
  const record = isUuidLike(ident) ? await api.store.consoles.get(ident.toLowerCase()) : null;
  const side = sideOf(api, server, caller);
  const own = side === 'provider' || record?.project === caller.project_id;
  if (record?.server_uuid !== server.uuid || !own) throw serviceError('NotFound', { kind: 'Console', ident });
  if (record.user !== caller.user_id)
    api.policy.authorize('lifecycle:console:type', nodeTarget(server), caller);
  const now = await api.store.now();
  const over = { state: 'closed', closed_at: now, why: 'It was closed by request.' } as const;
  await api.store.consoles.update(record.uuid, over, { state: ['waiting', 'open'] });
  const { uuid } = record;
  await auditServer(api.store, api, server.uuid, caller, 'console-close', { uuid });
  return { status: 202, body: consoleView((await api.store.consoles.get(uuid)) ?? record, now) };
};

function consoleView(record: ConsoleRecord, now: EpochMs): JsonObject {
  const { uuid, server_uuid, type, project, user, side, read_only, why } = record;
  return {
    ...{ uuid, server_uuid, type, project, user, side, read_only, state: consoleState(record, now), why },
    expires_at: isoTime(record.expires_at),
    opened_at: isoTime(record.opened_at),
    closed_at: isoTime(record.closed_at),
    created_at: isoTime(record.created_at),
  };
}

export const CONSOLE_HANDLERS: Readonly<Record<string, LifecycleHandler>> = {
  'lifecycle.consoles.list': list,
  'lifecycle.consoles.create': create,
  'lifecycle.consoles.close': close,
};
