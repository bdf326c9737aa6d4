import type { JsonObject } from '../../lifecycle/json.ts';
import type { HardwareReader } from '../contract.ts';
import type { Call } from './call.ts';
import { arrayIn, isObject, linkIn, linksIn, objectIn, type Resource, textIn } from './resources.ts';
import { drivesOf, levelOf, storagesOf } from './storage.ts';
import type { System } from './system.ts';

/** Processor.InstructionSet and ProcessorArchitecture in the words of Linux, as Ironic and the ramdisk have them. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  'x86-64': 'x86_64',
  x86: 'x86_64',
  'ARM-A64': 'aarch64',
  ARM: 'aarch64',
  PowerISA: 'ppc64le',
  Power: 'ppc64le',
  RV64: 'riscv64',
  'RISC-V': 'riscv64',
};
const MODES: Readonly<Record<string, string>> = { UEFI: 'uefi', Legacy: 'bios' };

/** All that the BMC tells of its server, in the shape of the ramdisk's inventory (ironic_python_agent, list_hardware_info). */
export function redfishHardware(system: System): HardwareReader {
  return {
    inventory: (options) =>
      system.client.within(options, async (call) => {
        const resource = await system.read(call);
        const [manager] = await system.linked(call, resource, 'ManagedBy');
        const { body } = resource;
        return {
          interfaces: await interfaces(system, call, resource),
          ...(await processors(system, call, resource)),
          ...(await memory(system, call, resource)),
          disks: await disks(system, call, resource),
          bmc_address: system.client.hostname,
          system_vendor: {
            product_name: textIn(body, 'Model'),
            serial_number: textIn(body, 'SerialNumber'),
            manufacturer: textIn(body, 'Manufacturer'),
            sku: textIn(body, 'SKU'),
            system_uuid: textIn(body, 'UUID')?.toLowerCase() ?? null,
            firmware: { vendor: textIn(body, 'Manufacturer'), version: textIn(body, 'BiosVersion') },
          },
          bmc: {
            manufacturer: manager === undefined ? null : textIn(manager.body, 'Manufacturer'),
            model: manager === undefined ? null : textIn(manager.body, 'Model'),
            firmware_version: manager === undefined ? null : textIn(manager.body, 'FirmwareVersion'),
          },
          boot: {
            current_boot_mode:
              MODES[textIn(objectIn(body, 'Boot') ?? {}, 'BootSourceOverrideMode') ?? ''] ?? null,
          },
        };
      }),
  };
}

/** Parts that are there; empty sockets and slots are told too. */
async function present(system: System, call: Call, link: string | null): Promise<Resource[]> {
  return (await system.members(call, link)).filter(
    ({ body }) => textIn(objectIn(body, 'Status') ?? {}, 'State') !== 'Absent',
  );
}

async function processors(system: System, call: Call, { body }: Resource): Promise<JsonObject> {
  const all = await present(system, call, linkIn(body, 'Processors'));
  const cpus = all
    .filter((each) => (textIn(each.body, 'ProcessorType') ?? 'CPU') === 'CPU')
    .map((each) => each.body);
  const [first] = cpus;
  const summary = objectIn(body, 'ProcessorSummary') ?? {};
  const threads = cpus.reduce(
    (sum, cpu) => sum + (numberIn(cpu, 'TotalThreads') ?? numberIn(cpu, 'TotalCores') ?? 0),
    0,
  );
  const count = threads || numberIn(summary, 'LogicalProcessorCount') || numberIn(summary, 'CoreCount');
  const word = first && (textIn(first, 'InstructionSet') ?? textIn(first, 'ProcessorArchitecture'));
  const speeds = cpus.map((cpu) => numberIn(cpu, 'MaxSpeedMHz') ?? 0);
  return {
    cpu: withoutNulls({
      model_name: (first && textIn(first, 'Model')) ?? textIn(summary, 'Model'),
      architecture: ARCHITECTURES[word ?? ''] ?? null,
      count: count || null,
      frequency: Math.max(0, ...speeds) || null,
      socket_count: cpus.length || numberIn(summary, 'Count'),
    }),
    processors: all.map((each) =>
      partOf(each, ['ProcessorType', 'Model', 'Manufacturer', 'Socket', 'TotalCores', 'TotalThreads']),
    ),
  };
}

