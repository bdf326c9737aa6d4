import type { Duplex } from 'node:stream';
import type { Clock } from '../lifecycle/clock.ts';
import type { Json, JsonObject } from '../lifecycle/json.ts';
import type { PowerState, PowerTarget } from '../lifecycle/power.ts';
import type {
  BiosSettingRecord,
  FirmwareComponentRecord,
  InterfaceKind,
  NodeRecord,
} from '../lifecycle/records.ts';
import type { VirtualMediaDevice } from '../lifecycle/virtual-media.ts';

/**
 * What the conductor may ask of hardware. A *driver* is a hardware type (`ipmi`, `redfish`, …); a *connection* is its
 * way to one BMC. A capability that the hardware lacks is absent, so that the compiler makes the conductor look.
 */

/** Why a driver call failed. The conductor decides on the code alone. */
export const DRIVER_ERROR_CODES = [
  'unreachable',
  'unauthorized',
  'unsupported',
  'rejected',
  'busy',
  'timeout',
] as const;
export type DriverErrorCode = (typeof DRIVER_ERROR_CODES)[number];

/** The one error that a driver throws. The message names the BMC and the cause, never a secret. */
export class DriverError extends Error {
  readonly code: DriverErrorCode;

  constructor(code: DriverErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DriverError';
    this.code = code;
  }
}

/** One property of driver_info. `secret` values are masked in every reply, log and error. */
export interface DriverProperty {
  description: string;
  required?: true;
  secret?: true;
}

/** Bounds of one call: it ends by `timeout_ms` with `timeout` or `unreachable`, and at once when `signal` is aborted. */
export interface CallOptions {
  timeout_ms: number;
  signal?: AbortSignal;
}

/** Of `connect`: `node_uuid` says whose way it is, for logs and for drivers whose hardware is in memory. */
export interface ConnectOptions extends CallOptions {
  node_uuid?: string;
}

export interface DriverLogger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

/** What the composition root gives to a driver's factory. */
export interface DriverContext {
  clock: Clock;
  log: DriverLogger;
}

/** The outcome of reading driver_info: the driver's own typed form, or every problem found, in words for the operator. */
export type ParsedInfo<Info> = { info: Info } | { problems: string[] };

/** A hardware type. */
export interface Driver<Info = unknown> extends AsyncDisposable {
  /** The hardware type's name on the wire: `ipmi`, `fake-hardware`. */
  readonly name: string;
  /** The driver_info properties it reads. */
  readonly properties: Readonly<Record<string, DriverProperty>>;
  /** Interface names of each kind that it supports, in order of preference: the first enabled one is the default. */
  readonly interfaces: Readonly<Record<InterfaceKind, readonly string[]>>;
  /** The driver_info properties that lead to the BMC; without them its accounts and its address are not ours to change. */
  readonly login?: Readonly<Record<'address' | 'username' | 'password', string>>;
  /** The property that says as what one logs in, with its word for each role; where the protocol does not find that out itself. */
  readonly login_role?: { property: string; words: Readonly<Record<'operator' | 'read-only', string>> };
  /** Reads driver_info. Pure: no I/O. */
  parse(driver_info: JsonObject): ParsedInfo<Info>;
  /**
   * Opens a way to one BMC. May be lazy: the first call on the connection may be the one that fails.
   * @throws DriverError
   */
  connect(info: Info, options: ConnectOptions): Promise<Connection>;
}

