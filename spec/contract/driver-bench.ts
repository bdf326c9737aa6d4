import { readdirSync, readlinkSync } from 'node:fs';
import { systemClock } from '../../config/system-clock.ts';
import type { BootDevice, BootMode, Driver, DriverContext, IndicatorState } from '../../drivers/contract.ts';
import type { JsonObject } from '../../lifecycle/json.ts';

/** What a server really is, read and changed past the driver. */
export interface ServerTruth {
  power: 'on' | 'off';
  /** The boot device override in force. Null: none. */
  readonly boot: { boot_device: BootDevice; persistent: boolean } | null;
  readonly identify: 'on' | 'off' | { seconds: number };
  readonly nmi_count: number;
  /** Times that the server was reset, or switched off and on, by one command. */
  readonly reboots: number;
  /** `id@component` → state of each lamp; absent when the bench cannot see the lamps. */
  readonly indicators?: Readonly<Record<string, IndicatorState>>;
  boot_mode?: BootMode;
  secure_boot?: boolean;
  /** The images that the slots hold. */
  readonly images?: readonly string[];
  readonly console?: boolean;
  bios?: readonly { name: string; value: string | null }[];
  firmware?: readonly { component: string; current_version: string }[];
  readonly secure_boot_keys?: 'default' | 'none' | 'own';
  /** Times that drives have erased themselves. */
  readonly erasures?: number;
  health?: 'OK' | 'Warning' | 'Critical' | null;
}

/**
 * What a bench can do to the way between driver and server:
 * - `silent`: nothing is answered;
 * - `lossy`: some messages are lost, in both directions;
 * - `doubled`, `late`, `reordered`: replies come twice, after the driver asked again, or in another order;
 * - `malformed`: before each good reply come broken, foreign and forged ones;
 * - `busy`: the server says that it is busy, always.
 *
 * HTTP has one exchange at a time on a connection of TCP: there answers are lost, doubled or malformed (rack/wire-fault.ts), and
 * nothing can be late or reordered. Hardware in memory has no wire.
 */
export type BenchFault = 'silent' | 'lossy' | 'doubled' | 'late' | 'reordered' | 'malformed' | 'busy';

/** Two servers that a driver can be pointed at, with a truth of their own. */
export interface DriverBench extends AsyncDisposable {
  createDriver(context: DriverContext): Driver;
  /** driver_info of server 0 or 1. */
  driver_info(server: 0 | 1): JsonObject;
  /** The same with credentials that the server refuses. */
  refused_driver_info(server: 0 | 1): JsonObject;
  truth(server: 0 | 1): ServerTruth;
  break(server: 0 | 1, fault: BenchFault): void;
  /** Ends the fault of a server. */
  heal(server: 0 | 1): void;
}

/** What the hardware type has. A case of the suite exists only when it is named here; the suite checks the names. */
export interface DriverTraits {
  capabilities: readonly (
    | 'boot'
    | 'identify'
    | 'nmi'
    | 'sensors'
    | 'eventLog'
    | 'inventory'
    | 'raw'
    | 'bmc'
    | 'bootMode'
    | 'secureBoot'
    | 'indicators'
    | 'virtualMedia'
    | 'console'
    | 'bios'
    | 'firmware'
    | 'health'
  )[];
  /** True: the hardware has no boot device for one boot. */
  boots_for_good_only?: true;
  faults: readonly BenchFault[];
  /** Texts of driver_info and of the wire that may appear in no log line and no error. */
  secrets: readonly string[];
}

/** A driver context that keeps every log line, on the machine's own clock. */
export function recordingContext(): { context: DriverContext; lines: string[] } {
  const lines: string[] = [];
  const keep = (facts: object, message: string): void => {
    lines.push(`${message} ${everythingOf(facts)}`);
  };
  return { context: { clock: systemClock, log: { debug: keep, info: keep, warn: keep } }, lines };
}

/** All text that a careless logger could print of a value: enumerable or not, causes and stacks too. */
export function everythingOf(value: unknown, seen = new Set<object>()): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (seen.has(value)) return '';
  seen.add(value);
  if (value instanceof Uint8Array)
    return `${Buffer.from(value).toString('latin1')} ${Buffer.from(value).toString('hex')}`;
  return Object.getOwnPropertyNames(value)
    .map((name) => `${name}=${everythingOf((value as Record<string, unknown>)[name], seen)}`)
    .join(' ');
}

/** Sockets that this process holds, as the kernel counts them. */
export function openSockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => isSocket(`/proc/self/fd/${fd}`)).length;
}

function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith('socket:');
  } catch {
    return false; // closed since the listing
  }
}

/** Asks again until the answer is the wished one; the test's own timeout is the bound. */
export async function eventually<T>(ask: () => Promise<T> | T, wished: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (wished(answer)) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
