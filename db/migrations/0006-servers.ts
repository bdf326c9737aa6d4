import type { Knex } from 'knex';
import type { JsonObject } from '../../lifecycle/json.ts';
import { bmcAddressOf } from '../../lifecycle/server-record.ts';
import { needsAttention, stageOf } from '../../lifecycle/stages.ts';
import type { ProvisionState } from '../../lifecycle/states.ts';
import {
  flags,
  identified,
  indexes,
  type Migration,
  optionalLongTexts,
  optionalNumbers,
  optionalTexts,
  stored,
  texts,
} from './migration.ts';

/** What the provider knows of each server, beside its node; nodes that are there already get theirs. */
export const servers: Migration = {
  name: '0006-servers',
  async up({ knex, createTable }) {
    await createTable('servers', (table) => {
      stored(table);
      // The node's uuid. No foreign key: a server that was disposed of outlives its node.
      identified(table, 'servers');
      texts(table, 'driver', 'provision_state', 'stage');
      optionalTexts(
        table,
        'name',
        'owner',
        'lessee',
        'resource_class',
        'target_provision_state',
        'power_state',
        'fault',
        'health',
        'bmc_address',
        'serial_number',
        'vendor',
        'manufacturer',
        'product_name',
        'availability_zone',
        'service_address',
        'rack',
        'maintenance_side',
        'maintenance_by',
        'disposed_by',
      );
      for (const column of ['model_uuid', 'flavor_uuid', 'order_uuid']) table.string(column, 36).nullable();
      flags(table, 'maintenance', 'retired', 'troubled', 'returning', 'attention');
      table.bigInteger('stage_changed_at').notNullable();
      optionalNumbers(
        table,
        'provision_updated_at',
        'vlan_id',
        'rack_unit',
        'maintenance_since',
        'maintenance_until',
        'disposed_at',
      );
      optionalLongTexts(table, 'notes', 'maintenance_reason', 'disposal');
      table.index(['stage', 'id'], 'servers_stage_index');
      indexes(
        table,
        'servers',
        ...['owner', 'lessee', 'name', 'serial_number', 'bmc_address', 'service_address'],
        ...['order_uuid', 'updated_at'],
      );
    });
    await createTable('removed_servers', (table) => {
      table.bigIncrements('id');
      table.bigInteger('created_at').notNullable();
      table.string('uuid', 36).notNullable();
      texts(table, 'stage');
      optionalTexts(table, 'name', 'owner', 'lessee');
      indexes(table, 'removed_servers', 'created_at');
    });
    await backfill(knex);
  },
};

const BATCH = 200;
const COPIED = [
  ...['uuid', 'name', 'owner', 'lessee', 'driver', 'resource_class', 'provision_state'],
  ...['target_provision_state', 'provision_updated_at', 'power_state', 'fault', 'health', 'created_at'],
];

async function backfill(knex: Knex): Promise<void> {
  for (let after = 0; ; ) {
    const nodes: Record<string, unknown>[] = await knex('nodes')
      .select('id', 'maintenance', 'retired', 'last_error', 'driver_info', ...COPIED)
      .where('id', '>', after)
      .orderBy('id')
      .limit(BATCH);
    const last = nodes.at(-1);
    if (last === undefined) return;
    after = Number(last.id);
    const known = await knex('servers').whereIn(
      'uuid',
      nodes.map((node) => String(node.uuid)),
    );
    const uuids = new Set(known.map((row: { uuid: string }) => row.uuid));
    const rows = nodes.filter((node) => !uuids.has(String(node.uuid))).map(serverOf);
    if (rows.length > 0) await knex('servers').insert(rows);
  }
}

function serverOf(node: Record<string, unknown>): Record<string, unknown> {
  const facts = {
    provision_state: node.provision_state as ProvisionState,
    maintenance: Boolean(Number(node.maintenance)),
    troubled: node.last_error !== null,
    fault: node.fault as null,
    health: node.health as null,
    // Nothing tells a return from a first cleaning any more.
    returning: false,
    maintenance_side: null,
    order_uuid: null,
    disposed_at: null,
    quarantined: false,
    stalled_at: null,
  };
  return {
    ...Object.fromEntries(COPIED.map((column) => [column, node[column]])),
    updated_at: node.created_at,
    maintenance: Number(facts.maintenance),
    retired: Number(node.retired),
    troubled: Number(facts.troubled),
    returning: 0,
    bmc_address: bmcAddressOf(driverInfo(node.driver_info)),
    stage: stageOf(facts),
    stage_changed_at: node.provision_updated_at ?? node.created_at,
    attention: Number(needsAttention(facts)),
  };
}

/** Of driver_info only the secrets are encrypted: the address is in clear. */
function driverInfo(text: unknown): JsonObject {
  return JSON.parse(String(text));
}
