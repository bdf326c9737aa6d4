import { field, NEWEST, type OptionRow, query } from '../command-row.ts';

const STAGES = ['registration', 'inventory', 'building', 'in-use', 'maintenance', 'deletion', 'disposed'];

export const SORT_KEYS = [
  ...['uuid', 'name', 'serial_number', 'vendor', 'manufacturer', 'product_name', 'resource_class'],
  ...[
    'availability_zone',
    'bmc_address',
    'service_address',
    'vlan_id',
    'rack',
    'rack_unit',
    'power_state',
    'stage',
  ],
  ...['stage_changed_at', 'provision_state', 'owner', 'lessee', 'created_at', 'updated_at'],
];

/** The attempts of a server: few at a time, since each has all its steps. */
export const TIMELINE_PAGE = NEWEST.map((option) =>
  option.name === 'limit' ? { ...option, preset: '20' } : option,
);

const FLAG = { choices: ['true', 'false'] };

/** What lists and counts of servers are narrowed by. */
export const FILTERS: readonly OptionRow[] = [
  query('stage', 'in this stage of their life', { choices: STAGES }),
  query('flavor', 'of this flavor, or of this resource class', { of: 'flavor', or_text: true }),
  query('availability_zone', 'in this availability zone'),
  query('vendor', 'from this supplier'),
  query('model', "of this model, or of a product's name", { of: 'model', or_text: true }),
  query('project', 'owned or leased by this project'),
  query('owner', 'owned by this project'),
  query('lessee', 'leased by this project'),
  query('rack', 'in this rack'),
  query('order', 'taken by this order', { of: 'order' }),
  query('attention', 'that a person has to look after, or not', FLAG),
  query('quarantined', 'kept out of stock, or not', FLAG),
  query('retired', 'retired, or not', FLAG),
  query('power_state', 'in this power state', { choices: ['power on', 'power off', 'error'] }),
  query('provision_state', 'in this provision state'),
  query('search', 'start of a uuid, serial number or address, or part of a name or serial number'),
];

/** What is known of a server and may be changed. */
export const FACTS: readonly OptionRow[] = [
  field('serial_number', "the maker's serial number"),
  field('vendor', 'who supplied it'),
  field('manufacturer', 'who made it'),
  field('product_name', "the product's name"),
  field('model_uuid', 'its model in the catalogue', { of: 'model' }),
  field('flavor_uuid', 'its flavor', { of: 'flavor' }),
  field('availability_zone', 'where it is'),
  field('service_address', 'where the customer reaches it'),
  field('vlan_id', "the customer's VLAN, 1 to 4094", { kind: 'integer' }),
  field('rack', 'its rack'),
  field('rack_unit', 'the lowest unit that it takes', { kind: 'integer' }),
  field('purchased_at', 'when it was bought, ISO 8601: 2026-11-30'),
  field('racked_at', 'when it was mounted, ISO 8601'),
  field('warranty_until', 'until when its maker repairs it, ISO 8601'),
  field('notes', "the provider's notes"),
];