/** A way to one BMC. Disposing it leaves no socket or session that nobody keeps. Every method throws DriverError. */
export interface Connection extends AsyncDisposable {
  readonly power: PowerControl;
  readonly boot?: BootControl;
  readonly identify?: Identify;
  readonly nmi?: Nmi;
  readonly inventory?: InventoryReader;
  readonly hardware?: HardwareReader;
  readonly sensors?: SensorReader;
  readonly eventLog?: EventLog;
  readonly raw?: RawCommand;
  readonly bmc?: BmcControl;
  readonly bootMode?: BootModeControl;
  readonly secureBoot?: SecureBootControl;
  readonly secureBootKeys?: SecureBootKeys;
  readonly indicators?: IndicatorControl;
  readonly virtualMedia?: VirtualMediaControl;
  readonly console?: ConsoleControl;
  readonly serialConsole?: SerialConsole;
  readonly graphicalConsole?: GraphicalConsole;
  readonly certificates?: CertificateControl;
  readonly bios?: BiosReader;
  readonly biosWriter?: BiosWriter;
  readonly firmware?: FirmwareReader;
  readonly firmwareUpdater?: FirmwareUpdater;
  readonly raid?: RaidControl;
  readonly raidProfiles?: RaidProfiles;
  readonly drives?: DriveEraser;
  readonly images?: ImageRestorer;
  readonly scripts?: ScriptRunner;
  readonly tasks?: TaskReader;
  readonly accounts?: AccountControl;
  readonly lan?: LanControl;
  readonly clock?: BmcClock;
  readonly ntp?: NtpControl;
  readonly jobQueue?: JobQueue;
  readonly speedSelect?: SpeedSelect;
  readonly health?: HealthReader;
  /** Calls of the vendor interface that only this protocol has: method name on the wire → what it does. */
  readonly passthru?: Readonly<Record<string, PassthruMethod>>;
}

export interface PowerControl {
  /** Power targets that `set` understands. */
  readonly supported: readonly PowerTarget[];
  /** Reads the power state from the BMC, never from a cache. */
  get(options: CallOptions): Promise<Exclude<PowerState, 'error'>>;
  /**
   * Asks for a power action. On twice is no error, nor is off. `rebooting` of a server that is off turns it on. Returns
   * when the BMC accepted the command: the caller reads the state until it is the wished one. A command whose reply was
   * lost is judged by reading the state again.
   */
  set(target: PowerTarget, options: CallOptions): Promise<void>;
}

/** Boot devices of the API. */
export const BOOT_DEVICES = [
  'pxe',
  'disk',
  'cdrom',
  'bios',
  'safe',
  'wanboot',
  'iscsiboot',
  'floppy',
  'uefihttp',
] as const;
export type BootDevice = (typeof BOOT_DEVICES)[number];
export type BootMode = 'bios' | 'uefi';

export interface BootControl {
  readonly supported: readonly BootDevice[];
  /** nulls: the BMC has no override in force. */
  get(options: CallOptions): Promise<{ boot_device: BootDevice | null; persistent: boolean | null }>;
  /** Sets the device of the next boot, or of all boots when `persistent`; it holds also when the boot comes after 60 s. */
  set(
    change: { boot_device: BootDevice; persistent: boolean; boot_mode: BootMode | null },
    options: CallOptions,
  ): Promise<void>;
}

export interface Identify {
  /** Lights the chassis' identify lamp: for `seconds`, for ever (`on`) or not at all (`off`). */
  set(state: 'on' | 'off' | { seconds: number }, options: CallOptions): Promise<void>;
}

export interface Nmi {
  inject(options: CallOptions): Promise<void>;
}

/** Facts about the BMC and the server read out of band. */
export interface InventoryReader {
  /** Manufacturer, product and serial number as far as the BMC knows; firmware version of the BMC. */
  read(options: CallOptions): Promise<{
    bmc: {
      firmware_version: string | null;
      manufacturer_id: number | null;
      product_id: number | null;
      guid: string | null;
    };
    system_vendor: { manufacturer: string | null; product_name: string | null; serial_number: string | null };
  }>;
}

export interface HardwareReader {
  /**
   * Processors, memory, disks, network interfaces, firmware versions and who made it, in the shape of the ramdisk's inventory
   * (ironic_python_agent, list_hardware_info). What is not told is null or absent.
   */
  inventory(options: CallOptions): Promise<JsonObject>;
}

