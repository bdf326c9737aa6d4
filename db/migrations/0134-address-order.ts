import { ipv4Number } from '../../lifecycle/ipv4.ts';
import { addIndex, type Migration } from './migration.ts';

const BATCH = 1000;

/** Addresses in their order: as text 10.0.0.10 comes before 10.0.0.9. */
export const addressOrder: Migration = {
  name: '0134-address-order',
  async up({ knex }) {
    if (!(await knex.schema.hasColumn('ip_addresses', 'address_number')))
      await knex.schema.alterTable('ip_addresses', (table) =>
        table.bigInteger('address_number').notNullable().defaultTo(0),
      );
    for (let after = 0; ; ) {
      const rows: { id: number; address: string }[] = await knex('ip_addresses')
        .where('id', '>', after)
        .orderBy('id')
        .limit(BATCH)
        .select('id', 'address');
      for (const { id, address } of rows)
        await knex('ip_addresses')
          .where({ id })
          .update({ address_number: ipv4Number(address) ?? 0 });
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.id;
    }
    await addIndex(knex, 'ip_addresses', ['address_number'], 'ip_addresses_address_number_index');
    await addIndex(knex, 'cables', ['switch_name'], 'cables_switch_name_index');
  },
};
