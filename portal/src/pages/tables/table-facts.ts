import type { BaremetalFields } from '../../api/baremetal-fields.ts';
import type { ApiName } from '../../api/document.ts';
import type { components } from '../../api/openapi.ts';

type Schemas = components['schemas'];

const NAMES = [
  ...(['profiles', 'flavors', 'models', 'pools', 'addresses', 'cables', 'firmware-baselines'] as const),
  ...(['runbooks', 'deploy-templates', 'inspection-rules', 'chassis', 'allocations'] as const),
  ...(['enrolment-tokens', 'registrations', 'work-orders', 'subscriptions'] as const),
] as const;

/** In the portal's path, and of its title: `table.<name>`. */
export type TableName = (typeof NAMES)[number];

/** A table of administration. */
export interface TableFacts {
  name: TableName;
  /** Whose document has its schemas. */
  api: ApiName;
  /** Schema of the answer in the life-cycle API's document, or resource of the bare metal API's ledger. */
  answer: string;
  /** Of the list, without a query. */
  path: string;
  /** Key of the list in the answer. */
  member: string;
  /** Fields of the answer, in the order of the columns. */
  columns: readonly string[];
  /** Columns that it can be sorted by. */
  sorted: readonly string[];
  /** Columns that it can be narrowed by: to one of the values that their schema has. */
  filters: readonly string[];
  /** Whether the service searches in it. */
  searched: boolean;
  /** Also for those who do not see the whole system. */
  everybody?: boolean;
  /** Newest first. */
  newest?: boolean;
  /** Schemas of the document; none: it cannot be done. */
  create?: string;
  change?: string;
  /** Fields of those schemas that nobody types. */
  omit?: readonly string[];
  remove?: boolean;
  /** Whether it is brought in as a file (CSV). */
  imported?: boolean;
  /** Whether its rows have traits, which are set by themselves. */
  traits?: boolean;
}

type Given<Column extends string> = Pick<
  TableFacts,
  'everybody' | 'newest' | 'create' | 'change' | 'omit' | 'remove' | 'imported' | 'traits'
> & { columns: readonly Column[]; sorted?: readonly Column[]; filters?: readonly Column[] };

/** A table of the life-cycle API: a column that its answer has not does not compile. */
function lifecycle<A extends keyof Schemas & string>(
  name: TableName,
  answer: A,
  given: Given<keyof Schemas[A] & string> & {
    create?: keyof Schemas & string;
    change?: keyof Schemas & string;
  },
): TableFacts {
  return {
    ...{ name, answer, api: 'lifecycle', path: `/lifecycle/v1/${name}` },
    ...{ member: name.replaceAll('-', '_'), sorted: [], filters: [], searched: true },
    ...given,
  };
}

/** A table of the bare metal API. Its `uuid` could be chosen, which people leave to the service. */
function baremetal<A extends keyof BaremetalFields>(
  name: TableName,
  answer: A,
  given: Given<BaremetalFields[A]>,
): TableFacts {
  const member = name.replaceAll('-', '_');
  return {
    ...{ name, answer, api: 'baremetal', path: `/v1/${member}`, member },
    ...{ sorted: [], filters: [], searched: false, remove: true, ...given },
    omit: ['uuid', ...(given.omit ?? [])],
  };
}

