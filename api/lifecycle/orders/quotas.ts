import { changedFields } from '../../../lifecycle/audit-changes.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { QuotaRecord } from '../../../lifecycle/orders.ts';
import { auditServer } from '../audit.ts';
import type { LifecycleApi, LifecycleHandler } from '../handler.ts';
import { listPage, type Resource } from '../resource.ts';

const QUOTA: Resource<QuotaRecord> = {
  kind: 'Quota',
  collection: 'quotas',
  param: 'project',
  table: (store) => store.quotas,
  rules: { read: 'lifecycle:quota:list', write: 'lifecycle:quota:set' },
  searched: ['project'],
  view: ({ project, servers }) => ({ project, servers }),
  read: (body) => body as Partial<QuotaRecord>,
};

/** GET /v1/quotas: of the projects that have one, with what they have and await. */
export const listQuotas: LifecycleHandler = async (request, api) => {
  api.policy.authorize(QUOTA.rules.read, {}, request.caller);
  const { status, body } = await listPage(request, api, QUOTA);
  const quotas = await Promise.all(
    (body.quotas as JsonObject[]).map(async (quota) => ({
      ...quota,
      ...(await api.store.orders.usage(String(quota.project))),
    })),
  );
  return { status, body: { ...body, quotas } };
};

/** GET /v1/quotas/{project}: how many servers it may have, and has. */
export const showQuota: LifecycleHandler = async ({ params, caller }, api) => {
  const project = params.project ?? '';
  api.policy.authorize('lifecycle:quota:get', { 'order.project': project }, caller);
  return { status: 200, body: await quotaView(api, project) };
};

/** PUT /v1/quotas/{project} */
export const setQuota: LifecycleHandler = async (request, api) => {
  const { params, caller } = request;
  const project = params.project ?? '';
  api.policy.authorize('lifecycle:quota:set', {}, caller);
  const { servers } = request.body as { servers: number };
  if (project.length > 255) throw serviceError('InvalidParameterValue', { why: 'project is too long.' });
  await api.store.transaction(async (tables) => {
    const known = await tables.quotas.lock(project);
    if (known === null) await tables.quotas.create({ project, servers });
    else await tables.quotas.update(known.uuid, { servers });
    const changes = changedFields({ servers: known?.servers ?? null }, { servers });
    await auditServer(tables, api, null, caller, 'quota-set', { project, fields: ['servers'], changes });
  });
  return { status: 200, body: await quotaView(api, project) };
};

async function quotaView({ store }: LifecycleApi, project: string): Promise<JsonObject> {
  const quota = await store.quotas.getByProject(project);
  const { used, ordered } = await store.orders.usage(project);
  return { project, servers: quota?.servers ?? null, used, ordered };
}
