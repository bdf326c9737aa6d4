import { randomBytes } from 'node:crypto';
import type { Match } from '../../db/store.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NoticeSubscriptionRecord } from '../../lifecycle/notice.ts';
import type { NoticeRecord } from '../../lifecycle/registration-records.ts';
import { createEgress } from '../../net/egress.ts';
import type { ApiRequest } from '../openstack/handler.ts';
import { auditServer } from './audit.ts';
import type { LifecycleApi, LifecycleHandler } from './handler.ts';
import { isoTime } from './iso-time.ts';
import {
  createRecord,
  deleteRecord,
  findRecord,
  listPage,
  type Resource,
  shown,
  updateRecord,
} from './resource.ts';

const NOTICE: Resource<NoticeRecord> = {
  kind: 'Notice',
  collection: 'notices',
  param: 'notice',
  table: (store) => store.notices,
  rules: { read: 'lifecycle:notice:get', write: 'lifecycle:notice:manage' },
  filters: ['state', 'event', 'severity', 'outlet', 'server_uuid', 'subscription_uuid'],
  view: (record) => ({
    ...{ event: record.event, severity: record.severity, project: record.project, outlet: record.outlet },
    ...{ server_uuid: record.server_uuid },
    ...{ subscription_uuid: record.subscription_uuid, state: record.state, attempts: record.attempts },
    ...{ last_error: record.last_error, payload: record.payload },
    next_at: record.state === 'queued' ? isoTime(record.next_at) : null,
    sent_at: isoTime(record.sent_at),
  }),
  read: (body) => body as Partial<NoticeRecord>,
};

const SUBSCRIPTION: Resource<NoticeSubscriptionRecord> = {
  kind: 'Subscription',
  collection: 'subscriptions',
  param: 'subscription',
  table: (store) => store.notice_subscriptions,
  rules: { read: 'lifecycle:notice:get', write: 'lifecycle:notice:manage' },
  filters: ['outlet'],
  searched: ['name', 'target'],
  // Whoever knows the address of some webhooks may post there.
  unsaid: ['target'],
  view: ({ name, project, outlet, target, severity, events, secrets, enabled }) => ({
    ...{ name, project, outlet, target, severity, events: [...events], enabled },
    signed: secrets.secret !== undefined,
  }),
  read: (body) => body as Partial<NoticeSubscriptionRecord>,
};

/** Of whom the caller sees something: everybody (null), or the own project. @throws NotAuthorized */
function sight({ policy }: LifecycleApi, { caller }: ApiRequest): string | null {
  if (policy.allows('lifecycle:notice:get_all', {}, caller)) return null;
  policy.authorize('lifecycle:notice:get', {}, caller);
  return caller.project_id ?? '';
}

/** A record that the caller may see, and change if `write`. @throws NotFound, NotAuthorized */
async function mine<R extends NoticeRecord | NoticeSubscriptionRecord>(
  request: ApiRequest,
  api: LifecycleApi,
  resource: Resource<R>,
  project: (record: R) => string | null,
  write = false,
): Promise<R> {
  const seen = sight(api, request);
  const record = await findRecord(api, request, resource);
  const of = project(record);
  if (seen !== null && of !== seen)
    throw serviceError('NotFound', { kind: resource.kind, ident: request.params[resource.param] ?? '' });
  if (write && !(of !== null && of === request.caller.project_id && may(api, request)))
    api.policy.authorize('lifecycle:notice:manage_all', {}, request.caller);
  return record;
}

const may = ({ policy }: LifecycleApi, { caller }: ApiRequest): boolean =>
  policy.allows('lifecycle:notice:manage', {}, caller);

const notice = (request: ApiRequest, api: LifecycleApi, write = false) =>
  mine(request, api, NOTICE, ({ audience }) => audience, write);
const subscription = (request: ApiRequest, api: LifecycleApi, write = false) =>
  mine(request, api, SUBSCRIPTION, ({ project }) => project, write);