/** Sensor type → sensor name → fields, in the shape of Ironic's notification payload. */
export type SensorData = Record<string, Record<string, JsonObject>>;

export interface SensorReader {
  read(options: CallOptions): Promise<SensorData>;
}

export interface LogEntry {
  id: number;
  /** Seconds since 1970 on the BMC's own clock; null when the BMC has none for it. */
  timestamp_s: number | null;
  /** For people: sensor, event and direction. */
  message: string;
  raw: string;
}

export interface EventLog {
  read(options: CallOptions): Promise<LogEntry[]>;
  /** Empties it. An empty log is no error. */
  clear?(options: CallOptions): Promise<void>;
}

export interface RawCommand {
  /** Sends `[netfn, cmd, ...data]`; resolves with the reply's data without its completion code. */
  send(bytes: Uint8Array, options: CallOptions): Promise<Uint8Array>;
}

export interface BmcControl {
  reset(kind: 'warm' | 'cold', options: CallOptions): Promise<void>;
}

export interface BootModeControl {
  /** The mode that the server boots in; null: the BMC does not say. */
  get(options: CallOptions): Promise<BootMode | null>;
  /** Sets the mode of all later boots. Setting what is set already is no error. */
  set(boot_mode: BootMode, options: CallOptions): Promise<void>;
}

export interface SecureBootControl {
  /** Whether the server's next boots are secure ones; null: the BMC does not say. */
  get(options: CallOptions): Promise<boolean | null>;
  /** Setting what is set already is no error. */
  set(enabled: boolean, options: CallOptions): Promise<void>;
}

export interface SecureBootKeys {
  /** Puts the keys of the factory in place, or leaves none; taken on with the next boot. */
  reset(to: 'default' | 'none', options: CallOptions): Promise<void>;
}

/** Parts of a server that have lamps, in the API's words. */
export const INDICATOR_COMPONENTS = ['chassis', 'system', 'disk', 'power', 'nic'] as const;
export type IndicatorComponent = (typeof INDICATOR_COMPONENTS)[number];

/** States of a lamp; `unknown` is read, never set. */
export const INDICATOR_STATES = ['on', 'off', 'blinking', 'unknown'] as const;
export type IndicatorState = (typeof INDICATOR_STATES)[number];

/** One lamp: `id` is unique within its component. `states`: those that can be set, or seen on a read-only lamp. */
export interface Indicator {
  component: IndicatorComponent;
  id: string;
  readonly: boolean;
  states: readonly Exclude<IndicatorState, 'unknown'>[];
}

export interface IndicatorControl {
  /** The lamps of the server. */
  list(options: CallOptions): Promise<readonly Indicator[]>;
  /** Reads one lamp of the list, never from a cache. */
  get(lamp: Pick<Indicator, 'component' | 'id'>, options: CallOptions): Promise<IndicatorState>;
  /** Sets one lamp of the list that is not read-only, to one of its states. */
  set(
    lamp: Pick<Indicator, 'component' | 'id'>,
    state: Exclude<IndicatorState, 'unknown'>,
    options: CallOptions,
  ): Promise<void>;
}

/** One slot. `media_types` in Redfish's words: CD, DVD, Floppy, USBStick. */
export interface VirtualMediaSlot {
  media_types: readonly string[];
  inserted: boolean;
  /** What the BMC says it holds; null when empty. */
  image: string | null;
}

export interface VirtualMediaControl {
  list(options: CallOptions): Promise<readonly VirtualMediaSlot[]>;
  /** Inserts the image, which the BMC fetches itself, in place of what the slot holds. @throws `unsupported`: no slot */
  attach(device_type: VirtualMediaDevice, image_url: string, options: CallOptions): Promise<void>;
  /** Empties the slots of these devices, null: all. An empty slot is no error. */
  detach(device_types: readonly VirtualMediaDevice[] | null, options: CallOptions): Promise<void>;
}

