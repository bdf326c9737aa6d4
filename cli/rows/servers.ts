import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { type CommandRow, field, PAGE, query } from '../command-row.ts';
import { SERVER_ACTION_ROWS, SHORT } from './server-actions.ts';
import { FACTS, FILTERS, SORT_KEYS } from './server-options.ts';

const SERVER_COLUMNS = [
  ...['name', 'stage', 'power_state', 'provision_state', 'attention', 'uuid', 'resource_class'],
  ...['product_name', 'serial_number', 'availability_zone', 'service_address', 'bmc_address'],
];

export const SERVER_ROWS: readonly CommandRow[] = [
  {
    words: 'server list',
    operation: 'lifecycle.servers.list',
    method: 'GET',
    path: '/v1/servers',
    help: 'list servers',
    examples: [
      'server list --stage in-use --project team-a',
      'server list --attention true -o value -c uuid',
      'server list --sort-column stage:desc --all-columns',
    ],
    options: [
      ...FILTERS,
      query('sort_key', 'sort by this field', { choices: SORT_KEYS }),
      query('sort_dir', 'upwards or downwards', { choices: ['asc', 'desc'] }),
      ...PAGE,
    ],
    output: { kind: 'list', key: 'servers', columns: SERVER_COLUMNS },
  },
  {
    words: 'server sensors',
    operation: 'lifecycle.sensors.show',
    method: 'GET',
    path: '/v1/servers/{server}/sensors',
    help: "show what a server's sensors say now",
    output: { kind: 'list', key: 'sensors', columns: ['kind', 'name', 'value', 'unit', 'state'] },
  },
  {
    words: 'stage counts',
    operation: 'lifecycle.servers.counts',
    method: 'GET',
    path: '/v1/servers/counts',
    help: 'count the servers in each stage, and those that need attention',
    options: FILTERS,
    output: { kind: 'made', columns: ['stage', 'count', 'attention'], rows: stageCounts },
  },
  {
    words: 'server show',
    operation: 'lifecycle.servers.show',
    method: 'GET',
    path: '/v1/servers/{server}',
    help: 'show a server, what may be done with it now, and why not otherwise',
    output: { kind: 'item', shown: shownServer },
  },
  {
    words: 'server set',
    operation: 'lifecycle.servers.update',
    method: 'PATCH',
    path: '/v1/servers/{server}',
    help: 'change what is known of servers; an empty text empties a field',
    options: FACTS,
    output: { kind: 'item', shown: shownServer },
  },
  ...SERVER_ACTION_ROWS,
  {
    words: 'server dispose',
    operation: 'lifecycle.servers.dispose',
    method: 'POST',
    path: '/v1/servers/{server}/dispose',
    help: 'record that a server leaves for good; it cannot be undone',
    options: [
      field('confirm', 'its serial number, or its uuid where none is known; a person is asked for it'),
      field('by', 'who takes it away'),
      field('method', 'sold, recycled, shredded …'),
      field('reference', "number of the disposal's papers"),
      field('note', 'words about it'),
    ],
    output: { kind: 'item', shown: shownServer },
    undoes: 'deletes the node of the server; what is known of it stays',
    typed: 'confirm',
  },
  {
    words: 'server quarantine',
    operation: 'lifecycle.servers.quarantine',
    method: 'POST',
    path: '/v1/servers/{server}/quarantine',
    help: 'keep a server out of stock',
    options: [field('reason', 'why', { required: true })],
    output: { kind: 'item', columns: SHORT },
  },
  {
    words: 'server release',
    operation: 'lifecycle.servers.release',
    method: 'POST',
    path: '/v1/servers/{server}/quarantine/release',
    help: 'end the quarantine of a server',
    options: [field('reason', 'why it may go on', { required: true })],
    output: { kind: 'item', columns: SHORT },
  },
  {
    words: 'server baseline show',
    operation: 'lifecycle.baseline.show',
    method: 'GET',
    path: '/v1/servers/{server}/baseline',
    help: 'show what a server is brought back to before it goes into stock',
    output: { kind: 'item' },
  },
  {
    words: 'server baseline take',
    operation: 'lifecycle.baseline.take',
    method: 'POST',
    path: '/v1/servers/{server}/baseline',
    help: 'make what a server is now its baseline',
    output: { kind: 'item' },
  },
  {
    words: 'server baseline compare',
    operation: 'lifecycle.baseline.compare',
    method: 'GET',
    path: '/v1/servers/{server}/baseline/differences',
    help: 'read a server now, and tell in what it differs from its baseline',
    output: { kind: 'list', key: 'differences', columns: ['what', 'baseline', 'found'] },
  },
  {
    words: 'server baseline delete',
    operation: 'lifecycle.baseline.delete',
    method: 'DELETE',
    path: '/v1/servers/{server}/baseline',
    help: 'forget the baseline of a server',
    output: { kind: 'done', text: 'forgotten' },
    undoes: 'forgets the baseline',
  },
  {
    words: 'server hardware',
    operation: 'lifecycle.servers.hardware',
    method: 'GET',
    path: '/v1/servers/{server}/hardware',
    help: "show what is known of a server's hardware",
    output: { kind: 'item' },
  },
  {
    words: 'baremetal list',
    operation: 'lifecycle.baremetals.list',
    method: 'GET',
    path: '/v1/baremetals',
    help: 'list the systems on servers: server, profile, VLAN and address',
    options: [query('project', 'of this project'), ...PAGE],
    output: {
      kind: 'list',
      key: 'baremetals',
      columns: [
        'name',
        'server_uuid',
        'profile',
        'vlan_id',
        'service_address',
        'install_state',
        'power_state',
      ],
    },
  },
  {
    words: 'reservation show',
    operation: 'lifecycle.reservation.show',
    method: 'GET',
    path: '/v1/servers/{server}/reservation',
    help: 'show who holds a server, why and since when, and what breaking that would do',
    output: { kind: 'item' },
  },
  {
    words: 'reservation break',
    operation: 'lifecycle.reservation.break',
    method: 'DELETE',
    path: '/v1/servers/{server}/reservation',
    help: 'take a server away from whoever holds it',
    options: [query('job', 'uuid of the job that must be the holder')],
    output: { kind: 'done', text: 'The reservation is broken.' },
    undoes: 'ends the work that holds the server, as a failure',
  },
];

function stageCounts(body: Json): JsonObject[] {
  const { stages } = body as { stages: Record<string, JsonObject> };
  return Object.entries(stages).map(([stage, counts]) => ({ stage, ...counts }));
}

/** A server for people: the tools in two lists, with the reason for each that cannot be used now. */
function shownServer({ tools, attention_codes: _codes, ...server }: JsonObject): JsonObject {
  if (!Array.isArray(tools)) return server;
  const all = tools as JsonObject[];
  const possible = all.filter(({ allowed }) => allowed === true).map(({ tool }) => tool ?? null);
  const reasons = all.filter(({ allowed }) => allowed !== true).map(({ reason }) => String(reason));
  return { ...server, possible, not_possible: reasons.join('\n') };
}
