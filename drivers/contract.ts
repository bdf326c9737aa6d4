import type { Clock } from '../lifecycle/clock.ts';
import type { Json, JsonObject } from '../lifecycle/json.ts';
import type { PowerState, PowerTarget } from '../lifecycle/power.ts';
import type { InterfaceKind } from '../lifecycle/records.ts';

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

/** Vendor passthru answers travel as JSON. */
export type PassthruResult = Json;
