import type { JsonObject } from '../../lifecycle/json.ts';
import { type CommandRow, field, NEWEST, PAGE, query } from '../command-row.ts';
import { endOf, serverNames, type WaitRow, type WorkPart } from '../work.ts';

const COLUMNS = ['uuid', 'name', 'count', 'state', 'created_at', 'project', 'flavor', 'model', 'finished_at'];

const FAILED = ['failed', 'cancelled'];

const WAIT: WaitRow = ({ body: { uuid } }) => {
  const named = serverNames();
  return {
    shown_by: `kurogane order show ${String(uuid)}`,
    look: async (ask) => {
      const body = (await ask(`/v1/orders/${String(uuid)}`)) as JsonObject;
      const lines = body.servers as JsonObject[];
      const nameOf = await named(
        ask,
        lines.flatMap(({ server_uuid }) => (typeof server_uuid === 'string' ? [server_uuid] : [])),
      );
      const parts = lines.map((line) => partOf(line, nameOf));
      const text = `The order ${String(uuid)} is ${String(body.state)}`;
      return { parts, over: body.state === 'open' ? null : endOf(text, parts), body };
    },
  };
};

function partOf(line: JsonObject, nameOf: (uuid: string) => string): WorkPart {
  const { name, server_uuid, position, state, last_error, attempts } = line;
  const tries = Number(attempts) > 1 ? `${String(attempts)} attempts` : '';
  const note = [tries, typeof last_error === 'string' ? last_error : '']
    .filter((one) => one !== '')
    .join(', ');
  const server = typeof server_uuid === 'string' ? nameOf(server_uuid) : `server ${Number(position) + 1}`;
  return {
    name: typeof name === 'string' ? name : server,
    state: String(state),
    well: state === 'done' ? true : FAILED.includes(String(state)) ? false : null,
    ...(note === '' ? {} : { note }),
  };
}

/** An order for people: how far each server is, a line each. */
function shownOrder({ servers, ...order }: JsonObject): JsonObject {
  const lines = (servers as JsonObject[]).map(({ position, name, state, server_uuid, last_error }) => ({
    ...{
      '#': Number(position) + 1,
      name: name ?? null,
      state: state ?? null,
      server: server_uuid ?? null,
      last_error: last_error ?? null,
    },
  }));
  return { ...order, servers: lines };
}

export const ORDER_ROWS: readonly CommandRow[] = [
  {
    words: 'order create',
    operation: 'lifecycle.orders.create',
    method: 'POST',
    path: '/v1/orders',
    help: 'order servers from stock',
    examples: [
      'order create --flavor gold --count 20 --name web --wait',
      'order create --model "PowerEdge R660" --count 1 --raid-config @raid.json',
    ],
    options: [
      field('count', 'how many', { kind: 'integer', required: true }),
      field('flavor', 'a flavor, or a resource class; it or --model is needed', {
        of: 'flavor',
        or_text: true,
      }),
      field('model', "a model, or a product's name", { of: 'model', or_text: true }),
      field('availability_zone', 'the zone that they have to be in'),
      field('name', 'a name for the order'),
      field('project', "the project that gets them; default: the caller's own"),
      field('names', 'names of the instances, one for each server', { kind: 'list' }),
      field('image', '{"image_source": …, "image_checksum": …}; without it no operating system', {
        kind: 'json',
      }),
      field('raid_config', '{"logical_disks": [{"raid_level": "1", "size_gb": "MAX"}]}', { kind: 'json' }),
      field('bios_settings', '{"attribute": value}', { kind: 'json' }),
      field('vlan_id', 'VLAN of the servers, 1 to 4094', { kind: 'integer' }),
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
      ...NEWEST,
    ],
    output: { kind: 'list', key: 'orders', columns: COLUMNS },
  },
  {
    words: 'order show',
    operation: 'lifecycle.orders.show',
    method: 'GET',
    path: '/v1/orders/{order}',
    help: 'show an order, and how far each of its servers is',
    output: { kind: 'item', shown: shownOrder },
  },
  {
    words: 'order cancel',
    operation: 'lifecycle.orders.cancel',
    method: 'POST',
    path: '/v1/orders/{order}/cancel',
    help: 'cancel an order; servers that are delivered stay, the others go back',
    output: { kind: 'item', columns: [...COLUMNS, 'progress'] },
    undoes: 'ends the order: servers that are not delivered yet go back',
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
      query('flavor', 'a flavor, or a resource class', { of: 'flavor', or_text: true }),
      query('model', "a model, or a product's name", { of: 'model', or_text: true }),
      query('availability_zone', 'in this availability zone'),
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
    words: 'quota list',
    operation: 'lifecycle.quotas.list',
    method: 'GET',
    path: '/v1/quotas',
    help: 'list the quotas of projects, with what they have and await',
    options: [query('search', 'part of the id of a project'), ...PAGE],
    output: { kind: 'list', key: 'quotas', columns: ['project', 'servers', 'used', 'ordered'] },
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
