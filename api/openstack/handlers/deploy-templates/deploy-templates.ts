import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { DeployTemplateRecord } from '../../../../lifecycle/records.ts';
import type { Handler } from '../../handler.ts';
import { requireByIdent } from '../../named-object.ts';
import { readFields } from '../../paging.ts';
import {
  applyChanges,
  createRecord,
  deleteRecord,
  listReply,
  patchedChanges,
  type SimpleResource,
  wholeReply,
} from '../../simple-resource.ts';
import { refuseDuplicateSteps } from '../../step-lists.ts';
import { viewContext } from '../../view-context.ts';
import { DEPLOY_TEMPLATE_VIEW } from '../../views/deploy-template.ts';

const KIND = 'Deploy template';

const DEPLOY_TEMPLATES: SimpleResource<'deploy_template', DeployTemplateRecord> = {
  kind: KIND,
  object: 'deploytemplate',
  collection: 'deploy_templates',
  view: DEPLOY_TEMPLATE_VIEW,
  table: (tables) => tables.deploy_templates,
  patchable: ['name', 'steps', 'extra'],
  schema: 'deploy_template',
  read(body) {
    const steps = (body.steps as JsonObject[]).map((step) => ({ ...step, priority: Number(step.priority) }));
    refuseDuplicateSteps(steps);
    return { name: String(body.name), steps, extra: (body.extra ?? {}) as JsonObject };
  },
};

/** GET /v1/deploy_templates */
export const listDeployTemplates: Handler = (request, api) => {
  api.policy.authorize('baremetal:deploy_template:get', {}, request.caller);
  return listReply(request, api, DEPLOY_TEMPLATES);
};

/** GET /v1/deploy_templates/{template} */
export const showDeployTemplate: Handler = async (request, api) => {
  api.policy.authorize('baremetal:deploy_template:get', {}, request.caller);
  const view = api.views.get(DEPLOY_TEMPLATE_VIEW, request.minor, readFields(request));
  const template = await requireByIdent(
    request,
    api.store.deploy_templates,
    KIND,
    request.params.template ?? '',
  );
  return { status: 200, body: view.render(template, viewContext(request, api)) };
};

/** POST /v1/deploy_templates */
export const createDeployTemplate: Handler = async (request, api) => {
  api.policy.authorize('baremetal:deploy_template:create', {}, request.caller);
  const body = request.body as JsonObject;
  const uuid = typeof body.uuid === 'string' ? body.uuid.toLowerCase() : randomUUID();
  const template = await createRecord(request, api, DEPLOY_TEMPLATES, {
    ...DEPLOY_TEMPLATES.read(body),
    uuid,
  });
  return wholeReply(request, api, DEPLOY_TEMPLATES, template, 201);
};

/** PATCH /v1/deploy_templates/{template} */
export const patchDeployTemplate: Handler = async (request, api) => {
  api.policy.authorize('baremetal:deploy_template:update', {}, request.caller);
  const template = await requireByIdent(
    request,
    api.store.deploy_templates,
    KIND,
    request.params.template ?? '',
  );
  const changes = patchedChanges(request, api, DEPLOY_TEMPLATES, template);
  return wholeReply(
    request,
    api,
    DEPLOY_TEMPLATES,
    await applyChanges(request, api, DEPLOY_TEMPLATES, template, changes),
    200,
  );
};

/** DELETE /v1/deploy_templates/{template} */
export const deleteDeployTemplate: Handler = async (request, api) => {
  api.policy.authorize('baremetal:deploy_template:delete', {}, request.caller);
  const template = await requireByIdent(
    request,
    api.store.deploy_templates,
    KIND,
    request.params.template ?? '',
  );
  await deleteRecord(request, api, DEPLOY_TEMPLATES, template);
  return { status: 204 };
};
