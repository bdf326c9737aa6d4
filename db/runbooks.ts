import type { RunbookRecord } from '../lifecycle/records.ts';
import { flag, json, secretJson, uuid, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { list, repository } from './repository.ts';
import type { Condition } from './statements.ts';
import type { RunbookRepository } from './store.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const RUNBOOKS = defineTable<RunbookRecord>({
  name: 'runbooks',
  kind: 'runbook',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    name: value(),
    steps: secretJson('[]'),
    disable_ramdisk: flag(false),
    extra: json('{}'),
    public: flag(false),
    owner: value(null),
    description: value(null),
    traits: json('[]'),
  },
  unique: { runbooks_uuid: ['uuid'], runbooks_name: ['name'] },
});

export function runbookRepository(db: Executor): RunbookRepository {
  return {
    ...repository(db, RUNBOOKS),
    list: (options = {}) =>
      list(db, RUNBOOKS, options, options.visible_to === undefined ? [] : [visibleTo(options.visible_to)]),
  };
}

const visibleTo = (project: string): Condition => ({
  text: '(`owner` = ? OR `public` = 1)',
  bindings: [project],
});
