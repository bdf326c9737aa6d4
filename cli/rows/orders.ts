import type { JsonObject } from '../../lifecycle/json.ts';
import { type CommandRow, field, PAGE, query, type WaitRow } from '../command-row.ts';

const COLUMNS = ['uuid', 'name', 'project', 'count', 'state', 'flavor', 'model', 'created_at', 'finished_at'];

const WAIT: WaitRow = {
  path: (_args, body) => `/v1/orders/${String((body as JsonObject).uuid)}`,
  over: ({ state, uuid }) =>
    state === 'open'
      ? null
      : { well: state === 'done', text: `The order ${String(uuid)} is ${String(state)}.` },
  progress: ({ progress }) =>
    Object.entries(progress as JsonObject)
      .map(([state, count]) => `${state}: ${String(count)}`)
      .join(', '),
};

export const ORDER_ROWS: readonly CommandRow[] = [
  {
    words: 'order create',
    operation: 'lifecycle.orders.create',
    method: 'POST',
    path: '/v1/orders',
    help: 'order servers from stock',
    options: [
      field('count', 'how many', { kind: 'integer', required: true }),
      field('flavor', 'uuid of a flavor, or a resource class'),
      field('model', "uuid of a model, or a product's name"),
      field('availability_zone', 'where'),
      field('name', 'a name for the order'),
      field('project', "whom it is for; default: the caller's"),
      field('names', 'names of the instances, one for each server', { kind: 'list' }),
      field('image', '{"image_source": …, "image_checksum": …}; without it no operating system', {
        kind: 'json',
      }),
      field('raid_config', '{"logical_disks": [{"raid_level": "1", "size_gb": "MAX"}]}', { kind: 'json' }),
      field('bios_settings', '{"attribute": value}', { kind: 'json' }),
      field('vlan_id', 'VLAN of the servers', { kind: 'integer' }),
    ],
    output: { kind: 'item', columns: [...COLUMNS, 'progress'] },
    wait: WAIT,
  },
  {
    words: 'order list',
    operation: 'lifecycle.orders.list',
    method: 'GET',
    path: '/v1/orders',
    help: 'list orders, newest first',
    options: [
      query('state', 'in this state', { choices: ['open', 'done', 'partial', 'failed', 'cancelled'] }),
      query('project', 'of this project'),
      ...PAGE,
    ],
    output: { kind: 'list', key: 'orders', columns: COLUMNS },
  },
  {
    words: 'order show',
    operation: 'lifecycle.orders.show',
    method: 'GET',
    path: '/v1/orders/{order}',
    help: 'show an order, and how far each of its servers is',
    output: { kind: 'item' },
  },
  {
    words: 'order cancel',
    operation: 'lifecycle.orders.cancel',
    method: 'POST',
    path: '/v1/orders/{order}/cancel',
    help: 'cancel an order; servers that are delivered stay, the others go back',
    output: { kind: 'item', columns: [...COLUMNS, 'progress'] },
  },
  {
    words: 'order again',
    operation: 'lifecycle.orders.again',
    method: 'POST',
    path: '/v1/orders/{order}/again',
    help: 'order once more what failed of an order that is over',
    output: { kind: 'item', columns: [...COLUMNS, 'progress'] },
    wait: WAIT,
  },
  {
    words: 'stock show',
    operation: 'lifecycle.stock.show',
    method: 'GET',
    path: '/v1/stock',
    help: 'show what can be ordered now',
    options: [
      query('flavor', 'uuid of a flavor, or a resource class'),
      query('model', "uuid of a model, or a product's name"),
      query('availability_zone', 'where'),
      query('project', 'what this project may order'),
    ],
    output: {
      kind: 'made',
      columns: [
        'count',
        'resource_class',
        'manufacturer',
        'product_name',
        'availability_zone',
        'raid_levels',
      ],
      rows: (body) =>
        ((body as JsonObject).stock as JsonObject[]).map((group) => ({
          ...group,
          raid_levels: (group.raid_layouts as JsonObject[])
            .map(({ raid_level, capacity_gb }) => `${String(raid_level)} (${String(capacity_gb)} GiB)`)
            .join(', '),
        })),
    },
  },
  {
    words: 'quota show',
    operation: 'lifecycle.quotas.show',
    method: 'GET',
    path: '/v1/quotas/{project}',
    help: 'show how many servers a project may have, has and awaits',
    output: { kind: 'item' },
  },
  {
    words: 'quota set',
    operation: 'lifecycle.quotas.set',
    method: 'PUT',
    path: '/v1/quotas/{project}',
    help: 'set how many servers a project may have by orders',
    options: [field('servers', 'at most so many', { kind: 'integer', required: true })],
    output: { kind: 'item' },
  },
];
