import type { PortVerdict } from './cabling.ts';
import type { FirmwareVerdict } from './firmware-baseline.ts';
import type { FlavorCondition } from './flavor-match.ts';
import type { JsonObject } from './json.ts';
import type { EpochMs, Stored } from './records.ts';

/** What the installer of an OS reads its answers from. */
export const TEMPLATE_KINDS = ['preseed', 'kickstart', 'cloud-init', 'ignition'] as const;
export type TemplateKind = (typeof TEMPLATE_KINDS)[number];

/** The OS that a server boots or gets. URLs are what the boot service or a driver fetches. */
export interface ProfileRecord extends Stored {
  uuid: string;
  name: string;
  description: string | null;
  /** Project that may use and change it; null: the provider's. */
  owner: string | null;
  /** Whether every project may use it. */
  public: boolean;
  kernel: string | null;
  initrd: string | null;
  /** Kernel command line. */
  cmdline: string | null;
  squashfs: string | null;
  image: string | null;
  image_checksum: string | null;
  iso: string | null;
  /** Runs in the second-stage OS. */
  install_script: string | null;
  template_kind: TemplateKind | null;
  template: string | null;
}

/** A kind of server: which ones are of it, what they boot, and where they belong. */
export interface FlavorRecord extends Stored {
  uuid: string;
  name: string;
  description: string | null;
  /** All must hold; none: it fits no server by itself. */
  match: FlavorCondition[];
  /** Of several that fit the highest counts. */
  priority: number;
  profile_uuid: string | null;
  availability_zone: string | null;
  resource_class: string | null;
}

export const POOL_PURPOSES = ['bmc', 'service'] as const;
export type PoolPurpose = (typeof POOL_PURPOSES)[number];

/** First and last address, both inclusive. */
export interface AddressRange {
  first: string;
  last: string;
}

/** IPv4 addresses that are given out. */
export interface IpPoolRecord extends Stored {
  uuid: string;
  name: string;
  purpose: PoolPurpose;
  /** `10.1.0.0/16` */
  network: string;
  ranges: AddressRange[];
  gateway: string | null;
  vlan_id: number | null;
  /** Of an IPAM of the operator's, which decides instead of us. */
  external_url: string | null;
  /** `{token}` for it. */
  external_auth: JsonObject | null;
}

/** An address that is not free: there is no row for a free one. */
export interface IpAddressRecord extends Stored {
  uuid: string;
  pool_uuid: string;
  address: string;
  /**
   * `used`: given to a server, and free again when the node is deleted. `static`: the operator gave it to this holder.
   * `releasing`: nobody's, and the operator's IPAM, which gave it, is not told yet; `note` is who had it.
   */
  /** The address as a number: lists are in its order. */
  address_number: number;
  state: 'used' | 'reserved' | 'static' | 'releasing';
  /** System UUID of the server. */
  holder: string | null;
  note: string | null;
}

/** Where one port of a server has to lead. */
export interface CableRecord extends Stored {
  uuid: string;
  /** A serial number, or `rack/unit`. */
  device: string;
  /** Name of the port on the server, or its MAC address. */
  port: string;
  switch_name: string;
  switch_port: string;
  note: string | null;
}

/** The version that a component has to have at least. */
export interface FirmwareBaselineRecord extends Stored {
  uuid: string;
  /** `bios`, `bmc` or `nic` */
  component: string;
  /** null: of any maker. */
  manufacturer: string | null;
  /** Of the server, or of the NIC; null: any. */
  product_name: string | null;
  version: string;
  /** Of the image of this very version, where the BMC measures it; null: it is not looked at. */
  digest: string | null;
  /** An older one fails the registration; else it is only told. */
  enforced: boolean;
  /** Image that the BMC updates an older one with when its server registers; null: it does not. */
  update_url: string | null;
  /** Of that image, as `firmware.update` takes it. */
  update_checksum: string | null;
  /** Run-time script (name) that the server itself runs for it; null: there is none. */
  update_script: string | null;
  /** Seconds that the script may take. */
  update_timeout_s: number | null;
  note: string | null;
}

/** Lets ramdisks register servers. Only a hash of it is kept. */
export interface EnrolmentTokenRecord extends Stored {
  uuid: string;
  name: string;
  /** SHA-256, hexadecimal. */
  token_hash: string;
  expires_at: EpochMs | null;
  /** Registrations that it is good for; null: any number. */
  uses_left: number | null;
  last_used_at: EpochMs | null;
}

/** What registration goes through, in order. */
export const REGISTRATION_STEPS = [
  'collect',
  'enrol',
  'cabling',
  'address',
  'bmc-lan',
  'bmc-account',
  'firmware',
  'report',
  'verify',
] as const;
export type RegistrationStep = (typeof REGISTRATION_STEPS)[number];

/** One attempt of a server to register. */
export interface RegistrationRecord extends Stored {
  uuid: string;
  system_uuid: string;
  node_uuid: string | null;
  token_uuid: string | null;
  state: 'running' | 'succeeded' | 'failed';
  /** Where it is, or where it stopped. */
  step: RegistrationStep;
  cause: string | null;
  log_tail: string | null;
  /** Of the ramdisk: where to reach the server by SSH. */
  address: string | null;
  bmc_address: string | null;
  serial_number: string | null;
  manufacturer: string | null;
  product_name: string | null;
  agent_version: string | null;
  /** SHA-256 of what the agent reports with. */
  secret_hash: string | null;
  ports: PortVerdict[];
  firmware: FirmwareVerdict[];
  finished_at: EpochMs | null;
}

/** A message to people, kept until it is delivered. */
export interface NoticeRecord extends Stored {
  uuid: string;
  outlet: 'slack' | 'webhook' | 'email';
  event: string;
  severity: 'info' | 'warning' | 'error';
  /** Whom it concerns. */
  project: string | null;
  /** The server that it is about; null: several, or none. */
  server_uuid: string | null;
  /** null: of the settings. */
  subscription_uuid: string | null;
  /** The project whose subscription it is; null: the provider. */
  audience: string | null;
  /** The same event of the same subject is sent once for each outlet. */
  subject_key: string;
  payload: JsonObject;
  /** `dead`: given up. `dropped`: by somebody, who wants to hear no more of it. */
  state: 'queued' | 'sent' | 'dead' | 'dropped';
  attempts: number;
  next_at: EpochMs;
  last_error: string | null;
  sent_at: EpochMs | null;
}
