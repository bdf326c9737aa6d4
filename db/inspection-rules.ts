import type { InspectionRuleRecord } from '../lifecycle/records.ts';
import { flag, secretJson, uuid, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { repository } from './repository.ts';
import type { Repository } from './store.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const INSPECTION_RULES = defineTable<InspectionRuleRecord>({
  name: 'inspection_rules',
  kind: 'inspection rule',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    description: value(null),
    priority: value(0),
    phase: value('main'),
    sensitive: flag(false),
    conditions: secretJson('[]'),
    actions: secretJson('[]'),
  },
  unique: { inspection_rules_uuid: ['uuid'] },
});

export const inspectionRuleRepository = (db: Executor): Repository<InspectionRuleRecord> =>
  repository(db, INSPECTION_RULES);