/** The server's console, which stays open when the connection is disposed. */
export interface ConsoleControl {
  /** Starting a started console is no error. */
  start(options: CallOptions): Promise<void>;
  /** Stopping a stopped console is no error. */
  stop(options: CallOptions): Promise<void>;
  /** How a client gets to it; null: it is not started. */
  info(options: CallOptions): Promise<{ type: string; url: string } | null>;
}

/** A setting as the BMC tells it; the fields after `value` come from its registry, null where it says nothing. */
export type BiosSetting = Pick<
  BiosSettingRecord,
  | 'name'
  | 'value'
  | 'attribute_type'
  | 'allowable_values'
  | 'lower_bound'
  | 'upper_bound'
  | 'min_length'
  | 'max_length'
  | 'read_only'
  | 'reset_required'
  | 'unique'
>;

export interface BiosReader {
  read(options: CallOptions): Promise<readonly BiosSetting[]>;
}

/** A part with firmware: `bios`, `bmc`, `nic:<id>` or another word. */
export type FirmwareComponent = Pick<
  FirmwareComponentRecord,
  'component' | 'vendor' | 'model' | 'serial_number'
> & {
  current_version: string;
  /** Of its image, where the BMC measures it: SHA-256 or another, hexadecimal. */
  digest?: string;
};

export interface FirmwareReader {
  /** @param options.measured true: with digests, which may take a request for each image that the BMC knows */
  read(options: CallOptions & { measured?: true }): Promise<readonly FirmwareComponent[]>;
}

/**
 * The handle of work that the BMC goes on with after it has answered, or null when the answer was the end of it. A handle is
 * text that survives the process: it is kept in the journal, and any later connection to the same BMC can read it.
 */
export type BmcTask = string | null;

export interface TaskReader {
  /**
   * How far the work of a handle is. A handle that the BMC no longer knows is `vanished`: who started it has to look at what
   * it should have changed.
   */
  read(task: string, options: CallOptions): Promise<TaskStatus>;
}

export interface TaskStatus {
  state: 'running' | 'done' | 'failed' | 'vanished';
  /** What the BMC says of it; null: nothing. */
  message: string | null;
  percent: number | null;
  /** True: it was asked for with the next boot of the server, and waits for that if there was none since. */
  needs_boot?: true;
}

export interface BiosWriter {
  /**
   * Asks for settings, which the server takes on with its next boot. @throws `rejected`: one that the BMC does not have, that
   * is read-only or may not have this value; none is changed then
   */
  apply(
    settings: readonly { name: string; value: string | number | boolean }[],
    options: CallOptions,
  ): Promise<BmcTask>;
  /** Settings asked for that the server has not taken on yet. */
  pending(options: CallOptions): Promise<Readonly<Record<string, string>>>;
  /** Asks for the settings of the factory, taken on with the next boot. */
  factoryReset(options: CallOptions): Promise<BmcTask>;
}

export interface FirmwareUpdater {
  /**
   * Starts an update of one component of `firmware` from an image that the BMC fetches, or is given where it takes pushes. The
   * BMC may not answer for a while. Only the version read back says that it succeeded.
   */
  update(
    change: { component: string; url: string; checksum?: string },
    options: CallOptions,
  ): Promise<BmcTask>;
}

/** RAID levels in Ironic's words. */
export const RAID_LEVELS = ['JBOD', '0', '1', '2', '5', '6', '1+0', '5+0', '6+0'] as const;
export type RaidLevel = (typeof RAID_LEVELS)[number];

export interface RaidDrive {
  id: string;
  size_gb: number;
  /** hdd, ssd: Ironic's words; null: the BMC does not say. */
  disk_type: 'hdd' | 'ssd' | null;
  interface_type: 'sata' | 'sas' | 'nvme' | 'scsi' | null;
  model: string | null;
  serial_number: string | null;
}

export interface RaidController {
  id: string;
  raid_levels: readonly RaidLevel[];
  drives: readonly RaidDrive[];
  volumes: readonly RaidVolume[];
}

