import { randomUUID } from 'node:crypto';
import type { ReportedPort, ServerReport } from '../../lifecycle/server-report.ts';
import { uniqueAddress } from './records.ts';

export function newReportedPort(changes: Partial<ReportedPort> = {}): ReportedPort {
  return {
    name: 'eno1',
    mac: uniqueAddress(),
    carrier: true,
    optic: null,
    neighbour: { switch_name: 'leaf1', switch_port: 'Eth1/1', switch_id: '52:54:00:aa:00:01' },
    ipv4_address: '192.0.2.10',
    speed_mbps: 10_000,
    vendor: '0x8086',
    product: '0x1572',
    pxe: true,
    ...changes,
  };
}

/** What a sound server tells of itself; each has a UUID, a serial number and MAC addresses of its own. */
export function newReport(changes: Partial<ServerReport> = {}): ServerReport {
  const system_uuid = randomUUID();
  return {
    system_uuid,
    serial_number: `S${system_uuid.slice(0, 8)}`,
    manufacturer: 'Dell Inc.',
    product_name: 'R640',
    cpu_arch: 'x86_64',
    cpu_model: 'Xeon',
    cpus: 32,
    memory_mb: 65_536,
    boot_mode: 'uefi',
    bios_vendor: 'Dell Inc.',
    disks: [
      {
        ...{ name: '/dev/sda', model: 'PM883', serial: 'D1', wwn: '', size_bytes: 480 * 1024 ** 3 },
        rotational: false,
      },
    ],
    ports: [
      newReportedPort(),
      newReportedPort({ name: 'eno2', carrier: false, neighbour: null, ipv4_address: null, pxe: false }),
    ],
    firmware: [{ component: 'bios', product_name: 'R640', manufacturer: 'Dell Inc.', version: '2.10' }],
    bmc: { address: '0.0.0.0', mac: '52:54:00:bb:00:01' },
    address: '192.0.2.10',
    agent_version: '1',
    ...changes,
  };
}
