import type { Knex } from 'knex';
import {
  flags,
  identified,
  indexes,
  longTexts,
  type Migration,
  optionalLongTexts,
  optionalNumbers,
  optionalTexts,
  stored,
  texts,
} from './migration.ts';

/** What a new server is registered with: profiles, flavors, addresses, cables, firmware baselines, tokens; and its attempts. */
export const registration: Migration = {
  name: '0011-registration',
  async up({ createTable }) {
    await createTable('profiles', (table) => {
      named(table, 'profiles');
      optionalTexts(table, 'owner', 'template_kind');
      flags(table, 'public');
      optionalLongTexts(
        table,
        ...['description', 'kernel', 'initrd', 'cmdline', 'squashfs', 'image', 'image_checksum', 'iso'],
        ...['install_script', 'template'],
      );
      indexes(table, 'profiles', 'owner');
    });
    await createTable('flavors', (table) => {
      named(table, 'flavors');
      optionalLongTexts(table, 'description');
      longTexts(table, 'match');
      optionalTexts(table, 'availability_zone', 'resource_class');
      table.bigInteger('priority').notNullable();
      table
        .string('profile_uuid', 36)
        .nullable()
        .references('uuid')
        .inTable('profiles')
        .withKeyName('flavors_profile_fk');
    });
    await createTable('ip_pools', (table) => {
      named(table, 'ip_pools');
      texts(table, 'purpose', 'network');
      longTexts(table, 'ranges');
      optionalTexts(table, 'gateway', 'external_url');
      optionalLongTexts(table, 'external_auth');
      optionalNumbers(table, 'vlan_id');
    });
    await createTable('ip_addresses', (table) => {
      stored(table);
      identified(table, 'ip_addresses');
      table
        .string('pool_uuid', 36)
        .notNullable()
        .references('uuid')
        .inTable('ip_pools')
        .withKeyName('ip_addresses_pool_fk');
      texts(table, 'address', 'state');
      optionalTexts(table, 'holder', 'note');
      table.unique(['pool_uuid', 'address'], { indexName: 'ip_addresses_address' });
      table.unique(['pool_uuid', 'holder'], { indexName: 'ip_addresses_holder' });
      indexes(table, 'ip_addresses', 'holder');
    });
    await createTable('cables', (table) => {
      stored(table);
      identified(table, 'cables');
      texts(table, 'device', 'port', 'switch_name', 'switch_port');
      optionalTexts(table, 'note');
      table.unique(['device', 'port'], { indexName: 'cables_port' });
    });
    await createTable('firmware_baselines', (table) => {
      stored(table);
      identified(table, 'firmware_baselines');
      texts(table, 'component', 'version');
      optionalTexts(table, 'manufacturer', 'product_name', 'note');
      flags(table, 'enforced');
    });
    await createTable('enrolment_tokens', (table) => {
      named(table, 'enrolment_tokens');
      table.string('token_hash', 64).notNullable().unique({ indexName: 'enrolment_tokens_hash' });
      optionalNumbers(table, 'expires_at', 'uses_left', 'last_used_at');
    });
    await createTable('registrations', (table) => {
      stored(table);
      identified(table, 'registrations');
      texts(table, 'system_uuid', 'state', 'step');
      optionalTexts(
        table,
        ...['address', 'bmc_address', 'serial_number', 'manufacturer', 'product_name', 'agent_version'],
      );
      for (const column of ['node_uuid', 'token_uuid']) table.string(column, 36).nullable();
      table.string('secret_hash', 64).nullable();
      optionalLongTexts(table, 'cause', 'log_tail');
      longTexts(table, 'ports', 'firmware');
      optionalNumbers(table, 'finished_at');
      indexes(table, 'registrations', 'system_uuid', 'state', 'node_uuid', 'created_at');
    });
    await createTable('notices', (table) => {
      stored(table);
      identified(table, 'notices');
      texts(table, 'outlet', 'event', 'severity', 'state', 'subject_key');
      optionalTexts(table, 'project');
      longTexts(table, 'payload');
      optionalLongTexts(table, 'last_error');
      for (const column of ['attempts', 'next_at']) table.bigInteger(column).notNullable();
      optionalNumbers(table, 'sent_at');
      table.unique(['outlet', 'subject_key'], { indexName: 'notices_once' });
      table.index(['state', 'next_at'], 'notices_due_index');
    });
  },
};

/** id, times, uuid, and a unique name. */
function named(table: Knex.CreateTableBuilder, name: string): void {
  stored(table);
  identified(table, name);
  table
    .string('name', 255)
    .notNullable()
    .unique({ indexName: `${name}_name` });
}