export interface RaidVolume {
  id: string;
  name: string | null;
  raid_level: RaidLevel | null;
  size_gb: number;
  /** Ids of drives of the same controller. */
  drives: readonly string[];
}

export interface RaidControl {
  /** Reads controllers, drives and volumes, never from a cache. */
  read(options: CallOptions): Promise<readonly RaidController[]>;
  /** `size_gb` null: all that the drives give. `JBOD`: hands the drives through as they are. */
  create(
    volume: {
      controller: string;
      raid_level: RaidLevel;
      size_gb: number | null;
      drives: readonly string[];
      name: string | null;
    },
    options: CallOptions,
  ): Promise<BmcTask>;
  /** Deleting a volume that is gone is no error. */
  delete(volume: { controller: string; id: string }, options: CallOptions): Promise<BmcTask>;
}

/** RAID of hardware that knows whole layouts by name, and no single volumes. */
export interface RaidProfiles {
  /** The layout that gives these logical disks, in Ironic's words, or why there is none. Pure. */
  find(logical_disks: readonly JsonObject[]): { profile: string } | { problem: string };
  /** Puts the layout in place of what there is. */
  apply(profile: string, options: CallOptions): Promise<BmcTask>;
  /** Deletes all volumes. */
  clear(options: CallOptions): Promise<BmcTask>;
}

/** Hardware whose management writes images to disks itself, and knows them by name. */
export interface ImageRestorer {
  restore(image: string, options: CallOptions): Promise<BmcTask>;
  /** The task that restores this image now; null: there is none. */
  running(image: string, options: CallOptions): Promise<BmcTask>;
}

/** Hardware whose management runs scripts of its own on the server, in a system that is gone after it. */
export interface ScriptRunner {
  run(script: string, argument: string | null, options: CallOptions): Promise<BmcTask>;
  /** The task that runs this script now; null: there is none. */
  running(script: string, options: CallOptions): Promise<BmcTask>;
}

export interface DriveEraser {
  list(options: CallOptions): Promise<readonly RaidDrive[]>;
  /** Asks the drive to erase itself (Redfish: Drive.SecureErase). */
  erase(drive: string, options: CallOptions): Promise<BmcTask>;
}

export const ACCOUNT_ROLES = ['administrator', 'operator', 'read-only', 'none'] as const;
export type AccountRole = (typeof ACCOUNT_ROLES)[number];

/** An account of the BMC. `self`: the one that this connection logs in with. */
export interface BmcAccount {
  id: string;
  name: string;
  role: AccountRole;
  enabled: boolean;
  self: boolean;
}

export interface AccountControl {
  /** Longest password that the BMC takes, in bytes of UTF-8. */
  maxPasswordBytes(options: CallOptions): Promise<number>;
  list(options: CallOptions): Promise<readonly BmcAccount[]>;
  /** Makes an enabled account. One of that name is no error when it can be brought to what is asked. Resolves with its id. */
  create(
    account: { name: string; password: string; role: AccountRole },
    options: CallOptions,
  ): Promise<string>;
  change(
    id: string,
    change: { password?: string; role?: AccountRole; enabled?: boolean },
    options: CallOptions,
  ): Promise<void>;
  /** Deleting an account that is gone is no error. @throws `rejected` for the account of this connection */
  delete(id: string, options: CallOptions): Promise<void>;
}

/** The BMC's own network: IPv4 in dotted form. */
export interface LanSettings {
  source: 'static' | 'dhcp';
  address: string;
  netmask: string;
  gateway: string | null;
  /** null: untagged. */
  vlan_id: number | null;
  mac: string | null;
}

export interface LanControl {
  get(options: CallOptions): Promise<LanSettings>;
  /** May cut this very connection: the caller looks at the new address. */
  set(change: Partial<Omit<LanSettings, 'mac'>>, options: CallOptions): Promise<void>;
}