/** Every table, in the order of the menu. */
export const TABLES: readonly TableFacts[] = [
  lifecycle('profiles', 'profile', {
    ...{ create: 'new-profile', change: 'profile-changes', remove: true, everybody: true },
    columns: ['name', 'description', 'owner', 'public', 'kernel', 'image', 'template_kind'],
    sorted: ['name', 'owner'],
  }),
  lifecycle('flavors', 'flavor', {
    ...{ create: 'new-flavor', change: 'flavor-changes', remove: true },
    columns: [
      ...(['name', 'description', 'resource_class', 'priority', 'availability_zone', 'match'] as const),
      'profile_uuid',
    ],
    sorted: ['name', 'priority', 'availability_zone', 'resource_class'],
  }),
  lifecycle('models', 'model', {
    ...{ create: 'new-model', change: 'model-changes', remove: true },
    columns: ['vendor', 'name', 'end_of_sale', 'end_of_support', 'replacement_uuid', 'note'],
    sorted: ['vendor', 'name', 'end_of_sale', 'end_of_support'],
  }),
  lifecycle('pools', 'pool', {
    ...{ create: 'new-pool', change: 'pool-changes', remove: true },
    columns: ['name', 'purpose', 'network', 'gateway', 'vlan_id', 'ranges', 'size', 'external_url'],
    sorted: ['name', 'purpose', 'network', 'vlan_id'],
    filters: ['purpose'],
  }),
  lifecycle('addresses', 'ip-address', {
    ...{ create: 'new-ip-address', remove: true },
    columns: ['address', 'state', 'holder', 'pool_uuid', 'note', 'created_at'],
    sorted: ['address', 'state', 'created_at'],
    filters: ['state'],
  }),
  lifecycle('cables', 'cable', {
    ...{ create: 'new-cable', change: 'cable-changes', remove: true, imported: true },
    columns: ['device', 'port', 'switch_name', 'switch_port', 'note'],
    sorted: ['device', 'switch_name'],
  }),
  lifecycle('firmware-baselines', 'firmware-baseline', {
    ...{ create: 'new-firmware-baseline', change: 'firmware-baseline-changes', remove: true },
    columns: [
      ...(['component', 'manufacturer', 'product_name', 'version', 'enforced', 'update_url'] as const),
      ...(['update_script', 'note'] as const),
    ],
    sorted: ['component', 'manufacturer', 'product_name'],
    filters: ['component'],
  }),
  baremetal('runbooks', 'runbook', {
    ...{ create: 'runbook', change: 'runbook', traits: true },
    columns: ['name', 'description', 'public', 'owner', 'disable_ramdisk', 'steps', 'traits'],
    sorted: ['name', 'owner'],
  }),
  baremetal('deploy-templates', 'deploy_template', {
    // The service takes a description, and has no field that shows it (as Ironic).
    ...{ create: 'deploy_template', change: 'deploy_template', omit: ['description'] },
    columns: ['name', 'steps', 'created_at'],
    sorted: ['name'],
  }),
  baremetal('inspection-rules', 'inspection_rule', {
    ...{ create: 'inspection_rule', change: 'inspection_rule' },
    columns: ['description', 'priority', 'phase', 'sensitive', 'conditions', 'actions'],
    sorted: ['priority', 'phase'],
  }),
  baremetal('chassis', 'chassis', {
    ...{ create: 'chassis_create', change: 'chassis_create' },
    columns: ['uuid', 'description', 'extra', 'created_at'],
    sorted: ['description', 'created_at'],
  }),
  baremetal('allocations', 'allocation', {
    ...{ create: 'allocation', change: 'allocation_patch' },
    columns: ['name', 'state', 'node_uuid', 'resource_class', 'traits', 'owner', 'last_error', 'created_at'],
    sorted: ['name', 'state', 'resource_class', 'owner'],
  }),
  lifecycle('enrolment-tokens', 'enrolment-token', {
    ...{ create: 'new-enrolment-token', remove: true },
    columns: ['name', 'uses_left', 'expires_at', 'last_used_at', 'created_at'],
    sorted: ['name', 'expires_at', 'created_at'],
  }),
  lifecycle('registrations', 'registration', {
    newest: true,
    columns: [
      ...([
        'created_at',
        'state',
        'step',
        'serial_number',
        'product_name',
        'system_uuid',
        'address',
      ] as const),
      ...(['bmc_address', 'cause', 'finished_at'] as const),
    ],
    sorted: ['created_at', 'state', 'step', 'serial_number', 'address'],
    filters: ['state'],
  }),
  lifecycle('work-orders', 'work-order', {
    ...{ create: 'new-work-order', change: 'work-order-changes', remove: true, newest: true },
    columns: [
      ...(['kind', 'state', 'what', 'server_uuid', 'place', 'assignee', 'due_at', 'repair_state'] as const),
      'done_by',
    ],
    sorted: ['kind', 'state', 'place', 'assignee', 'due_at'],
    filters: ['state', 'kind'],
  }),
  lifecycle('subscriptions', 'subscription', {
    ...{ create: 'new-subscription', change: 'subscription-changes', remove: true },
    columns: ['name', 'outlet', 'target', 'severity', 'events', 'project', 'signed', 'enabled'],
    sorted: ['name'],
    filters: ['outlet'],
  }),
];
