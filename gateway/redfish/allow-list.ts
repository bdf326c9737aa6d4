import type { LeaseRole } from '../../lifecycle/bmc-lease.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';

/** One kind of request that is passed on. */
interface Allowed {
  method: 'GET' | 'POST' | 'PATCH';
  /** Of the whole path, below /redfish/v1, without a slash at its end. */
  path: RegExp;
  /** The role that it takes at least. Default: read-only. */
  role?: LeaseRole;
  /** What its body may hold: field → check, or the fields of an object in it. */
  body?: Shape;
}

type Check = (value: Json) => boolean;
interface Shape {
  readonly [field: string]: Check | Shape;
}

const words =
  (...allowed: string[]): Check =>
  (value) =>
    typeof value === 'string' && allowed.includes(value);
const flag: Check = (value) => typeof value === 'boolean';
const url: Check = (value) =>
  typeof value === 'string' && value.length <= 2048 && /^https?:\/\/[^\s@]+$/.test(value);

const RESET_TYPES = [
  ...['On', 'ForceOff', 'GracefulShutdown', 'GracefulRestart', 'ForceRestart', 'Nmi', 'ForceOn'],
  ...['PushPowerButton', 'PowerCycle'],
];
const BOOT_TARGETS = ['None', 'Pxe', 'Cd', 'Usb', 'Hdd', 'BiosSetup', 'UefiHttp', 'UefiTarget'];

const ID = '[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}';
const path = (text: string): RegExp => new RegExp(`^${text.replaceAll('{id}', ID)}$`);

/**
 * All that the holder of a lease may ask of a BMC: power, boot, media, sensors, event log, inventory. No accounts, no firmware, no
 * network of the BMC, no sessions of the BMC, no tasks of others. What stands in no row is refused.
 */
const ALLOWED: readonly Allowed[] = [
  { method: 'GET', path: path('') },
  { method: 'GET', path: path('/(Systems|Chassis|Managers)(/{id})?') },
  {
    method: 'GET',
    path: path(
      '/Systems/{id}/(Memory|Processors|EthernetInterfaces|NetworkInterfaces|Storage|SimpleStorage|BootOptions|PCIeDevices|LogServices|VirtualMedia)(/{id})?',
    ),
  },
  { method: 'GET', path: path('/Systems/{id}/(Bios|SecureBoot)') },
  { method: 'GET', path: path('/Systems/{id}/Storage/{id}/(Drives|Volumes|Controllers)(/{id})?') },
  { method: 'GET', path: path('/(Systems|Managers|Chassis)/{id}/LogServices/{id}(/Entries(/{id})?)?') },
  {
    method: 'GET',
    path: path('/Chassis/{id}/(Power|Thermal|Sensors|PowerSubsystem|ThermalSubsystem)(/{id})?'),
  },
  { method: 'GET', path: path('/Managers/{id}/(VirtualMedia|LogServices)(/{id})?') },
  {
    method: 'POST',
    path: path('/Systems/{id}/Actions/ComputerSystem.Reset'),
    role: 'operator',
    body: { ResetType: words(...RESET_TYPES) },
  },
  {
    method: 'PATCH',
    path: path('/Systems/{id}'),
    role: 'operator',
    body: {
      Boot: {
        BootSourceOverrideTarget: words(...BOOT_TARGETS),
        BootSourceOverrideEnabled: words('Disabled', 'Once', 'Continuous'),
        BootSourceOverrideMode: words('Legacy', 'UEFI'),
      },
      IndicatorLED: words('Lit', 'Blinking', 'Off'),
      LocationIndicatorActive: flag,
    },
  },
  {
    method: 'POST',
    path: path('/(Systems|Managers)/{id}/VirtualMedia/{id}/Actions/VirtualMedia.InsertMedia'),
    role: 'operator',
    body: {
      Image: url,
      Inserted: flag,
      WriteProtected: flag,
      MediaType: words('CD', 'DVD', 'USBStick', 'Floppy'),
      TransferMethod: words('Stream', 'Upload'),
      TransferProtocolType: words('HTTP', 'HTTPS'),
    },
  },
  {
    method: 'POST',
    path: path('/(Systems|Managers)/{id}/VirtualMedia/{id}/Actions/VirtualMedia.EjectMedia'),
    role: 'operator',
    body: {},
  },
];

const ROOT = '/redfish/v1';
/** Nothing that a BMC may read in another way than we do: no escapes, no dots alone, no doubled slashes, no parameters. */
const PLAIN_PATH = /^\/redfish\/v1(\/[A-Za-z0-9][A-Za-z0-9_.:-]*)*\/?$/;
const LONGEST_PATH = 512;
/** DSP0266 7.3: what clients page and choose by. */
const QUERY = /^(\$(top|skip)=\d{1,6}|\$select=[A-Za-z0-9,/]{1,256}|\$expand=[.*~](\(\$levels=[1-3]\))?)$/;

/** A request as it may be sent on. */
export interface Passed {
  method: 'GET' | 'POST' | 'PATCH';
  path: string;
  query: string;
}

/**
 * What is passed on of a request, or why nothing is. Pure. Its body is checked by `bodyProblem`.
 *
 * @param target as it came, with its query.
 * @param system_id path of the only system that the lease is for; null: all that the BMC has.
 */
export function judge(
  method: string,
  target: string,
  lease: { role: LeaseRole; system_id: string | null },
): { passed: Passed; row: number } | { refused: string } {
  if (target.length > LONGEST_PATH) return { refused: 'The path is too long.' };
  const at = target.indexOf('?');
  const [given, query] = at === -1 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
  if (!PLAIN_PATH.test(given))
    return { refused: 'The path is not plain: no escapes, no dots, no doubled slashes.' };
  if (query !== '' && (method !== 'GET' || !query.split('&').every((part) => QUERY.test(part))))
    return { refused: 'The query is not passed on.' };
  const below = given.slice(ROOT.length).replace(/\/$/, '');
  const row = ALLOWED.findIndex((one) => one.method === method && one.path.test(below));
  const allowed = ALLOWED[row];
  if (allowed === undefined) return { refused: 'The gateway does not pass this on.' };
  if (allowed.role === 'operator' && lease.role !== 'operator')
    return { refused: 'The lease is for reading only.' };
  const system = /^\/Systems\/([^/]+)/.exec(below)?.[1];
  const own = lease.system_id?.split('/').filter(Boolean).at(-1);
  if (system !== undefined && own !== undefined && system !== own)
    return { refused: 'The lease is for another system of this BMC.' };
  return { passed: { method: allowed.method, path: `${ROOT}${below}`, query }, row };
}

/** Why the body of a request of this row is not passed on; null: it is. Pure. */
export function bodyProblem(row: number, body: Json | undefined): string | null {
  const shape = ALLOWED[row]?.body;
  if (shape === undefined) return body === undefined ? null : 'The request takes no body.';
  if (body === undefined) return Object.keys(shape).length === 0 ? null : 'The request needs a body.';
  return shapeProblem(shape, body, '');
}

function shapeProblem(shape: Shape, value: Json, where: string): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return `${where === '' ? 'The body' : where} must be an object.`;
  for (const [field, given] of Object.entries(value as JsonObject)) {
    const check = Object.hasOwn(shape, field) ? shape[field] : undefined;
    if (check === undefined) return `${where}${field} is not passed on.`;
    const problem =
      typeof check === 'function'
        ? check(given)
          ? null
          : `${where}${field} has a value that is not passed on.`
        : shapeProblem(check, given, `${where}${field}.`);
    if (problem !== null) return problem;
  }
  return null;
}
