import type { Schema } from '../../api/document.ts';

/** A table of administration. */
export interface TableFacts {
  /** In the portal's path, and of its title: `table.<name>`. */
  name:
    | 'profiles'
    | 'flavors'
    | 'pools'
    | 'addresses'
    | 'cables'
    | 'firmware-baselines'
    | 'enrolment-tokens'
    | 'registrations'
    | 'models'
    | 'runbooks'
    | 'work-orders'
    | 'notices'
    | 'subscriptions';
  /** Of the list, without a query. */
  path: string;
  /** Key of the list in the answer. */
  member: string;
  /** Fields of the answer, in the order of the columns. */
  columns: readonly string[];
  /** Also for those who do not see the whole system. */
  everybody?: boolean;
  /** Newest first. */
  newest?: boolean;
  /** Schemas of the life-cycle API's document, or a schema; none: it cannot be done. */
  create?: string | Schema;
  change?: string | Schema;
  /** Changes go as RFC 6902, as the bare metal API takes them. */
  json_patch?: boolean;
  remove?: boolean;
}

const lifecycle = (name: TableFacts['name']): Pick<TableFacts, 'name' | 'path' | 'member'> => ({
  ...{ name, path: `/lifecycle/v1/${name}`, member: name.replaceAll('-', '_') },
});

const RUNBOOK: Schema = {
  type: 'object',
  required: ['name', 'steps'],
  properties: {
    name: { type: 'string', maxLength: 255, description: 'CUSTOM_…: a trait of the servers that it is for' },
    steps: {
      type: 'array',
      description: '[{"interface": "bios", "step": "factory_reset", "args": {}, "order": 1}]',
    },
    description: { type: 'string', nullable: true, maxLength: 255 },
    disable_ramdisk: { type: 'boolean' },
    public: { type: 'boolean' },
    owner: { type: 'string', nullable: true, maxLength: 255 },
  },
};

/** Every table, in the order of the menu. */
export const TABLES: readonly TableFacts[] = [
  {
    ...lifecycle('profiles'),
    ...{ create: 'new-profile', change: 'profile-changes', remove: true, everybody: true },
    columns: ['name', 'description', 'owner', 'public', 'kernel', 'image', 'template_kind'],
  },
  {
    ...lifecycle('flavors'),
    ...{ create: 'new-flavor', change: 'flavor-changes', remove: true },
    columns: ['name', 'resource_class', 'priority', 'availability_zone', 'match', 'profile_uuid'],
  },
  {
    ...lifecycle('models'),
    ...{ create: 'new-model', change: 'model-changes', remove: true },
    columns: ['vendor', 'name', 'end_of_sale', 'end_of_support', 'replacement_uuid', 'note'],
  },
  {
    ...lifecycle('pools'),
    ...{ create: 'new-pool', change: 'pool-changes', remove: true },
    columns: ['name', 'purpose', 'network', 'gateway', 'vlan_id', 'ranges'],
  },
  {
    ...lifecycle('addresses'),
    ...{ create: 'new-ip-address', remove: true },
    columns: ['address', 'state', 'holder', 'pool_uuid', 'note'],
  },
  {
    ...lifecycle('cables'),
    ...{ create: 'new-cable', change: 'cable-changes', remove: true },
    columns: ['device', 'port', 'switch_name', 'switch_port', 'note'],
  },
  {
    ...lifecycle('firmware-baselines'),
    ...{ create: 'new-firmware-baseline', change: 'firmware-baseline-changes', remove: true },
    columns: ['component', 'manufacturer', 'product_name', 'version', 'enforced', 'note'],
  },
  {
    ...{ name: 'runbooks', path: '/v1/runbooks', member: 'runbooks', json_patch: true },
    ...{ create: RUNBOOK, change: RUNBOOK, remove: true },
    columns: ['name', 'description', 'public', 'owner', 'disable_ramdisk', 'steps'],
  },
  {
    ...lifecycle('enrolment-tokens'),
    ...{ create: 'new-enrolment-token', remove: true },
    columns: ['name', 'uses', 'used', 'expires_at', 'created_at'],
  },
  {
    ...{ ...lifecycle('registrations'), newest: true },
    columns: ['created_at', 'state', 'step', 'serial_number', 'system_uuid', 'address', 'cause'],
  },
  {
    ...lifecycle('work-orders'),
    ...{ create: 'new-work-order', change: 'work-order-changes', remove: true, newest: true },
    columns: ['kind', 'state', 'what', 'place', 'assignee', 'due_at', 'done_by'],
  },
  {
    ...lifecycle('subscriptions'),
    ...{ create: 'new-subscription', change: 'subscription-changes', remove: true },
    columns: ['name', 'outlet', 'target', 'severity', 'events', 'enabled'],
  },
];