async function memory(system: System, call: Call, { body }: Resource): Promise<JsonObject> {
  const modules = await present(system, call, linkIn(body, 'Memory'));
  const total_mb = modules.reduce((sum, each) => sum + (numberIn(each.body, 'CapacityMiB') ?? 0), 0);
  const told_gib = numberIn(objectIn(body, 'MemorySummary') ?? {}, 'TotalSystemMemoryGiB');
  const physical_mb = told_gib === null || told_gib === 0 ? total_mb : Math.round(told_gib * 1024);
  return {
    memory: physical_mb > 0 ? { physical_mb, total: physical_mb * 1024 * 1024 } : {},
    memory_modules: modules.map((each) =>
      partOf(each, [
        'DeviceLocator',
        'CapacityMiB',
        'MemoryDeviceType',
        'OperatingSpeedMhz',
        'Manufacturer',
        'PartNumber',
        'SerialNumber',
      ]),
    ),
  };
}

/** What an operating system sees as disks: volumes, and drives that belong to none; or else what SimpleStorage has. */
async function disks(system: System, call: Call, { body: own }: Resource): Promise<JsonObject[]> {
  const found: JsonObject[] = [];
  for (const storage of await storagesOf(system, call)) {
    const volumes = (await system.members(call, linkIn(storage.body, 'Volumes'))).filter(
      (each) => levelOf(each) !== 'raw',
    );
    const taken = new Set(volumes.flatMap(({ body }) => linksIn(objectIn(body, 'Links') ?? {}, 'Drives')));
    for (const { path, body } of volumes)
      found.push({
        name: textIn(body, 'DisplayName') ?? textIn(body, 'Name') ?? path,
        size: bytesIn(body),
        volume: true,
      });
    for (const { resource, drive } of await drivesOf(system, call, storage))
      if (!taken.has(resource.path))
        found.push({
          ...{
            name: drive.id,
            model: drive.model,
            serial: drive.serial_number,
            size: bytesIn(resource.body),
          },
          rotational: drive.disk_type === null ? null : drive.disk_type === 'hdd',
          vendor: textIn(resource.body, 'Manufacturer'),
        });
  }
  if (found.length === 0)
    for (const { body } of await system.members(call, linkIn(own, 'SimpleStorage')))
      for (const device of arrayIn(body, 'Devices').filter(isObject))
        found.push({ name: textIn(device, 'Name'), model: textIn(device, 'Model'), size: bytesIn(device) });
  return found.filter(({ size }) => size !== 0);
}

/** The system's own Ethernet interfaces, or else those of the network adapters in its chassis. */
async function interfaces(system: System, call: Call, resource: Resource): Promise<JsonObject[]> {
  const own = await system.members(call, linkIn(resource.body, 'EthernetInterfaces'));
  const found = own
    .filter(isUsable)
    .map(({ body }) =>
      interfaceOf(
        body,
        textIn(body, 'MACAddress') ?? textIn(body, 'PermanentMACAddress'),
        numberIn(body, 'SpeedMbps'),
      ),
    );
  if (found.some(({ mac_address }) => mac_address !== null))
    return found.filter(({ mac_address }) => mac_address !== null);
  const functions: JsonObject[] = [];
  for (const chassis of await system.linked(call, resource, 'Chassis'))
    for (const adapter of await system.members(call, linkIn(chassis.body, 'NetworkAdapters')))
      for (const each of await system.members(call, linkIn(adapter.body, 'NetworkDeviceFunctions'))) {
        const ethernet = objectIn(each.body, 'Ethernet') ?? {};
        const mac = textIn(ethernet, 'MACAddress') ?? textIn(ethernet, 'PermanentMACAddress');
        if (mac !== null && isUsable(each)) functions.push(interfaceOf(each.body, mac, null));
      }
  return functions;
}

function isUsable({ body }: Resource): boolean {
  const state = textIn(objectIn(body, 'Status') ?? {}, 'State') ?? 'Enabled';
  return state !== 'Absent' && state !== 'Disabled';
}

function interfaceOf(body: Resource['body'], mac: string | null, speed_mbps: number | null): JsonObject {
  const link = textIn(body, 'LinkStatus');
  return {
    name: textIn(body, 'Id') ?? textIn(body, 'Name'),
    mac_address: mac?.toLowerCase() ?? null,
    has_carrier: link === null ? null : link === 'LinkUp',
    speed_mbps,
  };
}

function partOf({ body }: Resource, fields: readonly string[]): JsonObject {
  const told = fields.flatMap((field): [string, string | number][] => {
    const value = body[field];
    return typeof value === 'string' || typeof value === 'number' ? [[field, value]] : [];
  });
  return { Id: textIn(body, 'Id'), ...Object.fromEntries(told) };
}

/** Bytes; 0: not told. */
function bytesIn(body: object): number {
  return numberIn(body, 'CapacityBytes') ?? 0;
}

function numberIn(body: object, name: string): number | null {
  const value: unknown = (body as Record<string, unknown>)[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function withoutNulls(object: Record<string, string | number | null>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}
