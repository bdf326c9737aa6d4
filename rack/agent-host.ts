import type { Clock } from '../lifecycle/clock.ts';
import type { Disk } from './disk.ts';

/** What makes one virtual server differ from the next. */
export interface MachineIdentity {
  name: string;
  /** Of the system, as SMBIOS and iPXE tell it. Lower case. */
  uuid: string;
  serial: string;
  manufacturer: string;
  product_name: string;
  /** Lower case with colons; the first one boots. */
  macs: readonly string[];
  /** Where the server is reached when something runs on it; the agent listens there. */
  address: string;
}

/** How an agent misbehaves. Absent = it does not. */
export interface AgentFaults {
  /** The ramdisk starts but the agent never shows up. */
  never_boots?: boolean;
  /** A command (`standby.prepare_image`) or step (`erase_devices`) fails with that text. */
  fails?: Readonly<Record<string, string>>;
  /** Commands or steps that never end. */
  hangs?: readonly string[];
  /** One bit of what it downloads is wrong. */
  corrupts_image?: boolean;
  /** It says that it is another node. */
  claims_uuid?: string;
  /** It heartbeats with this token instead of its own. */
  token?: string;
}

/** What an agent sees of the server that it runs in. */
export interface AgentHost {
  readonly identity: MachineIdentity;
  readonly clock: Clock;
  readonly boot_mode: 'uefi' | 'bios';
  /** How long the waits of firmware and agent last, compared with real ones. */
  readonly time_scale: number;
  readonly disks: readonly Disk[];
  readonly agent_faults: AgentFaults;
  /** Steps (`bios.apply_configuration`) of a vendor's hardware manager in the ramdisk; they are noted, and change nothing. */
  readonly vendor_steps: readonly string[];
  /** Disks that were erased since the ramdisk booted: name → when, on the host's clock. */
  readonly erased: Map<string, { from: number; until: number }>;
  /** Shuts the operating system down and the power off. */
  shutDown(): void;
  restart(): void;
  /** The agent ended and left a rescue system behind. */
  enterRescue(password_hash: string): void;
  /** Writes a line into the server's event log. */
  note(event: string, detail?: string): void;
}
