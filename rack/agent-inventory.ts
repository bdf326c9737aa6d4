import type { JsonObject } from '../lifecycle/json.ts';
import type { AgentHost } from './agent-host.ts';
import type { Disk } from './disk.ts';

const MEMORY_MB = 65_536;

/** The hardware as the real agent lists it (ironic_python_agent/hardware.py, list_hardware_info). */
export function inventoryOf(host: AgentHost): JsonObject {
  const { identity } = host;
  return {
    interfaces: identity.macs.map((mac_address, i) => ({
      name: `eth${i}`,
      mac_address,
      ipv4_address: i === 0 ? identity.address : null,
      ipv6_address: null,
      has_carrier: i === 0,
      lldp: null,
      vendor: '0x8086',
      product: '0x1572',
      client_id: null,
      biosdevname: null,
      speed_mbps: 10_000,
      pci_address: `0000:01:00.${i}`,
      driver: 'i40e',
    })),
    cpu: {
      model_name: 'Kurogane Virtual CPU',
      frequency: '2400.0000',
      count: 16,
      architecture: 'x86_64',
      flags: ['lm', 'vmx'],
      socket_count: 1,
    },
    disks: host.disks.map(diskOf),
    memory: { total: MEMORY_MB * 1024 * 1024, physical_mb: MEMORY_MB },
    bmc_address: '0.0.0.0',
    bmc_v6address: '::/0',
    bmc_mac: null,
    system_vendor: {
      product_name: identity.product_name,
      serial_number: identity.serial,
      manufacturer: identity.manufacturer,
      firmware: { vendor: identity.manufacturer, version: '1.0', build_date: '01/01/2026' },
    },
    boot: { current_boot_mode: host.boot_mode, pxe_interface: identity.macs[0] ?? null },
    hostname: identity.name,
  };
}

/** What the real agent posts to `ipa-inspection-callback-url` with the default collector. */
export function inspectionDataOf(host: AgentHost): JsonObject {
  const [root] = host.disks;
  return {
    inventory: inventoryOf(host),
    root_disk: root === undefined ? null : diskOf(root),
    boot_interface: host.identity.macs[0] ?? null,
    configuration: {
      collectors: ['default', 'logs'],
      managers: [{ name: 'generic_hardware_manager', version: '1.2' }],
    },
    error: null,
  };
}

function diskOf(disk: Disk): JsonObject {
  const { name, model, serial, size_bytes } = disk.facts;
  return {
    name,
    model,
    size: size_bytes,
    rotational: false,
    wwn: null,
    serial,
    vendor: 'KUROGANE',
    wwn_with_extension: null,
    wwn_vendor_extension: null,
    hctl: '0:0:0:0',
    by_path: `/dev/disk/by-path/pci-0000:00:17.0-ata-${name.at(-1)}`,
    logical_sectors: 512,
    physical_sectors: 4096,
    tran: 'sata',
  };
}
