import { ACCOUNT_ROLES, type Connection } from '../../drivers/contract.ts';
import type { StepSurvival } from '../../lifecycle/job.ts';
import { isObject, type Json, type JsonObject } from '../../lifecycle/json.ts';
import { ADDRESS, FLAG, isHttpUrl, listOf, oneOf, required, type StepArguments, TEXT } from './step-args.ts';

/** Work whose steps a client may ask for. */
export type StepArea = 'clean' | 'deploy' | 'service';

/** What one step that the BMC carries out is, as far as it can be said without a server. */
export interface HardwareStep {
  /** Capabilities of the connection, one of which is enough; none: no BMC is asked. */
  needs: readonly (keyof Connection)[];
  survives: StepSurvival;
  /** Where it may be asked for, with its priority; 0: by request only. */
  areas: Partial<Record<StepArea, number>>;
  /** Areas that want the ramdisk to be there, as in Ironic. */
  requires_ramdisk: readonly StepArea[];
  args: StepArguments;
}

/** The number of a socket is half a byte. */
const MOST_SOCKETS = 16;
const BY_REQUEST = { clean: 0, deploy: 0, service: 0 } as const;
const CREATE = { create_root_volume: FLAG, create_nonroot_volumes: FLAG, delete_existing: FLAG };

/** Makes steps that are to say what is to be, in any area, without a ramdisk. */
function ours(needs: keyof Connection, args: StepArguments, survives: StepSurvival = 'repeat'): HardwareStep {
  return { needs: [needs], survives, areas: BY_REQUEST, requires_ramdisk: [], args };
}

/**
 * The steps that are done out of band, with Ironic's names, arguments and flags (reference: hardware interfaces, 3), and ours
 * on the BMC itself, which Ironic does not have.
 */
export const HARDWARE_STEPS: Readonly<Record<string, HardwareStep>> = {
  'bios.apply_configuration': {
    needs: ['biosWriter'],
    survives: 'probe',
    areas: BY_REQUEST,
    requires_ramdisk: [],
    args: { settings: required(listOf(biosSettingProblem)) },
  },
  'bios.factory_reset': {
    needs: ['biosWriter'],
    survives: 'probe',
    areas: BY_REQUEST,
    requires_ramdisk: [],
    args: {},
  },
  'raid.create_configuration': {
    needs: ['raid', 'raidProfiles'],
    survives: 'probe',
    areas: { clean: 0 },
    requires_ramdisk: ['clean'],
    args: CREATE,
  },
  'raid.delete_configuration': {
    needs: ['raid', 'raidProfiles'],
    survives: 'probe',
    areas: BY_REQUEST,
    requires_ramdisk: ['clean'],
    args: {},
  },
  'raid.apply_configuration': {
    needs: ['raid', 'raidProfiles'],
    survives: 'probe',
    // Ironic has no such clean step: there, target_raid_config is set first, and create_configuration asked for.
    areas: { deploy: 0, service: 0 },
    requires_ramdisk: [],
    args: { raid_config: required({ check: (value) => raidConfigProblem(value) }), ...CREATE },
  },
  'firmware.update': {
    needs: ['firmwareUpdater'],
    survives: 'probe',
    areas: BY_REQUEST,
    requires_ramdisk: ['clean'],
    args: { settings: required(listOf(firmwareProblem)) },
  },
  'management.update_firmware': {
    needs: ['firmwareUpdater'],
    survives: 'probe',
    areas: { clean: 0, service: 0 },
    requires_ramdisk: ['clean'],
    args: { firmware_images: required(listOf(imageProblem)) },
  },
  'management.set_bmc_clock': {
    needs: ['clock'],
    survives: 'repeat',
    areas: { clean: 0, service: 0 },
    requires_ramdisk: ['clean'],
    args: { target_datetime: { check: timeProblem }, datetime_local_offset: TEXT },
  },
  'management.reset_secure_boot_keys_to_default': {
    needs: ['secureBootKeys'],
    survives: 'repeat',
    areas: { clean: 0, deploy: 0 },
    requires_ramdisk: ['clean'],
    args: {},
  },
  'management.clear_secure_boot_keys': {
    needs: ['secureBootKeys'],
    survives: 'repeat',
    areas: { clean: 0, deploy: 0 },
    requires_ramdisk: ['clean'],
    args: {},
  },
  // Ironic's for iDRACs, which run without the ramdisk.
  'management.clear_job_queue': { ...ours('jobQueue', {}), areas: { clean: 0 } },
  'management.reset_idrac': { ...ours('jobQueue', {}, 'probe'), areas: { clean: 0 } },
  'management.known_good_state': { ...ours('jobQueue', {}, 'probe'), areas: { clean: 0 } },
  'management.configure_intel_speedselect': {
    ...ours('speedSelect', {
      intel_speedselect_config: required(oneOf(['0x00', '0x01', '0x02'])),
      socket_count: { check: socketsProblem },
    }),
    // Ironic's priority; it is run where it is asked for, since it cannot be without an argument.
    areas: { deploy: 200 },
  },
  'vendor.send_raw': {
    needs: ['raw'],
    survives: 'never',
    areas: BY_REQUEST,
    requires_ramdisk: [],
    args: { raw_bytes: required(TEXT) },
  },
  'vendor.run_script': {
    needs: ['scripts'],
    survives: 'probe',
    areas: { clean: 0, service: 0 },
    requires_ramdisk: [],
    args: { script: required(TEXT), argument: TEXT },
  },
  'network.reattach_networking': {
    needs: [],
    survives: 'repeat',
    areas: { service: 0 },
    requires_ramdisk: [],
    args: {},
  },
  'deploy.erase_devices': {
    needs: ['drives'],
    survives: 'probe',
    areas: { clean: 0 },
    requires_ramdisk: [],
    args: {},
  },
  'deploy.erase_devices_express': {
    needs: ['drives'],
    survives: 'probe',
    areas: { clean: 0 },
    requires_ramdisk: [],
    args: {},
  },
  'management.set_bmc_accounts': ours('accounts', { accounts: required({ check: accountsProblem }) }),
  'management.set_bmc_credentials': ours(
    'accounts',
    { username: TEXT, password: required(TEXT), remove_old: FLAG },
    'probe',
  ),
  'management.set_bmc_lan': ours(
    'lan',
    { address: required(ADDRESS), netmask: ADDRESS, gateway: ADDRESS },
    'probe',
  ),
  'management.set_bmc_ntp': ours('ntp', { servers: required({ check: textsProblem }) }),
  'management.reset_bmc': ours('bmc', { kind: oneOf(['warm', 'cold']) }, 'probe'),
};

