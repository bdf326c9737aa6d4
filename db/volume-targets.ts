import type { VolumeTargetRecord } from '../lifecycle/records.ts';
import { json, secretJson, uuid, value } from './columns.ts';
import { nodeOwned } from './node-owned.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const VOLUME_TARGETS = defineTable<VolumeTargetRecord>({
  name: 'volume_targets',
  kind: 'volume target',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    node_uuid: value(),
    volume_type: value(),
    boot_index: value(),
    volume_id: value(),
    properties: secretJson('{}'),
    extra: json('{}'),
  },
  unique: { volume_targets_uuid: ['uuid'], volume_targets_node_uuid_boot_index: ['node_uuid', 'boot_index'] },
});

export const volumeTargetRepository = nodeOwned(VOLUME_TARGETS);
