import type { JsonObject } from '../../../lifecycle/json.ts';
import type { DeployTemplateRecord } from '../../../lifecycle/records.ts';
import { links, plain, stamps, structure } from './fields.ts';
import { maskSecrets } from './mask-secrets.ts';
import type { ResourceView } from './view.ts';

/** A step as it is shown: secrets in its arguments are masked. */
export function shownStep(step: JsonObject): JsonObject {
  return { ...step, args: maskSecrets((step.args ?? {}) as JsonObject) };
}

/** How a deploy template looks. */
export const DEPLOY_TEMPLATE_VIEW: ResourceView<'deploy_template', DeployTemplateRecord> = {
  resource: 'deploy_template',
  list_fields: ['uuid', 'name'],
  unsortable: ['extra', 'steps', 'links'],
  columns: ['uuid'],
  fields: {
    uuid: plain('uuid'),
    name: plain('name'),
    steps: { columns: ['steps'], of: (template) => template.steps.map(shownStep) },
    extra: structure('extra'),
    ...stamps<DeployTemplateRecord>(),
    links: links('deploy_templates', 'uuid'),
  },
};
