import { type CommandRow, field, type OptionRow } from '../command-row.ts';
import { type CrudRow, crudRows } from '../crud-rows.ts';

const PROFILE: readonly OptionRow[] = [
  field('name', 'its name'),
  field('description', 'words about it'),
  field('owner', 'project that may use and change it'),
  field('public', 'every project may use it', { kind: 'switch' }),
  field('kernel', 'URL of the kernel'),
  field('initrd', 'URL of the initial ramdisk'),
  field('cmdline', 'kernel command line'),
  field('squashfs', 'URL of the root image'),
  field('image', 'URL of a whole-disk image'),
  field('image_checksum', "the image's checksum"),
  field('iso', 'URL of an ISO image'),
  field('install_script', 'script that runs in the second stage'),
  field('template_kind', 'what reads the template'),
  field('template', 'answers for the installer'),
];

const FLAVOR: readonly OptionRow[] = [
  field('name', 'its name'),
  field('description', 'words about it'),
  field(
    'match',
    'conditions on the inventory, all of which must hold: [{"field": "memory_mb", "op": "ge", "value": 65536}]',
    { kind: 'json' },
  ),
  field('priority', 'of several that fit the highest counts', { kind: 'integer' }),
  field('profile_uuid', 'what its servers boot'),
  field('availability_zone', 'zone of its servers'),
  field('resource_class', 'resource class of its servers'),
];

const POOL: readonly OptionRow[] = [
  field('name', 'its name'),
  field('purpose', 'bmc or service'),
  field('network', 'such as 10.1.0.0/16'),
  field('ranges', '[{"first": "10.1.0.10", "last": "10.1.3.250"}]', { kind: 'json' }),
  field('gateway', 'default gateway'),
  field('vlan_id', 'VLAN of the network', { kind: 'integer' }),
  field('external_url', 'an IPAM of your own that decides instead'),
  field('external_token', 'Bearer token for it'),
];

const ADDRESS: readonly OptionRow[] = [
  field('pool', 'uuid or name of the pool'),
  field('address', 'the address; without, a free one is chosen for the holder'),
  field('holder', 'system UUID of the server that has it for good; without: reserved'),
  field('note', 'words about it'),
];

const CABLE: readonly OptionRow[] = [
  field('device', 'serial number, or rack/unit'),
  field('port', 'name or MAC address of the port'),
  field('switch_name', 'the switch'),
  field('switch_port', 'its port'),
  field('note', 'words about it'),
];

const BASELINE: readonly OptionRow[] = [
  field('component', 'bios, bmc or nic'),
  field('manufacturer', 'of this maker only'),
  field('product_name', 'of this product only'),
  field('version', 'the least version'),
  field('digest', 'of the image of this very version'),
  field('enforced', 'an older one fails the registration', { kind: 'switch' }),
  field('update_url', 'image that the BMC updates an older one with at registration'),
  field('update_checksum', 'of that image'),
  field('update_script', 'run-time script that the server runs for it instead'),
  field('update_timeout_s', 'seconds that the script may take', { kind: 'integer' }),
  field('note', 'words about it'),
];

const TOKEN: readonly OptionRow[] = [
  field('name', 'its name'),
  field('uses', 'registrations that it is good for', { kind: 'integer' }),
  field('lifetime_s', 'seconds until it expires', { kind: 'integer' }),
];

/** What new servers are registered with, and their attempts. */
export const REGISTRATION_ROWS: readonly CommandRow[] = (
  [
    {
      ...{ words: 'profile', operation: 'profiles', collection: 'profiles', param: 'profile' },
      many: 'profiles: the OS that a server boots or gets',
      ...{ fields: PROFILE, required: ['name'], filters: ['public'], sort_keys: ['name', 'owner'] },
      columns: ['uuid', 'name', 'owner', 'public', 'kernel', 'squashfs', 'image', 'iso'],
    },
    {
      ...{ words: 'flavor', operation: 'flavors', collection: 'flavors', param: 'flavor' },
      many: 'flavors: which servers are of a kind, what they boot and where they belong',
      ...{ fields: FLAVOR, required: ['name'] },
      sort_keys: ['name', 'priority', 'availability_zone', 'resource_class'],
      columns: ['uuid', 'name', 'priority', 'profile_uuid', 'availability_zone', 'resource_class'],
    },
    {
      ...{ words: 'ipam pool', operation: 'pools', collection: 'pools', param: 'pool' },
      many: 'pools of IPv4 addresses',
      ...{ fields: POOL, required: ['name', 'network'], filters: ['purpose'] },
      sort_keys: ['name', 'purpose', 'network', 'vlan_id'],
      columns: ['uuid', 'name', 'purpose', 'network', 'gateway', 'vlan_id', 'size'],
    },
    {
      ...{ words: 'ipam address', operation: 'addresses', collection: 'addresses', param: 'address' },
      many: 'addresses that are not free',
      verbs: ['list', 'create', 'delete'],
      ...{ fields: ADDRESS, required: ['pool'], filters: ['pool_uuid', 'state', 'holder', 'address'] },
      sort_keys: ['address', 'state'],
      columns: ['uuid', 'pool_uuid', 'address', 'state', 'holder', 'note'],
    },
    {
      ...{ words: 'cabling', operation: 'cables', collection: 'cables', param: 'cable' },
      many: 'the cabling plan: where each port of a server has to lead',
      ...{ fields: CABLE, required: ['device', 'port', 'switch_name', 'switch_port'] },
      filters: ['device', 'switch_name'],
      sort_keys: ['device', 'switch_name'],
      columns: ['uuid', 'device', 'port', 'switch_name', 'switch_port'],
    },
    {
      ...{
        words: 'firmware baseline',
        operation: 'baselines',
        collection: 'firmware-baselines',
        param: 'baseline',
      },
      many: 'firmware versions that servers have to have at least',
      ...{ fields: BASELINE, required: ['component', 'version'], filters: ['component'] },
      sort_keys: ['component', 'manufacturer', 'product_name'],
      columns: ['uuid', 'component', 'manufacturer', 'product_name', 'version', 'enforced'],
    },
    {
      ...{ words: 'enrolment token', operation: 'tokens', collection: 'enrolment-tokens', param: 'token' },
      many: 'tokens that ramdisks register servers with',
      verbs: ['list', 'create', 'delete'],
      ...{ fields: TOKEN, required: ['name'] },
      sort_keys: ['name', 'expires_at'],
      columns: ['uuid', 'name', 'uses_left', 'expires_at', 'last_used_at'],
    },
    {
      ...{
        words: 'registration',
        operation: 'registrations',
        collection: 'registrations',
        param: 'registration',
      },
      many: 'attempts of servers to register',
      verbs: ['list', 'show'],
      filters: ['state', 'step', 'system_uuid', 'node_uuid'],
      sort_keys: ['state', 'step', 'serial_number', 'address'],
      columns: ['uuid', 'system_uuid', 'state', 'step', 'cause', 'address', 'bmc_address', 'created_at'],
    },
  ] satisfies CrudRow[]
).flatMap(crudRows);
