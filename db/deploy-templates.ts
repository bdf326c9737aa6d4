import type { DeployTemplateRecord } from '../lifecycle/records.ts';
import { json, secretJson, uuid, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { repository } from './repository.ts';
import type { Repository } from './store.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const DEPLOY_TEMPLATES = defineTable<DeployTemplateRecord>({
  name: 'deploy_templates',
  kind: 'deploy template',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    name: value(),
    steps: secretJson('[]'),
    extra: json('{}'),
  },
  unique: { deploy_templates_uuid: ['uuid'], deploy_templates_name: ['name'] },
});

export const deployTemplateRepository = (db: Executor): Repository<DeployTemplateRecord> =>
  repository(db, DEPLOY_TEMPLATES);
