import type { Json, JsonObject } from '../../../lifecycle/json.ts';
import type { InspectionRuleRecord } from '../../../lifecycle/records.ts';
import { links, plain, stamps } from './fields.ts';
import type { FieldView, ResourceView } from './view.ts';

/** Conditions or actions: a sensitive rule shows neither. */
function operations(column: 'conditions' | 'actions'): FieldView<InspectionRuleRecord> {
  return {
    columns: [column, 'sensitive'],
    of: (rule) => (rule.sensitive ? null : rule[column].map((one) => operation(one, column))),
  };
}

function operation({ op, args, loop, multiple }: JsonObject, column: 'conditions' | 'actions'): JsonObject {
  const shown: JsonObject = { op: op ?? null, args: args ?? {} };
  if (!isFilled(loop)) return shown;
  shown.loop = loop;
  if (column === 'conditions') shown.multiple = multiple ?? 'any';
  return shown;
}

function isFilled(loop: Json | undefined): loop is Json[] | JsonObject {
  return typeof loop === 'object' && loop !== null && Object.keys(loop).length > 0;
}

/** How an inspection rule looks. Its links say `inspection`, a quirk of Ironic's. */
export const INSPECTION_RULE_VIEW: ResourceView<'inspection_rule', InspectionRuleRecord> = {
  resource: 'inspection_rule',
  list_fields: ['uuid', 'priority', 'phase', 'description'],
  unsortable: ['actions', 'conditions', 'links'],
  columns: ['uuid'],
  fields: {
    uuid: plain('uuid'),
    description: plain('description'),
    priority: plain('priority'),
    phase: plain('phase'),
    sensitive: plain('sensitive'),
    conditions: operations('conditions'),
    actions: operations('actions'),
    ...stamps<InspectionRuleRecord>(),
    links: links('inspection', 'uuid'),
  },
};
