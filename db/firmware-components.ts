import type { FirmwareComponentRecord } from '../lifecycle/records.ts';
import { value } from './columns.ts';
import { perNode } from './per-node.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const FIRMWARE_COMPONENTS = defineTable<FirmwareComponentRecord>({
  name: 'firmware_components',
  kind: 'firmware component',
  columns: {
    id: ID,
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    node_uuid: value(),
    component: value(),
    initial_version: value(),
    current_version: value(null),
    last_version_flashed: value(null),
    vendor: value(null),
    model: value(null),
    serial_number: value(null),
  },
  unique: { firmware_components_node_uuid_component: ['node_uuid', 'component'] },
});

export const firmwareComponentRepository = perNode(FIRMWARE_COMPONENTS, 'component');