function biosSettingProblem({ name, value, ...others }: JsonObject): string | null {
  if (typeof name !== 'string' || name === '' || Object.keys(others).length > 0)
    return 'must be a list of {name, value}';
  return ['string', 'number', 'boolean'].includes(typeof value) ? null : `has no value for ${name}`;
}

function raidConfigProblem(value: Json): string | null {
  return isObject(value) && Array.isArray(value.logical_disks) && value.logical_disks.every(isObject)
    ? null
    : 'must be an object with logical_disks';
}

function firmwareProblem({ component, url, version, wait, checksum, ...others }: JsonObject): string | null {
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) return `has no ${unknown}`;
  if (typeof component !== 'string' || component === '') return 'must be a list of {component, url}';
  if (!isHttpUrl(url)) return `must have an http or https URL for ${component}`;
  if (wait !== undefined && !(typeof wait === 'number' && wait >= 0 && wait <= 3600))
    return 'has a wait that is not 0 to 3600 seconds';
  const texts = [version, checksum].every((text) => text === undefined || typeof text === 'string');
  return texts ? null : 'has a version or a checksum that is no text';
}

function imageProblem({ url }: JsonObject): string | null {
  return isHttpUrl(url) ? null : 'must be a list of {url, checksum} with http or https URLs';
}

function timeProblem(value: Json): string | null {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
    ? null
    : 'must be a date and time (ISO 8601)';
}

function socketsProblem(value: Json): string | null {
  const count = typeof value === 'string' ? Number(value) : value;
  return typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= MOST_SOCKETS
    ? null
    : `must be a whole number from 1 to ${MOST_SOCKETS}`;
}

function textsProblem(value: Json): string | null {
  return Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== '')
    ? null
    : 'must be a list of names or addresses';
}

/** `{<name>: {password, role, enabled, absent}}`: an object, so that passwords are masked wherever it is shown. */
function accountsProblem(value: Json): string | null {
  if (!isObject(value) || Object.keys(value).length === 0)
    return 'must be an object of name → {password, role}';
  for (const [name, account] of Object.entries(value)) {
    if (!isObject(account)) return `must have an object for ${name}`;
    const { password, role, enabled, absent, ...others } = account;
    if (Object.keys(others).length > 0) return `has no ${Object.keys(others)[0]} for ${name}`;
    if (role !== undefined && !ACCOUNT_ROLES.some((known) => known === role))
      return `must have one of ${ACCOUNT_ROLES.join(', ')} as the role of ${name}`;
    if (password !== undefined && (typeof password !== 'string' || password === ''))
      return `must have a text as the password of ${name}`;
    for (const flag of [enabled, absent])
      if (flag !== undefined && typeof flag !== 'boolean')
        return `must have true or false as flags of ${name}`;
  }
  return null;
}
