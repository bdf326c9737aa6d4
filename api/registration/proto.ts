import { join } from 'node:path';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { projectRoot } from '../../config/project-root.ts';

export const REGISTRATION_PROTO = join(projectRoot, 'api', 'registration', 'v1', 'registration.proto');

/** How messages look in JavaScript: fields spelt as in the file, enums as words, 64-bit numbers as numbers, nothing left out. */
const FORM = { keepCase: true, longs: Number, enums: String, defaults: true, arrays: true } as const;

export const loadRegistrationProto = (): PackageDefinition => loadSync(REGISTRATION_PROTO, FORM);

/** Messages of registration.proto as they come over the wire: messages that were left out are null. */
export interface RegisterRequest {
  system_uuid: string;
  serial_number: string;
  manufacturer: string;
  product_name: string;
  cpu_arch: string;
  cpu_model: string;
  cpus: number;
  memory_mb: number;
  boot_mode: string;
  bios_vendor: string;
  disks: {
    name: string;
    model: string;
    serial: string;
    wwn: string;
    size_bytes: number;
    rotational: boolean;
  }[];
  ports: {
    name: string;
    mac: string;
    carrier: boolean;
    optic: string;
    ipv4_address: string;
    speed_mbps: number;
    vendor: string;
    product: string;
    pxe: boolean;
    lldp: { type: number; value: Uint8Array }[];
  }[];
  firmware: { component: string; product_name: string; manufacturer: string; version: string }[];
  bmc: { address: string; mac: string } | null;
  address: string;
  agent_version: string;
}

export type WireAction =
  | 'ACTION_GO_ON'
  | 'ACTION_WAIT'
  | 'ACTION_POWER_OFF'
  | 'ACTION_STAY'
  | 'ACTION_RESTART';

export interface RegisterReply {
  registration_uuid: string;
  node_uuid: string;
  secret: string;
  action: WireAction;
  step: string;
  cause: string;
  bmc: {
    address: string;
    netmask: string;
    gateway: string;
    vlan_id: number;
    username: string;
    password: string;
  } | null;
  updates: {
    component: string;
    product_name: string;
    found: string;
    wanted: string;
    script: string;
    timeout_s: number;
  }[];
}

export interface ReportRequest {
  registration_uuid: string;
  secret: string;
  step: string;
  outcome: string;
  cause: string;
  log_tail: string;
}

export interface ReportReply {
  action: WireAction;
  step: string;
  cause: string;
}
