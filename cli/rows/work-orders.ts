import { type CommandRow, field, type OptionRow, PAGE, query } from '../command-row.ts';

const KINDS = ['mount', 'cable', 'swap', 'dispose', 'other'];
const STATES = ['open', 'done', 'cancelled'];

const FIELDS: readonly OptionRow[] = [
  field('kind', 'mount, cable, swap, dispose or other', { choices: KINDS }),
  field('server_uuid', 'the server'),
  field('place', 'rack and unit, or a serial number'),
  field('what', 'what is to be done'),
  field('assignee', 'who is to do it'),
  field('due_at', 'until when, ISO 8601'),
  field('state', 'open, done or cancelled', { choices: STATES }),
  field('done_by', 'who did it'),
  field('done_at', 'when, ISO 8601'),
];

export const WORK_ORDER_ROWS: readonly CommandRow[] = [
  {
    words: 'work list',
    operation: 'lifecycle.work_orders.list',
    method: 'GET',
    path: '/v1/work-orders',
    help: 'list work at the racks',
    options: [
      query('server_uuid', 'on this server'),
      query('state', 'in this state', { choices: STATES }),
      query('kind', 'of this kind', { choices: KINDS }),
      query('assignee', 'of this person'),
      query('sort_dir', 'oldest or newest first', { choices: ['asc', 'desc'] }),
      ...PAGE,
    ],
    output: {
      kind: 'list',
      key: 'work_orders',
      columns: [
        'uuid',
        'kind',
        'server_uuid',
        'place',
        'what',
        'assignee',
        'due_at',
        'state',
        'done_by',
        'done_at',
      ],
    },
  },
  {
    words: 'work create',
    operation: 'lifecycle.work_orders.create',
    method: 'POST',
    path: '/v1/work-orders',
    help: 'have work done at a rack',
    options: FIELDS.map((one) => (['kind', 'what'].includes(one.name) ? { ...one, required: true } : one)),
    output: { kind: 'item' },
  },
  {
    words: 'work show',
    operation: 'lifecycle.work_orders.show',
    method: 'GET',
    path: '/v1/work-orders/{work_order}',
    help: 'show work at a rack',
    output: { kind: 'item' },
  },
  {
    words: 'work set',
    operation: 'lifecycle.work_orders.update',
    method: 'PATCH',
    path: '/v1/work-orders/{work_order}',
    help: 'change work at a rack; an empty text empties a field',
    options: FIELDS,
    output: { kind: 'item' },
  },
  {
    words: 'work delete',
    operation: 'lifecycle.work_orders.delete',
    method: 'DELETE',
    path: '/v1/work-orders/{work_order}',
    help: 'delete work at a rack',
    output: { kind: 'done', text: 'deleted' },
  },
];
