import { type CommandRow, field, type OptionRow, query } from '../command-row.ts';
import { type CrudRow, crudRows } from '../crud-rows.ts';

const PROFILE: readonly OptionRow[] = [
  field('name', 'its name: letters, digits and ._~-'),
  field('description', 'words about it, at most 255 characters'),
  field('owner', 'project that may use and change it'),
  field('public', 'every project may use it', { kind: 'switch' }),
  field('kernel', 'URL of the kernel'),
  field('initrd', 'URL of the initial ramdisk'),
  field('cmdline', 'kernel command line'),
  field('squashfs', 'URL of the root image'),
  field('image', 'URL of a whole-disk image'),
  field('image_checksum', "the image's checksum: MD5, SHA-256 or SHA-512 in hex"),
  field('iso', 'URL of an ISO image'),
  field('install_script', 'script that runs in the second stage', { kind: 'document' }),
  field('template_kind', 'what reads the template', {
    choices: ['preseed', 'kickstart', 'cloud-init', 'ignition'],
  }),
  field('template', 'answers for the installer, with {{ name }} and the like', { kind: 'document' }),
];

const FLAVOR: readonly OptionRow[] = [
  field('name', 'its name: letters, digits and ._~-'),
  field('description', 'words about it, at most 255 characters'),
  field(
    'match',
    'conditions on the inventory, all of which must hold: [{"field": "memory_mb", "op": "ge", "value": 65536}]',
    { kind: 'json' },
  ),
  field('priority', 'of several that fit the highest counts, -1000000 to 1000000; default 0', {
    kind: 'integer',
  }),
  field('profile_uuid', 'the profile that its servers boot', { of: 'profile' }),
  field('availability_zone', 'zone of its servers'),
  field('resource_class', 'resource class of its servers'),
];

const POOL: readonly OptionRow[] = [
  field('name', 'its name'),
  field('purpose', 'addresses of BMCs, or of the service', { choices: ['bmc', 'service'] }),
  field('network', 'the network in CIDR: 10.1.0.0/16'),
  field('ranges', '[{"first": "10.1.0.10", "last": "10.1.3.250"}]', { kind: 'json' }),
  field('gateway', 'address of the default gateway'),
  field('vlan_id', 'VLAN of the network, 1 to 4094', { kind: 'integer' }),
  field('external_url', 'URL of an IPAM of your own, which decides instead'),
  field('external_token', 'Bearer token for it'),
];

const ADDRESS: readonly OptionRow[] = [
  field('pool', 'the pool: its name or uuid'),
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
  field('component', 'what has the firmware: bios, bmc or nic'),
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
      examples: [
        'profile create --name debian --kernel URL --initrd URL --template-kind preseed --template @preseed.cfg',
        'profile create --name golden --image URL --image-checksum SHA256',
      ],
      sort_keys: ['name', 'owner'],
      ...{
        fields: PROFILE,
        required: ['name'],
        filters: [query('public', 'that every project may use, or not', { choices: ['true', 'false'] })],
      },
      columns: ['uuid', 'name', 'public', 'template_kind', 'owner', 'kernel', 'squashfs', 'image', 'iso'],
    },
    {
      ...{ words: 'flavor', operation: 'flavors', collection: 'flavors', param: 'flavor' },
      many: 'flavors: which servers are of a kind, what they boot and where they belong',
      sort_keys: ['name', 'priority', 'availability_zone', 'resource_class'],
      ...{ fields: FLAVOR, required: ['name'] },
      columns: ['uuid', 'name', 'priority', 'resource_class', 'availability_zone', 'profile_uuid'],
    },
    {
      ...{ words: 'ipam pool', operation: 'pools', collection: 'pools', param: 'pool' },
      many: 'pools of IPv4 addresses',
      sort_keys: ['name', 'purpose', 'network', 'vlan_id'],
      one: 'a pool of addresses',
      ...{
        fields: POOL,
        required: ['name', 'network'],
        filters: [query('purpose', 'of this purpose', { choices: ['bmc', 'service'] })],
      },
      columns: ['uuid', 'name', 'purpose', 'network', 'vlan_id', 'size', 'gateway'],
    },
    {
      ...{ words: 'ipam address', operation: 'addresses', collection: 'addresses', param: 'address' },
      many: 'addresses that are not free',
      sort_keys: ['address', 'state'],
      one: 'an address',
      verbs: ['list', 'create', 'delete'],
      ...{ fields: ADDRESS, required: ['pool'], filters: ['pool_uuid', 'state', 'holder', 'address'] },
      columns: ['uuid', 'address', 'state', 'note', 'holder', 'pool_uuid'],
    },
    {
      ...{ words: 'cabling', operation: 'cables', collection: 'cables', param: 'cable' },
      many: 'the cabling plan: where each port of a server has to lead',
      sort_keys: ['device', 'switch_name'],
      one: 'a line of the cabling plan',
      ...{ fields: CABLE, required: ['device', 'port', 'switch_name', 'switch_port'] },
      filters: ['device', 'switch_name'],
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
      sort_keys: ['component', 'manufacturer', 'product_name'],
      ...{ fields: BASELINE, required: ['component', 'version'], filters: ['component'] },
      columns: ['uuid', 'component', 'manufacturer', 'product_name', 'version', 'enforced'],
    },
    {
      ...{ words: 'enrolment token', operation: 'tokens', collection: 'enrolment-tokens', param: 'token' },
      many: 'tokens that ramdisks register servers with',
      sort_keys: ['name', 'expires_at'],
      verbs: ['list', 'create', 'delete'],
      ...{ fields: TOKEN, required: ['name'] },
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
      sort_keys: ['state', 'step', 'serial_number', 'address'],
      verbs: ['list', 'show'],
      filters: [
        query('state', 'in this state', { choices: ['running', 'succeeded', 'failed'] }),
        query('step', 'at this step, such as cabling'),
        query('system_uuid', 'of this system UUID, as dmidecode tells it'),
        'node_uuid',
      ],
      newest: true,
      columns: [
        'uuid',
        'state',
        'step',
        'cause',
        'serial_number',
        'bmc_address',
        'address',
        'created_at',
        'system_uuid',
      ],
    },
  ] satisfies CrudRow[]
).flatMap(crudRows);
