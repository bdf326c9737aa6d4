import type {
  LineState,
  OrderLineRecord,
  OrderProgress,
  OrderRecord,
  QuotaRecord,
} from '../lifecycle/orders.ts';
import { json, secretJson, uuid, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { getBy, repository } from './repository.ts';
import { placeholders } from './statements.ts';
import type { OrderRepository, QuotaRepository, Repository } from './store.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const ORDERS = defineTable<OrderRecord>({
  name: 'orders',
  kind: 'order',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    name: value(null),
    project: value(),
    user: value(null),
    request_id: value(null),
    count: value(),
    request: secretJson('{}'),
    state: value('open'),
    cancelled_at: value(null),
    finished_at: value(null),
  },
  unique: { orders_uuid: ['uuid'] },
});

export const ORDER_LINES = defineTable<OrderLineRecord>({
  name: 'order_lines',
  kind: 'server of an order',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    order_uuid: value(),
    position: value(),
    name: value(null),
    state: value('waiting'),
    server_uuid: value(null),
    tried: json('[]'),
    attempts: value(0),
    last_error: value(null),
  },
  unique: { order_lines_uuid: ['uuid'] },
});

export const QUOTAS = defineTable<QuotaRecord>({
  name: 'quotas',
  kind: 'quota',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    project: value(),
    servers: value(),
  },
  unique: { quotas_uuid: ['uuid'], quotas_project: ['project'] },
});

export function orderRepository(db: Executor): OrderRepository {
  return {
    ...repository(db, ORDERS),
    async usage(project) {
      // One statement: a server that is taken between two would be counted by neither.
      const used = 'SELECT COUNT(*) FROM `servers` WHERE `lessee` = ?';
      const ordered =
        'SELECT COUNT(*) FROM `order_lines` JOIN `orders` ON `orders`.`uuid` = `order_lines`.`order_uuid` ' +
        "WHERE `orders`.`project` = ? AND `order_lines`.`state` = 'waiting'";
      const [row] = await db.rows(`SELECT (${used}), (${ordered})`, [project, project]);
      return { used: Number(row?.[0] ?? 0), ordered: Number(row?.[1] ?? 0) };
    },
    changedSince: (at_ms, limit) => changedOrders(db, at_ms, limit),
  };
}

async function changedOrders(db: Executor, at_ms: number, limit: number): Promise<OrderProgress[]> {
  // Each part reads one index; an OR of them would read the whole table.
  const changed =
    'SELECT `uuid` FROM `orders` WHERE `created_at` >= ? UNION SELECT `uuid` FROM `orders` WHERE `updated_at` >= ? ' +
    'UNION SELECT `order_uuid` FROM `order_lines` WHERE `updated_at` >= ?';
  const fields = ['uuid', 'name', 'project', 'count', 'state', 'finished_at', 'created_at', 'updated_at'];
  const orders = await db.rows(
    `SELECT ${fields.map((field) => `\`orders\`.\`${field}\``).join(', ')} FROM \`orders\` JOIN (${changed}) AS \`changed\` ON \`changed\`.\`uuid\` = \`orders\`.\`uuid\` ORDER BY \`orders\`.\`id\` LIMIT ${Math.trunc(limit)}`,
    [at_ms, at_ms, at_ms],
  );
  if (orders.length === 0) return [];
  const uuids = orders.map(([uuid]) => String(uuid));
  const lines = await db.rows(
    `SELECT \`order_uuid\`, \`state\`, COUNT(*), MAX(\`updated_at\`) FROM \`order_lines\` WHERE \`order_uuid\` IN (${placeholders(uuids.length)}) GROUP BY \`order_uuid\`, \`state\``,
    uuids,
  );
  return orders.map(([uuid, name, project, count, state, finished_at, created_at, updated_at]) => {
    const own = lines.filter(([order_uuid]) => order_uuid === uuid);
    return {
      ...{ uuid: String(uuid), name: name as string | null, project: String(project), count: Number(count) },
      state: state as OrderProgress['state'],
      finished_at: finished_at === null ? null : Number(finished_at),
      changed_at: Math.max(
        Number(created_at),
        Number(updated_at ?? 0),
        ...own.map(([, , , at]) => Number(at ?? 0)),
      ),
      progress: Object.fromEntries(own.map(([, line, n]) => [line as LineState, Number(n)])),
    };
  });
}

export const orderLineRepository = (db: Executor): Repository<OrderLineRecord> => repository(db, ORDER_LINES);

export function quotaRepository(db: Executor): QuotaRepository {
  return {
    ...repository(db, QUOTAS),
    getByProject: (project) => getBy(db, QUOTAS, 'project', project),
    async lock(project) {
      const text = `UPDATE \`quotas\` SET \`updated_at\` = ${db.dialect.now} WHERE \`project\` = ?`;
      if ((await db.run(text, [project])).changes === 0) return null;
      return getBy(db, QUOTAS, 'project', project);
    },
  };
}
