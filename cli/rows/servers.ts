import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { type CommandRow, field, type OptionRow, PAGE, query } from '../command-row.ts';

const STAGES = ['registration', 'inventory', 'building', 'in-use', 'maintenance', 'deletion', 'disposed'];

const FILTERS: readonly OptionRow[] = [
  query('stage', 'in this stage of their life', { choices: STAGES }),
  query('flavor', 'uuid of a flavor, or a resource class'),
  query('availability_zone', 'in this availability zone'),
  query('vendor', 'from this supplier'),
  query('model', "uuid of a model, or a product's name"),
  query('project', 'owned or leased by this project'),
  query('owner', 'owned by this project'),
  query('lessee', 'leased by this project'),
  query('rack', 'in this rack'),
  query('order', 'taken by this order'),
  query('attention', 'that a person has to look after: true or false'),
  query('quarantined', 'kept out of stock or not: true or false'),
  query('retired', 'retired or not: true or false'),
  query('power_state', 'in this power state', { choices: ['power on', 'power off', 'error'] }),
  query('provision_state', 'in this provision state'),
  query('baremetal', 'true: that have an operating system, or are on the way to it'),
  query('search', 'start of a uuid, serial number or address, or part of a name or serial number'),
];

const FACTS: readonly OptionRow[] = [
  field('serial_number', "the maker's serial number"),
  field('vendor', 'who supplied it'),
  field('manufacturer', 'who made it'),
  field('product_name', "the product's name"),
  field('model_uuid', 'its model in the catalogue'),
  field('flavor_uuid', 'its flavor'),
  field('availability_zone', 'where it is'),
  field('service_address', 'where the customer reaches it'),
  field('vlan_id', "the customer's VLAN", { kind: 'integer' }),
  field('rack', 'its rack'),
  field('rack_unit', 'the lowest unit that it takes', { kind: 'integer' }),
  field('purchased_at', 'when it was bought, ISO 8601'),
  field('racked_at', 'when it was mounted, ISO 8601'),
  field('warranty_until', 'until when its maker repairs it, ISO 8601'),
  field('notes', "the provider's notes"),
];

const SERVER_COLUMNS = [
  ...[
    'uuid',
    'name',
    'stage',
    'provision_state',
    'power_state',
    'attention',
    'serial_number',
    'product_name',
  ],
  ...['resource_class', 'availability_zone', 'bmc_address', 'service_address'],
];

const SHORT = ['uuid', 'name', 'stage', 'provision_state', 'power_state', 'busy', 'maintenance'];

const TIMEOUT = field('timeout_s', 'seconds that the server may take', { kind: 'integer' });

/** Tools that are actions, with their options. */
const ACTIONS: readonly [tool: string, help: string, ...options: OptionRow[]][] = [
  ['power-on', 'power a server on', TIMEOUT],
  ['power-off', 'power a server off at once', TIMEOUT],
  ['soft-power-off', 'have the operating system shut down', TIMEOUT],
  ['reboot', 'reset a server', TIMEOUT],
  ['soft-reboot', 'have the operating system restart', TIMEOUT],
  [
    'boot-device',
    'set the device that a server boots from',
    field('boot_device', 'pxe, disk, cdrom …', { required: true }),
    field('persistent', 'for every boot, not the next one only', { kind: 'switch' }),
  ],
  [
    'iso-mount',
    'insert an ISO image into the virtual CD drive',
    field('image_url', 'where the BMC fetches it'),
    field('iso', 'or an image that was brought: kurogane iso upload'),
  ],
  ['iso-eject', 'take the image out of the virtual CD drive'],
  ['diagnostics', 'interrupt the operating system for a crash dump (NMI)'],
  [
    'bios-settings',
    'change BIOS settings, and restart the server for them',
    field('settings', '{"attribute": value}', { kind: 'json', required: true }),
  ],
  [
    'firmware-update',
    'update firmware, and restart the server for it',
    field('updates', '[{"component": "bmc", "url": "https://…"}]', { kind: 'json', required: true }),
  ],
  [
    'rescue',
    'boot a rescue system',
    field('rescue_password', 'its password: "@-" reads it from standard input', {
      kind: 'secret',
      required: true,
    }),
  ],
  ['unrescue', 'boot from the disk again'],
  ['rebuild', 'install the image of a server anew'],
  ['return', 'give a server back: it is undeployed and erased'],
  [
    'enter-maintenance',
    'move a server to maintenance; touches nothing on it',
    field('reason', 'why'),
    field('by', 'who does it; default: the caller'),
    field('until', 'until when, ISO 8601'),
  ],
  ['leave-maintenance', 'end the maintenance of a server'],
];

export const SERVER_ROWS: readonly CommandRow[] = [
  {
    words: 'server list',
    operation: 'lifecycle.servers.list',
    method: 'GET',
    path: '/v1/servers',
    help: 'list servers',
    options: [
      ...FILTERS,
      query('sort_key', 'sort by this field'),
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
    output: { kind: 'item' },
  },
  {
    words: 'server set',
    operation: 'lifecycle.servers.update',
    method: 'PATCH',
    path: '/v1/servers/{server}',
    help: 'change what is known of a server; an empty text empties a field',
    options: FACTS,
    output: { kind: 'item' },
  },
  ...ACTIONS.map(
    ([tool, help, ...options]): CommandRow => ({
      words: `server ${tool}`,
      operation: `lifecycle.servers.actions.${tool}`,
      method: 'POST',
      path: `/v1/servers/{server}/actions/${tool}`,
      help,
      ...(options.length === 0 ? {} : { options }),
      output: { kind: 'item', columns: SHORT },
    }),
  ),
  {
    words: 'server dispose',
    operation: 'lifecycle.servers.dispose',
    method: 'POST',
    path: '/v1/servers/{server}/dispose',
    help: 'record that a server leaves for good; it cannot be undone',
    options: [
      field('confirm', 'its serial number; its uuid where none is known', { required: true }),
      field('by', 'who takes it away'),
      field('method', 'sold, recycled, shredded …'),
      field('reference', "number of the disposal's papers"),
      field('note', 'words about it'),
    ],
    output: { kind: 'item' },
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
    words: 'server audit',
    operation: 'lifecycle.servers.audit',
    method: 'GET',
    path: '/v1/servers/{server}/audit',
    help: 'list who did what to a server, newest first',
    options: PAGE,
    output: {
      kind: 'list',
      key: 'audit',
      columns: ['id', 'created_at', 'action', 'user', 'project', 'request_id'],
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
  },
  {
    words: 'server timeline',
    operation: 'lifecycle.timeline.show',
    method: 'GET',
    path: '/v1/servers/{server}/timeline',
    help: 'show what was tried with a server, newest first',
    options: PAGE,
    output: {
      kind: 'list',
      key: 'attempts',
      columns: ['uuid', 'kind', 'state', 'created_at', 'finished_at', 'conductor', 'cause', 'next_action'],
    },
  },
];

function stageCounts(body: Json): JsonObject[] {
  const { stages } = body as { stages: Record<string, JsonObject> };
  return Object.entries(stages).map(([stage, counts]) => ({ stage, ...counts }));
}
