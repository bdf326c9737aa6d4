import type { IpAddressRecord } from '../lifecycle/registration-records.ts';
import { uuid, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { repository } from './repository.ts';
import type { IpAddressRepository } from './store.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const IP_ADDRESSES = defineTable<IpAddressRecord>({
  name: 'ip_addresses',
  kind: 'address',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    pool_uuid: value(),
    address: value(),
    state: value('used'),
    holder: value(null),
    note: value(null),
  },
  unique: {
    ip_addresses_uuid: ['uuid'],
    ip_addresses_address: ['pool_uuid', 'address'],
    ip_addresses_holder: ['pool_uuid', 'holder'],
  },
});

export function ipAddressRepository(db: Executor): IpAddressRepository {
  return {
    ...repository(db, IP_ADDRESSES),
    async taken(pool_uuid) {
      const rows = await db.rows('SELECT `address` FROM `ip_addresses` WHERE `pool_uuid` = ?', [pool_uuid]);
      return new Set(rows.map(([address]) => String(address)));
    },
    async freeOrphans(older_than_ms) {
      const text =
        "DELETE FROM `ip_addresses` WHERE `state` = 'used' AND `created_at` <= " +
        `${db.dialect.now} - ? AND NOT EXISTS (SELECT 1 FROM \`nodes\` WHERE \`nodes\`.\`uuid\` = \`ip_addresses\`.\`holder\`)`;
      return (await db.run(text, [older_than_ms])).changes;
    },
  };
}

/** Frees the addresses that a node was given, in the transaction that deletes it. Those that the operator gave stay. */
export async function freeAddressesOf(db: Executor, node_uuid: string): Promise<void> {
  await db.run("DELETE FROM `ip_addresses` WHERE `holder` = ? AND `state` = 'used'", [node_uuid]);
}
