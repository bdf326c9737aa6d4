import type { ChassisRecord } from '../lifecycle/records.ts';
import { json, uuid, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { repository } from './repository.ts';
import type { Repository } from './store.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const CHASSIS = defineTable<ChassisRecord>({
  name: 'chassis',
  kind: 'chassis',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    description: value(null),
    extra: json('{}'),
  },
  unique: { chassis_uuid: ['uuid'] },
});

export const chassisRepository = (db: Executor): Repository<ChassisRecord> => repository(db, CHASSIS);
