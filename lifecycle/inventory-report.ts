import { isObject, type Json, type JsonObject } from './json.ts';
import { type LldpTlv, neighbourOf } from './lldp.ts';
import type { ServerReport } from './server-report.ts';

/**
 * The report of a server that was inspected by ironic-python-agent (reference: clients, d). Pure; what the inventory lacks is empty.
 *
 * @param system_uuid for inventories that tell none, as that of ironic-python-agent itself.
 */
export function reportOfInventory(
  inventory: JsonObject,
  plugin_data: JsonObject,
  system_uuid: string,
): ServerReport {
  const vendor = object(inventory.system_vendor);
  const firmware = object(vendor.firmware);
  const cpu = object(inventory.cpu);
  const boot = object(inventory.boot);
  const raw = object(plugin_data.lldp_raw);
  const interfaces = objects(inventory.interfaces);
  const manufacturer = text(vendor.manufacturer);
  const product_name = text(vendor.product_name);
  const bios = text(firmware.version);
  const bmc = text(inventory.bmc_address);
  const boot_mac = macOf(text(boot.pxe_interface));
  return {
    system_uuid: text(vendor.system_uuid).toLowerCase() || system_uuid,
    serial_number: text(vendor.serial_number),
    ...{ manufacturer, product_name },
    ...{ cpu_arch: text(cpu.architecture), cpu_model: text(cpu.model_name), cpus: number(cpu.count) },
    memory_mb: number(object(inventory.memory).physical_mb),
    boot_mode: boot.current_boot_mode === 'uefi' ? 'uefi' : 'bios',
    bios_vendor: text(firmware.vendor),
    disks: objects(inventory.disks).map((disk) => ({
      ...{ name: text(disk.name), model: text(disk.model), serial: text(disk.serial), wwn: text(disk.wwn) },
      ...{ size_bytes: number(disk.size), rotational: disk.rotational === true },
    })),
    ports: interfaces.map((port) => {
      const name = text(port.name);
      const mac = macOf(text(port.mac_address));
      return {
        ...{ name, mac, carrier: port.has_carrier === true, optic: null },
        neighbour: neighbourOf(tlvs(port.lldp ?? raw[name])),
        ipv4_address: text(port.ipv4_address) || null,
        speed_mbps: number(port.speed_mbps) || null,
        ...{ vendor: text(port.vendor), product: text(port.product), pxe: mac === boot_mac },
      };
    }),
    firmware: bios === '' ? [] : [{ component: 'bios', product_name, manufacturer, version: bios }],
    bmc: bmc === '' || bmc === '0.0.0.0' ? null : { address: bmc, mac: text(inventory.bmc_mac) || null },
    address: interfaces.map((port) => text(port.ipv4_address)).find((address) => address !== '') ?? null,
    agent_version: '',
  };
}

/** With or without the `01-` of PXE in front, with dashes or colons. */
function macOf(value: string): string {
  const mac = value.toLowerCase().replaceAll('-', ':');
  return mac.length === 20 ? mac.slice(3) : mac;
}

function tlvs(value: Json | undefined): LldpTlv[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one) =>
    Array.isArray(one) && typeof one[0] === 'number' && typeof one[1] === 'string'
      ? [[one[0], one[1]] as const]
      : [],
  );
}

const WORD = 255;

const text = (value: Json | undefined): string =>
  typeof value === 'string'
    ? value
        .replace(/\p{Cc}/gu, ' ')
        .trim()
        .slice(0, WORD)
    : '';

function number(value: Json | undefined): number {
  const found = Number(value ?? 0);
  return Number.isSafeInteger(found) && found > 0 ? found : 0;
}

function objects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

const object = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
