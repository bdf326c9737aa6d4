import { serviceError } from '../../../../lifecycle/errors.ts';
import type { Handler } from '../../handler.ts';
import { requireDriver } from './drivers.ts';

const RULE = 'baremetal:driver:vendor_passthru';

/** GET /v1/drivers/{driver}/vendor_passthru/methods: no hardware type has methods that need no node. */
export const listDriverMethods: Handler = async (request, api) => {
  api.policy.authorize(RULE, {}, request.caller);
  await requireDriver(api, request.params.driver ?? '');
  return { status: 200, body: {} };
};

/** Any HTTP method on /v1/drivers/{driver}/vendor_passthru/{method}, or with ?method=. */
export const callDriverMethod: Handler = async (request, api) => {
  api.policy.authorize(RULE, {}, request.caller);
  const driver = request.params.driver ?? '';
  const method = request.params.method ?? request.query.method ?? '';
  await requireDriver(api, driver);
  if (method === '') {
    throw serviceError('MissingParameterValue', { why: 'The request needs the name of a method.' });
  }
  throw serviceError('InvalidParameterValue', {
    why: `Driver ${driver} has no vendor method ${method}. It has: none.`,
  });
};

/** GET /v1/drivers/{driver}/raid/logical_disk_properties: missing where the default RAID interface is none. */
export const showLogicalDiskProperties: Handler = async (request, api) => {
  api.policy.authorize('baremetal:driver:get_raid_logical_disk_properties', {}, request.caller);
  const driver = request.params.driver ?? '';
  const [host] = await requireDriver(api, driver);
  const raid = host?.hardware_types[driver]?.interfaces.raid.default ?? 'no-raid';
  if (raid !== 'no-raid') return { status: 200, body: { ...LOGICAL_DISK_PROPERTIES } };
  throw serviceError('NotFound', { kind: 'RAID support of driver', ident: driver });
};

/** What a logical disk in target_raid_config may say (ironic API 1.12). */
const LOGICAL_DISK_PROPERTIES = {
  size_gb: 'Size in GiB, an integer; or MAX: all that is left. Required.',
  raid_level: 'One of JBOD, 0, 1, 2, 5, 6, 1+0, 5+0, 6+0. Required.',
  volume_name: 'Name of the volume. Default: chosen by the controller.',
  is_root_volume: 'Whether the operating system goes on this disk; at most one may. Default: false.',
  share_physical_disks: 'Whether its physical disks may be shared with other logical disks. Default: false.',
  disk_type: 'hdd or ssd. Default: any.',
  interface_type: 'sata, scsi or sas. Default: any.',
  number_of_physical_disks: 'How many physical disks to use. Default: the least that the level needs.',
  controller: 'The controller to use, as the RAID interface names it. Default: any.',
  physical_disks: 'The physical disks to use, as the RAID interface names them. Default: any.',
} as const;
