import type { PortRecord } from '../lifecycle/records.ts';
import { flag, json, uuid, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { nodeOwned } from './node-owned.ts';
import { ownedWithin } from './node-scope.ts';
import { list } from './repository.ts';
import { contains } from './statements.ts';
import type { PortRepository } from './store.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const PORTS = defineTable<PortRecord>({
  name: 'ports',
  kind: 'port',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    address: value(),
    node_uuid: value(),
    portgroup_uuid: value(null),
    extra: json('{}'),
    internal_info: json('{}'),
    local_link_connection: json('{}'),
    pxe_enabled: flag(true),
    physical_network: value(null),
    is_smartnic: flag(false),
    name: value(null),
    description: value(null),
    vendor: value(null),
    category: value(null),
    available_for_dynamic_portgroup: flag(true),
  },
  unique: { ports_uuid: ['uuid'], ports_address: ['address'], ports_name: ['name'] },
});

const NODE_OF = 'SELECT `address`, `node_uuid` FROM `ports`';

export function portRepository(db: Executor): PortRepository {
  return {
    ...nodeOwned(PORTS)(db),
    list: (options = {}) => {
      const words = options.description_contains;
      const within = ownedWithin(options.node);
      return list(
        db,
        PORTS,
        options,
        words === undefined ? within : [...within, contains('description', words)],
      );
    },
    async nodeOf(address) {
      const row = await db.one({ select: NODE_OF, column: 'address', at: 0, key: address });
      return row === undefined ? null : String(row[1]);
    },
  };
}
