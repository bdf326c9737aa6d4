import type { InterfaceField, NodeRecord } from '../lifecycle/records.ts';
import { INTERFACE_KINDS } from '../lifecycle/records.ts';
import { type Column, flag, gathered, json, secretJson, uuid, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { freeAddressesOf } from './ip-addresses.ts';
import { scopeConditions } from './node-scope.ts';
import { change, create, each, getBy, list, remove, repository, update } from './repository.ts';
import { createServer, followNode, isFollowed, removeServer } from './servers.ts';
import { type Condition, contains, placeholders } from './statements.ts';
import type { Changes, Match, NodeListOptions, NodeRepository } from './store.ts';
import { CREATED_AT, defineTable, ID, reader, UPDATED_AT, withInitial } from './table.ts';
import { insertTraits, traitWrites } from './traits.ts';

const INTERFACES = Object.fromEntries(
  INTERFACE_KINDS.map((kind) => [`${kind}_interface`, value()]),
) as Record<InterfaceField, Column>;

export const NODES = defineTable<NodeRecord>({
  name: 'nodes',
  kind: 'node',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    name: value(null),
    driver: value(),
    driver_info: secretJson('{}'),
    driver_internal_info: secretJson('{}'),
    properties: json('{}'),
    instance_info: secretJson('{}'),
    instance_uuid: value(null),
    instance_name: value(null),
    extra: json('{}'),
    chassis_uuid: value(null),
    power_state: value(null),
    target_power_state: value(null),
    provision_state: value('enroll'),
    target_provision_state: value(null),
    provision_updated_at: value(null),
    last_error: value(null),
    reservation: value(null),
    reservation_job_id: value(null),
    maintenance: flag(false),
    maintenance_reason: value(null),
    fault: value(null),
    console_enabled: flag(false),
    inspection_started_at: value(null),
    inspection_finished_at: value(null),
    clean_step: secretJson('{}'),
    deploy_step: secretJson('{}'),
    service_step: secretJson('{}'),
    raid_config: json('{}'),
    target_raid_config: json('{}'),
    resource_class: value(null),
    ...INTERFACES,
    traits: gathered(
      '(SELECT GROUP_CONCAT(`trait`) FROM `node_traits` WHERE `node_traits`.`node_uuid` = `nodes`.`uuid`)',
    ),
    conductor_group: value(''),
    automated_clean: flag(null),
    protected: flag(false),
    protected_reason: value(null),
    owner: value(null),
    lessee: value(null),
    description: value(null),
    allocation_uuid: value(null),
    retired: flag(false),
    retired_reason: value(null),
    network_data: json('{}'),
    boot_mode: value(null),
    secure_boot: flag(null),
    shard: value(null),
    parent_node: value(null),
    disable_power_off: flag(false),
    health: value(null),
  },
  unique: { nodes_uuid: ['uuid'], nodes_name: ['name'], nodes_instance_uuid: ['instance_uuid'] },
});

export function nodeRepository(db: Executor): NodeRepository {
  const traits = traitWrites(db);
  return {
    ...repository(db, NODES),
    create: ({ traits: given, ...record }) =>
      db.atomic(async (inside) => {
        const whole = withInitial(NODES, record) as unknown as NodeRecord;
        const [node] = await Promise.all([create(inside, NODES, whole), createServer(inside, whole)]);
        if (given === undefined || given.length === 0) return node;
        await insertTraits(inside, node.uuid, given);
        return { ...node, traits: [...new Set(given)].sort() };
      }),
    update: (uuid, { traits: given, ...changes }, guard) =>
      given === undefined && !isFollowed(changes)
        ? update(db, NODES, uuid, changes, guard)
        : db.atomic(async (inside) => {
            const reread = () => getBy(inside, NODES, 'uuid', uuid);
            const [changed, node] = await Promise.all([
              changeFollowed(inside, uuid, changes, guard),
              given === undefined ? reread() : null,
            ]);
            if (!changed) return null;
            if (given === undefined) return node;
            await traitWrites(inside).setTraits(uuid, given);
            return reread();
          }),
    change: (uuid, changes, guard) =>
      isFollowed(changes)
        ? db.atomic((inside) => changeFollowed(inside, uuid, changes, guard))
        : change(db, NODES, uuid, changes, guard),
    list: (options = {}) => list(db, NODES, options, nodeConditions(options)),
    each: (options, visit) => each(db, NODES, options, nodeConditions(options), visit),
    delete: (uuid) =>
      db.atomic(async (inside) => {
        const [removed] = await Promise.all([
          remove(inside, NODES, uuid),
          removeServer(inside, uuid),
          freeAddressesOf(inside, uuid),
        ]);
        return removed;
      }),
    async listByAddresses(addresses) {
      if (addresses.length === 0) return [];
      const text =
        `${NODES.select} WHERE \`uuid\` IN ` +
        `(SELECT \`node_uuid\` FROM \`ports\` WHERE \`address\` IN (${placeholders(addresses.length)})) ORDER BY \`id\``;
      const rows = await db.rows(text, [...addresses]);
      return rows.map(reader(NODES, NODES.fields, db.keys));
    },
    ...traits,
    async countByShard() {
      const rows = await db.rows(
        'SELECT `shard`, COUNT(*) FROM `nodes` GROUP BY `shard` ORDER BY COUNT(*) DESC, `shard`',
        [],
      );
      return rows.map(([name, count]) => ({
        name: name === null || name === undefined ? null : String(name),
        count: Number(count),
      }));
    },
  };
}

/** Changes a node and, with the same packet, its server. */
async function changeFollowed(
  inside: Executor,
  uuid: string,
  changes: Changes<NodeRecord>,
  guard: Match<NodeRecord> | undefined,
): Promise<boolean> {
  const [changed] = await Promise.all([
    change(inside, NODES, uuid, changes, guard),
    followNode(inside, uuid, changes),
  ]);
  return changed;
}

function nodeConditions(options: NodeListOptions): Condition[] {
  const all: Condition[] = [...scopeConditions(options.scope)];
  if (options.associated !== undefined) all.push(isSet('instance_uuid', options.associated));
  if (options.sharded !== undefined) all.push(isSet('shard', options.sharded));
  if (options.description_contains !== undefined)
    all.push(contains('description', options.description_contains));
  if (options.include_children !== true && options.where?.parent_node === undefined) all.push(NO_PARENT);
  return all;
}

/** Nearly every node is one: put so that no engine takes the index of parent_node for it, and then has to sort. */
const NO_PARENT: Condition = { text: "COALESCE(`parent_node`, '') = ''", bindings: [] };

const isSet = (column: string, set: boolean): Condition => ({
  text: `\`${column}\` IS ${set ? 'NOT ' : ''}NULL`,
  bindings: [],
});
