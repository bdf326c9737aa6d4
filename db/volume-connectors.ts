import type { VolumeConnectorRecord } from '../lifecycle/records.ts';
import { json, uuid, value } from './columns.ts';
import { nodeOwned } from './node-owned.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const VOLUME_CONNECTORS = defineTable<VolumeConnectorRecord>({
  name: 'volume_connectors',
  kind: 'volume connector',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    node_uuid: value(),
    type: value(),
    connector_id: value(),
    extra: json('{}'),
  },
  unique: { volume_connectors_uuid: ['uuid'], volume_connectors_type_connector_id: ['type', 'connector_id'] },
});

export const volumeConnectorRepository = nodeOwned(VOLUME_CONNECTORS);
