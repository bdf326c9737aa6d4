import type { SeenPort } from './cabling.ts';
import type { SeenFirmware } from './firmware-baseline.ts';
import type { FlavorFacts } from './flavor-match.ts';
import type { JsonObject } from './json.ts';
import type { Neighbour } from './lldp.ts';

/** A network port as the server's own system sees it. */
export interface ReportedPort extends SeenPort {
  neighbour: Neighbour | null;
  ipv4_address: string | null;
  speed_mbps: number | null;
  vendor: string;
  product: string;
  /** Whether the server booted from it. */
  pxe: boolean;
}

export interface ReportedDisk {
  /** `/dev/sda` */
  name: string;
  model: string;
  serial: string;
  wwn: string;
  size_bytes: number;
  rotational: boolean;
}

/** The server's own BMC, as it is reached in band. */
export interface ReportedBmc {
  address: string | null;
  mac: string | null;
}

/** What a server tells of itself when it registers. */
export interface ServerReport {
  /** Lower case. */
  system_uuid: string;
  serial_number: string;
  manufacturer: string;
  product_name: string;
  cpu_arch: string;
  cpu_model: string;
  cpus: number;
  memory_mb: number;
  boot_mode: 'bios' | 'uefi';
  bios_vendor: string;
  disks: ReportedDisk[];
  ports: ReportedPort[];
  firmware: SeenFirmware[];
  /** null: it has none. */
  bmc: ReportedBmc | null;
  /** Of the system that reports: where to reach it by SSH. */
  address: string | null;
  agent_version: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/** System UUIDs that makers ship on every board instead of one of its own. */
const NOBODYS = ['03000200-0400-0500-0006-000700080009', '12345678-1234-5678-90ab-cddeefaabbcc'];

/** Most of each in one server. */
const MOST = { ports: 128, disks: 512, firmware: 256 } as const;

/** What keeps a report from being taken at all, in words; null: nothing. Pure. */
export function reportProblem(report: ServerReport): string | null {
  const { system_uuid, ports } = report;
  if (!UUID.test(system_uuid)) return `The system UUID ${system_uuid || '(none)'} is no UUID.`;
  if (NOBODYS.includes(system_uuid) || new Set(system_uuid.replaceAll('-', '')).size === 1)
    return `The system UUID ${system_uuid} is a placeholder that many boards have: write the server's own into its firmware.`;
  for (const part of ['ports', 'disks', 'firmware'] as const)
    if (report[part].length > MOST[part]) return `A server has at most ${MOST[part]} ${part}.`;
  const wrong = ports.find(({ mac }) => !MAC.test(mac));
  if (wrong !== undefined) return `Port ${wrong.name}: ${wrong.mac || '(none)'} is no MAC address.`;
  if (ports.length === 0)
    return 'The server reports no network port: check its network cards and their drivers.';
  const twice = ports.find(({ mac }, at) => ports.findIndex((one) => one.mac === mac) !== at);
  return twice === undefined ? null : `Two ports have the MAC address ${twice.mac}.`;
}

/** What flavors look at. */
export function flavorFacts(report: ServerReport): FlavorFacts {
  const { manufacturer, product_name, serial_number, cpu_arch, cpus, memory_mb } = report;
  return {
    ...{ manufacturer, product_name, serial_number, cpu_arch, cpus, memory_mb },
    disks: report.disks.length,
    disk_gb: Math.floor(largestDisk(report) / 1024 ** 3),
    nics: report.ports.length,
  };
}

/** The node's properties that scheduling looks at. As Ironic has it, one gibibyte is left for partitioning. */
export function schedulingProperties(report: ServerReport): JsonObject {
  const { cpu_arch, cpus, memory_mb } = report;
  const largest = largestDisk(report);
  return {
    ...(cpu_arch === '' ? {} : { cpu_arch }),
    ...(cpus === 0 ? {} : { cpus: String(cpus) }),
    ...(memory_mb === 0 ? {} : { memory_mb: String(memory_mb) }),
    ...(largest === 0 ? {} : { local_gb: String(Math.max(0, Math.floor(largest / 1024 ** 3) - 1)) }),
    capabilities: `boot_mode:${report.boot_mode}`,
  };
}

const largestDisk = ({ disks }: ServerReport): number =>
  Math.max(0, ...disks.map(({ size_bytes }) => size_bytes));

/** The inventory of the node, in the form in which ironic-python-agent gives it. */
export function inventoryOf(report: ServerReport): JsonObject {
  const bios = report.firmware.find(({ component }) => component === 'bios');
  return {
    interfaces: report.ports.map((port) => ({
      name: port.name,
      mac_address: port.mac,
      ipv4_address: port.ipv4_address,
      ipv6_address: null,
      has_carrier: port.carrier,
      speed_mbps: port.speed_mbps,
      vendor: port.vendor || null,
      product: port.product || null,
      client_id: null,
      biosdevname: null,
      lldp: null,
    })),
    cpu: { model_name: report.cpu_model, count: report.cpus, architecture: report.cpu_arch },
    disks: report.disks.map(({ size_bytes, model, name, rotational, serial, wwn }) => ({
      ...{ name, model, size: size_bytes, rotational },
      ...{ serial: serial || null, wwn: wwn || null },
    })),
    memory: { physical_mb: report.memory_mb },
    bmc_address: report.bmc?.address ?? null,
    bmc_mac: report.bmc?.mac ?? null,
    system_vendor: {
      manufacturer: report.manufacturer,
      product_name: report.product_name,
      serial_number: report.serial_number,
      system_uuid: report.system_uuid,
      firmware: { vendor: report.bios_vendor, version: bios?.version ?? '' },
    },
    boot: {
      current_boot_mode: report.boot_mode,
      pxe_interface: report.ports.find(({ pxe }) => pxe)?.mac ?? null,
    },
    firmware: report.firmware.map((one): JsonObject => ({ ...one })),
  };
}
