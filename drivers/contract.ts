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
export type DriverErrorCode =
  | 'unreachable'
  | 'unauthorized'
  | 'unsupported'
  | 'rejected'
  | 'busy'
  | 'timeout';

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
  readonly sensors?: SensorReader;
  readonly eventLog?: EventLog;
  readonly raw?: RawCommand;
  readonly bmc?: BmcControl;
  readonly bootMode?: BootModeControl;
  readonly secureBoot?: SecureBootControl;
  readonly indicators?: IndicatorControl;
  readonly virtualMedia?: VirtualMediaControl;
  readonly console?: ConsoleControl;
  readonly bios?: BiosReader;
  readonly firmware?: FirmwareReader;
  readonly health?: HealthReader;
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
> & { current_version: string };

export interface FirmwareReader {
  read(options: CallOptions): Promise<readonly FirmwareComponent[]>;
}

export interface HealthReader {
  /** The server's health as its BMC sums it up; null: it does not say. */
  read(options: CallOptions): Promise<NodeRecord['health']>;
}

/** Vendor passthru answers travel as JSON. */
export type PassthruResult = Json;
