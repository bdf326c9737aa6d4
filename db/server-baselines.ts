import type { ServerBaselineRecord } from '../lifecycle/hardware-baseline.ts';
import { json, value } from './columns.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const SERVER_BASELINES = defineTable<ServerBaselineRecord>({
  name: 'server_baselines',
  kind: 'server baseline',
  columns: {
    id: ID,
    uuid: value(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    hardware: json('{}'),
    taken_by: value(null),
  },
  unique: { server_baselines_uuid: ['uuid'] },
});
