import { ipv4Number } from '../lifecycle/ipv4.ts';
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
    address_number: value(0),
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
  const addresses = repository(db, IP_ADDRESSES);
  return {
    ...addresses,
    create: (record) =>
      addresses.create({ ...record, address_number: ipv4Number(record.address ?? '') ?? 0 }),
    async taken(pool_uuid) {
      const rows = await db.rows('SELECT `address` FROM `ip_addresses` WHERE `pool_uuid` = ?', [pool_uuid]);
      return new Set(rows.map(([address]) => String(address)));
    },
    async freeOrphans(older_than_ms) {
      return free(
        db,
        `\`created_at\` <= ${db.dialect.now} - ? AND NOT EXISTS (SELECT 1 FROM \`nodes\` WHERE \`nodes\`.\`uuid\` = \`ip_addresses\`.\`holder\`)`,
        older_than_ms,
      );
    },
  };
}

/** Frees the addresses that a node was given, in the transaction that deletes it. Those that the operator gave stay. */
export async function freeAddressesOf(db: Executor, node_uuid: string): Promise<void> {
  await free(db, '`holder` = ?', node_uuid);
}

/** Frees given addresses. Those of an IPAM of the operator's are kept until it was told. Resolves with how many. */
async function free(db: Executor, condition: string, binding: string | number): Promise<number> {
  const given = `\`state\` = 'used' AND ${condition}`;
  const external = 'SELECT `uuid` FROM `ip_pools` WHERE `external_url` IS NOT NULL';
  const kept = await db.run(
    `UPDATE \`ip_addresses\` SET \`state\` = 'releasing', \`note\` = \`holder\`, \`holder\` = NULL WHERE ${given} AND \`pool_uuid\` IN (${external})`,
    [binding],
  );
  const gone = await db.run(`DELETE FROM \`ip_addresses\` WHERE ${given}`, [binding]);
  return kept.changes + gone.changes;
}