/** A certificate that the BMC's web server shows. Times as the BMC tells them (ISO 8601). */
export interface BmcCertificate {
  id: string;
  subject: string | null;
  issuer: string | null;
  valid_from: string | null;
  valid_until: string | null;
  usage: readonly string[];
  pem: string | null;
}

export interface CertificateControl {
  list(options: CallOptions): Promise<readonly BmcCertificate[]>;
  /** Has the BMC make a key, which stays there, and a request of a certificate for it (PEM). */
  request(
    subject: {
      common_name: string;
      alternative_names?: readonly string[];
      organization?: string;
      organizational_unit?: string;
      city?: string;
      state?: string;
      country?: string;
    },
    options: CallOptions,
  ): Promise<string>;
  /**
   * Puts a certificate (PEM, with those that signed it) in place of the one that is shown. @throws `rejected` for one that the
   * driver itself would not believe
   */
  replace(pem: string, options: CallOptions): Promise<void>;
}

export interface BmcClock {
  /** Milliseconds since 1970 on the BMC's clock. */
  get(options: CallOptions): Promise<number>;
  set(epoch_ms: number, options: CallOptions): Promise<void>;
}

/** The jobs that a BMC has accepted and not begun, as an iDRAC keeps them. */
export interface JobQueue {
  /** Forgets them all. An empty queue is no error. */
  clear(options: CallOptions): Promise<void>;
}

/** Intel Speed Select: which of its performance profiles the processors run by. */
export interface SpeedSelect {
  /** @param profile 0 to 2 @param sockets how many processors, from the first on */
  configure(profile: number, sockets: number, options: CallOptions): Promise<void>;
}

export interface NtpControl {
  get(options: CallOptions): Promise<{ enabled: boolean; servers: readonly string[] }>;
  /** No servers: turns it off. */
  set(servers: readonly string[], options: CallOptions): Promise<void>;
}

/** The server's serial port through its BMC (Serial over LAN). */
export interface SerialConsole {
  /** TCP port that the operator wishes for its viewers; null: none. */
  readonly terminal_port: number | null;
  /**
   * Opens it; a BMC has one such way. `take_over`: somebody else who has it loses it.
   * @throws `busy`: somebody else has it
   */
  open(options: CallOptions & { take_over?: boolean }): Promise<SerialStream>;
}

/** An open serial port. Ends with `done` when the BMC closes it, with a DriverError when the way to it is lost. */
export interface SerialStream extends AsyncDisposable {
  /** What the server prints. One reader. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Types into it; resolves once the BMC has taken all of it. */
  write(bytes: Uint8Array, options: CallOptions): Promise<void>;
  sendBreak(options: CallOptions): Promise<void>;
  /** Drops what waits on its way, in both directions. */
  flush(options: CallOptions): Promise<void>;
}

/** The server's screen, keyboard and mouse through its BMC. */
export interface GraphicalConsole {
  /**
   * Opens a way to it: a stream of RFB (RFC 6143), from the BMC's version message on. It outlives the connection, and ends or
   * breaks with what it leads to; who opened it destroys it. @throws `unsupported`: the BMC has none, or one of its vendor's
   * own kind; `busy`: others have all its places
   */
  connect(options: CallOptions): Promise<Duplex>;
}

/** One call of the vendor interface (reference: Ironic's vendor passthru). */
export interface PassthruMethod {
  http_methods: readonly ('GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH')[];
  /** True: the client is answered at once, and the call goes on. */
  async: boolean;
  description: string;
  /** @throws DriverError `rejected` for data that it cannot use */
  call(data: JsonObject, options: CallOptions): Promise<Json>;
}

export interface HealthReader {
  /** The server's health as its BMC sums it up; null: it does not say. */
  read(options: CallOptions): Promise<NodeRecord['health']>;
}

/** Vendor passthru answers travel as JSON. */
export type PassthruResult = Json;
