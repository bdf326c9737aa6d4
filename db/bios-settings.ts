import type { BiosSettingRecord } from '../lifecycle/records.ts';
import { flag, json, nullable, value } from './columns.ts';
import { perNode } from './per-node.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const BIOS_SETTINGS = defineTable<BiosSettingRecord>({
  name: 'bios_settings',
  kind: 'BIOS setting',
  columns: {
    id: ID,
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    node_uuid: value(),
    name: value(),
    value: value(null),
    attribute_type: value(null),
    allowable_values: nullable(json('[]')),
    lower_bound: value(null),
    upper_bound: value(null),
    min_length: value(null),
    max_length: value(null),
    read_only: flag(null),
    reset_required: flag(null),
    unique: flag(null),
  },
  unique: { bios_settings_node_uuid_name: ['node_uuid', 'name'] },
});

export const biosSettingRepository = perNode(BIOS_SETTINGS, 'name');
