import type { PortgroupRecord } from '../lifecycle/records.ts';
import { flag, json, uuid, value } from './columns.ts';
import { nodeOwned } from './node-owned.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const PORTGROUPS = defineTable<PortgroupRecord>({
  name: 'portgroups',
  kind: 'portgroup',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    name: value(null),
    node_uuid: value(),
    address: value(null),
    extra: json('{}'),
    internal_info: json('{}'),
    standalone_ports_supported: flag(true),
    mode: value('active-backup'),
    properties: json('{}'),
    physical_network: value(null),
    category: value(null),
    dynamic_portgroup: flag(false),
  },
  unique: { portgroups_uuid: ['uuid'], portgroups_name: ['name'], portgroups_address: ['address'] },
});

export const portgroupRepository = nodeOwned(PORTGROUPS);
