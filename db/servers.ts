import type { NodeRecord } from '../lifecycle/records.ts';
import {
  bmcAddressOf,
  type Derived,
  type Followed,
  type RemovedServerRecord,
  type ServerRecord,
} from '../lifecycle/server-record.ts';
import { needsAttention, STAGES, type Stage, stageOf } from '../lifecycle/stages.ts';
import { flag, json, nullable, value } from './columns.ts';
import type { Executor, SqlValue } from './executor.ts';
import { scopeConditions } from './node-scope.ts';
import { explained, getBy, list } from './repository.ts';
import { searchCondition } from './server-search.ts';
import { attentionAfter, returnOf, stageAfter } from './server-stage.ts';
import { type Condition, conditions, placeholders, type Sql, where } from './statements.ts';
import type { Changes, ServerFilter, ServerRepository } from './store.ts';
import { CREATED_AT, defineTable, ID, quoted, reader, UPDATED_AT, written } from './table.ts';

export const SERVERS = defineTable<ServerRecord>({
  name: 'servers',
  kind: 'server',
  columns: {
    id: ID,
    uuid: value(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    name: value(null),
    owner: value(null),
    lessee: value(null),
    driver: value(),
    resource_class: value(null),
    provision_state: value(),
    target_provision_state: value(null),
    provision_updated_at: value(null),
    power_state: value(null),
    maintenance: flag(false),
    fault: value(null),
    retired: flag(false),
    health: value(null),
    troubled: flag(false),
    bmc_address: value(null),
    returning: flag(false),
    stage: value(),
    stage_changed_at: value(),
    attention: flag(false),
    serial_number: value(null),
    vendor: value(null),
    manufacturer: value(null),
    product_name: value(null),
    model_uuid: value(null),
    flavor_uuid: value(null),
    availability_zone: value(null),
    service_address: value(null),
    vlan_id: value(null),
    rack: value(null),
    rack_unit: value(null),
    notes: value(null),
    maintenance_side: value(null),
    maintenance_by: value(null),
    maintenance_reason: value(null),
    maintenance_since: value(null),
    maintenance_until: value(null),
    order_uuid: value(null),
    fault_told: value(null),
    installed_at: value(null),
    install_failed_at: value(null),
    install_note: value(null),
    progressed_at: value(null),
    stalled_at: value(null),
    quarantined: flag(false),
    quarantined_at: value(null),
    quarantined_by: value(null),
    quarantine_reason: value(null),
    quarantine_differences: nullable(json('[]')),
    purchased_at: value(null),
    racked_at: value(null),
    warranty_until: value(null),
    disposed_at: value(null),
    disposed_by: value(null),
    disposal: nullable(json('{}')),
  },
  unique: { servers_uuid: ['uuid'] },
});

export const REMOVED_SERVERS = defineTable<RemovedServerRecord>({
  name: 'removed_servers',
  kind: 'removed server',
  columns: {
    id: ID,
    created_at: CREATED_AT,
    uuid: value(),
    name: value(null),
    owner: value(null),
    lessee: value(null),
    stage: value(),
  },
  unique: {},
});

/** Fields of a server that are its node's, under the same name. */
const SAME = [
  'name',
  'owner',
  'lessee',
  'driver',
  'resource_class',
  'provision_state',
  'target_provision_state',
  'provision_updated_at',
  'power_state',
  'maintenance',
  'fault',
  'retired',
  'health',
] as const satisfies readonly (keyof Followed & keyof NodeRecord)[];

/** What a change of a node changes of its server; null: nothing. */
function followed(changes: Changes<NodeRecord>): Partial<Followed> | null {
  const found: Record<string, unknown> = {};
  for (const field of SAME) if (changes[field] !== undefined) found[field] = changes[field];
  if (changes.last_error !== undefined) found.troubled = changes.last_error !== null;
  if (changes.driver_info !== undefined) found.bmc_address = bmcAddressOf(changes.driver_info);
  return Object.keys(found).length === 0 ? null : (found as Partial<Followed>);
}

/** Whether a change of a node is one of its server too. */
export const isFollowed = (changes: Changes<NodeRecord>): boolean => followed(changes) !== null;

/** Gives a new node its server, in the transaction that makes the node. @throws AlreadyExists: one disposed of has the uuid */
export async function createServer(db: Executor, node: NodeRecord): Promise<void> {
  const follows = { ...followed(node), returning: false } as Followed;
  const facts = {
    ...follows,
    ...{ maintenance_side: null, order_uuid: null, disposed_at: null, quarantined: false, stalled_at: null },
  };
  const record: Omit<Followed & Derived, 'stage_changed_at'> & { uuid: string } = {
    ...follows,
    uuid: node.uuid,
    stage: stageOf(facts),
    attention: needsAttention(facts),
  };
  const { columns, bindings } = written(SERVERS, record, node.uuid, db.keys);
  const { now } = db.dialect;
  const names = [...columns, 'created_at', 'updated_at', 'stage_changed_at'].map(quoted).join(', ');
  const text = `INSERT INTO \`servers\` (${names}) VALUES (${placeholders(columns.length)}, ${now}, ${now}, ${now})`;
  await explained(SERVERS, record, () => db.run(text, bindings));
}

/**
 * Brings a changed node's server up to it, in the transaction that changes the node, as the very next statement: where that
 * one matched no node, this one matches no server.
 */
export async function followNode(db: Executor, uuid: string, changes: Changes<NodeRecord>): Promise<void> {
  const found = followed(changes);
  if (found === null) return;
  const state = found.provision_state;
  const { text, bindings } = updateOf(db, uuid, found, [], state === undefined ? {} : returnOf(state));
  await db.run(`${text} AND ${db.dialect.matched} > 0`, bindings);
}

/** Takes a deleted node's server away, in the transaction that deletes the node; one that was disposed of stays. */
export async function removeServer(db: Executor, uuid: string): Promise<void> {
  const at = '`uuid` = ? AND `disposed_at` IS NULL';
  const copied = '`uuid`, `name`, `owner`, `lessee`, `stage`';
  await Promise.all([
    db.run(
      `INSERT INTO \`removed_servers\` (\`created_at\`, ${copied}) SELECT ${db.dialect.now}, ${copied} FROM \`servers\` WHERE ${at}`,
      [uuid],
    ),
    db.run(`DELETE FROM \`servers\` WHERE ${at}`, [uuid]),
  ]);
}

/** The UPDATE of a server's fields and of what follows from them. */
function updateOf(
  db: Executor,
  uuid: string,
  changes: Partial<ServerRecord>,
  guards: readonly Condition[],
  also: Readonly<Record<string, SqlValue>> = {},
): Sql {
  const { columns, bindings } = written(SERVERS, changes, uuid, db.keys);
  const given: Record<string, SqlValue> = { ...also };
  for (const [index, column] of columns.entries()) given[column] = bindings[index] ?? null;
  const stage = stageAfter(given);
  const attention = attentionAfter(given);
  const { now } = db.dialect;
  // MariaDB assigns from left to right: what is compared with the old stage stands before it.
  const set = [
    `\`stage_changed_at\` = CASE WHEN \`stage\` = ${stage.text} THEN \`stage_changed_at\` ELSE ${now} END`,
    `\`stage\` = ${stage.text}`,
    `\`attention\` = ${attention.text}`,
    ...Object.keys(given).map((column) => `${quoted(column)} = ?`),
    `\`updated_at\` = ${now}`,
  ];
  const filter = where([{ text: '`uuid` = ?', bindings: [uuid] }, ...guards]);
  return {
    text: `UPDATE \`servers\` SET ${set.join(', ')}${filter.text}`,
    bindings: [
      ...stage.bindings,
      ...stage.bindings,
      ...attention.bindings,
      ...Object.values(given),
      ...filter.bindings,
    ],
  };
}

export function serverRepository(db: Executor): ServerRepository {
  const get = (uuid: string) => getBy(db, SERVERS, 'uuid', uuid);
  return {
    get,
    list: async (options = {}) => list(db, SERVERS, options, await filterConditions(db, options)),
    async count(filter = {}) {
      const { text, bindings } = where(await allConditions(db, filter));
      const [row] = await db.rows(`SELECT COUNT(*) FROM \`servers\`${text}`, bindings);
      return Number(row?.[0] ?? 0);
    },
    async countByStage(filter = {}) {
      const { text, bindings } = where(await allConditions(db, filter));
      const rows = await db.rows(
        `SELECT \`stage\`, COUNT(*), SUM(\`attention\`) FROM \`servers\`${text} GROUP BY \`stage\``,
        bindings,
      );
      const found = new Map(rows.map(([stage, count, attention]) => [stage, { count, attention }]));
      return Object.fromEntries(
        STAGES.map((stage) => {
          const { count, attention } = found.get(stage) ?? { count: 0, attention: 0 };
          return [stage, { count: Number(count), attention: Number(attention) }];
        }),
      ) as Record<Stage, { count: number; attention: number }>;
    },
    async countByKind(match, limit) {
      const columns = KIND.map(quoted).join(', ');
      const { text, bindings } = where(conditions(SERVERS, match, db.keys));
      const rows = await db.rows(
        `SELECT COUNT(*), MIN(\`uuid\`), ${columns} FROM \`servers\`${text} GROUP BY ${columns} ORDER BY COUNT(*) DESC, MIN(\`id\`) LIMIT ${Math.trunc(limit)}`,
        bindings,
      );
      return rows.map(([count, uuid, ...kind]) => ({
        ...(Object.fromEntries(KIND.map((column, index) => [column, kind[index] ?? null])) as Pick<
          ServerRecord,
          (typeof KIND)[number]
        >),
        count: Number(count),
        uuid: String(uuid),
      }));
    },
    async update(uuid, changes, guard) {
      const { text, bindings } = updateOf(db, uuid, changes, conditions(SERVERS, guard, db.keys));
      return (await db.run(text, bindings)).changes > 0 ? get(uuid) : null;
    },
    async changedSince(at_ms, limit, scope) {
      const { text, bindings } = where([
        { text: '`updated_at` >= ?', bindings: [at_ms] },
        ...scopeConditions(scope),
      ]);
      const rows = await db.rows(
        `${SERVERS.select}${text} ORDER BY \`updated_at\`, \`id\` LIMIT ${Math.trunc(limit)}`,
        bindings,
      );
      return rows.map(reader(SERVERS, SERVERS.fields, db.keys));
    },
    async removedSince(at_ms, limit) {
      const text = `${REMOVED_SERVERS.select} WHERE \`created_at\` >= ? ORDER BY \`created_at\`, \`id\` LIMIT ${Math.trunc(limit)}`;
      return (await db.rows(text, [at_ms])).map(reader(REMOVED_SERVERS, REMOVED_SERVERS.fields, db.keys));
    },
    async trimRemoved(older_than_ms, batch) {
      const find = `SELECT \`id\` FROM \`removed_servers\` WHERE \`created_at\` <= ${db.dialect.now} - ? LIMIT ${Math.trunc(batch)}`;
      const ids = (await db.rows(find, [older_than_ms])).map(([id]) => id ?? null);
      if (ids.length === 0) return 0;
      const text = `DELETE FROM \`removed_servers\` WHERE \`id\` IN (${placeholders(ids.length)})`;
      return (await db.run(text, ids)).changes;
    },
  };
}

/** What an order may ask for. */
const KIND = [
  'resource_class',
  'flavor_uuid',
  'model_uuid',
  'manufacturer',
  'product_name',
  'availability_zone',
] as const satisfies readonly (keyof ServerRecord)[];

async function allConditions(db: Executor, filter: ServerFilter): Promise<Condition[]> {
  return [...conditions(SERVERS, filter.where, db.keys), ...(await filterConditions(db, filter))];
}

async function filterConditions(
  db: Executor,
  { scope, search, of_model, warranty_until_by }: ServerFilter,
): Promise<Condition[]> {
  const all = scopeConditions(scope);
  if (of_model !== undefined)
    all.push({
      text: '`disposed_at` IS NULL AND (`model_uuid` = ? OR (`model_uuid` IS NULL AND `product_name` = ? AND `manufacturer` = ?))',
      bindings: [of_model.uuid, of_model.name, of_model.vendor],
    });
  if (warranty_until_by !== undefined)
    all.push({ text: '`disposed_at` IS NULL AND `warranty_until` <= ?', bindings: [warranty_until_by] });
  return search === undefined ? all : [...all, await searchCondition(db, search)];
}