/** @throws InvalidParameterValue */
function refuseTarget(
  { settings }: LifecycleApi,
  { outlet, target, project }: Pick<NoticeSubscriptionRecord, 'outlet' | 'target' | 'project'>,
): void {
  const invalid = (why: string) => serviceError('InvalidParameterValue', { why });
  if (outlet === 'email') {
    if (!/^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(target)) throw invalid('target must be one e-mail address.');
    return;
  }
  const url = URL.canParse(target) ? new URL(target) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw invalid('target must be an http or https URL.');
  if (url.username !== '' || url.password !== '') throw invalid('target must not hold a password.');
  // A name is looked at when it is called.
  const why = project === null ? null : createEgress(settings.notices.allowed_networks).problemOfUrl(url);
  if (why !== null) throw invalid(why);
}

const SECRET_BYTES = 32;

/** Notices, and where they go. */
export const NOTICE_HANDLERS: Readonly<Record<string, LifecycleHandler>> = {
  'lifecycle.notices.list': async (request, api) => {
    const project = sight(api, request);
    const where: Match<NoticeRecord> = project === null ? {} : { audience: project };
    return listPage(request, api, NOTICE, where);
  },
  'lifecycle.notices.show': async (request, api) => ({
    status: 200,
    body: shown(NOTICE, await notice(request, api)),
  }),
  /** POST /v1/notices/{notice}/retry: one that was given up is tried again, from the start. */
  'lifecycle.notices.retry': async (request, api) => {
    const { uuid } = await notice(request, api, true);
    const retried = await api.store.transaction(async (tables) => {
      const next_at = await tables.now();
      const changed = await tables.notices.update(
        uuid,
        { state: 'queued', attempts: 0, next_at },
        { state: 'dead' },
      );
      if (changed === null)
        throw serviceError('Conflict', { why: 'Only a notice that was given up (dead) is tried again.' });
      await auditServer(tables, api, null, request.caller, 'notice-retry', { uuid });
      return changed;
    });
    return { status: 202, body: shown(NOTICE, retried) };
  },
  /** DELETE /v1/notices/{notice}: it stays as dropped, so that the same is not told again. */
  'lifecycle.notices.delete': async (request, api) => {
    const { uuid } = await notice(request, api, true);
    await api.store.transaction(async (tables) => {
      await tables.notices.update(uuid, { state: 'dropped' });
      await auditServer(tables, api, null, request.caller, 'notice-drop', { uuid });
    });
    return { status: 204 };
  },
  'lifecycle.subscriptions.list': async (request, api) => {
    const project = sight(api, request);
    return listPage(request, api, SUBSCRIPTION, project === null ? {} : { project });
  },
  'lifecycle.subscriptions.show': async (request, api) => ({
    status: 200,
    body: shown(SUBSCRIPTION, await subscription(request, api)),
  }),
  /** POST /v1/subscriptions: of the caller's project; the system's for any, or for the provider. The secret is shown this once. */
  'lifecycle.subscriptions.create': async (request, api) => {
    const { caller } = request;
    const { secret, ...body } = request.body as JsonObject;
    const all = api.policy.allows('lifecycle:notice:manage_all', {}, caller);
    if (!all) api.policy.authorize('lifecycle:notice:manage', {}, caller);
    const own = caller.project_id;
    const project = (body.project === undefined ? (all ? null : own) : body.project) as string | null;
    if (!all && (project === null || project !== own))
      api.policy.authorize('lifecycle:notice:manage_all', {}, caller);
    const wanted = { ...body, project } as Pick<NoticeSubscriptionRecord, 'outlet' | 'target' | 'project'>;
    refuseTarget(api, wanted);
    const key = typeof secret === 'string' ? secret : randomBytes(SECRET_BYTES).toString('base64url');
    const secrets = wanted.outlet === 'webhook' ? { secret: key } : {};
    const made = await createRecord(request, api, SUBSCRIPTION, { ...wanted, secrets });
    return { status: 201, body: { ...shown(SUBSCRIPTION, made), ...secrets } };
  },
  'lifecycle.subscriptions.update': async (request, api) => {
    const before = await subscription(request, api, true);
    refuseTarget(api, { ...before, ...(request.body as Partial<NoticeSubscriptionRecord>) });
    return { status: 200, body: shown(SUBSCRIPTION, await updateRecord(request, api, SUBSCRIPTION, before)) };
  },
  'lifecycle.subscriptions.delete': async (request, api) =>
    deleteRecord(request, api, SUBSCRIPTION, await subscription(request, api, true)),
};
