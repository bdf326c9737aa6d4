import type { AllocationRecord } from '../lifecycle/records.ts';
import { json, uuid, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { repository } from './repository.ts';
import type { Repository } from './store.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const ALLOCATIONS = defineTable<AllocationRecord>({
  name: 'allocations',
  kind: 'allocation',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    name: value(null),
    resource_class: value(null),
    traits: json('[]'),
    candidate_nodes: json('[]'),
    node_uuid: value(null),
    state: value('allocating'),
    last_error: value(null),
    extra: json('{}'),
    owner: value(null),
    conductor: value(null),
  },
  unique: { allocations_uuid: ['uuid'], allocations_name: ['name'] },
});

export const allocationRepository = (db: Executor): Repository<AllocationRecord> =>
  repository(db, ALLOCATIONS);
