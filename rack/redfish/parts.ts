import type { JsonObject } from '../../lifecycle/json.ts';
import type { Machine } from '../machine.ts';
import type { Area } from './area.ts';
import { collection, link, named } from './json.ts';

const MODULES = ['DIMM1', 'DIMM2', 'DIMM3'];
const MODULE_MIB = 32_768;

/** Processors, memory and network interfaces of a virtual server: two sockets, one of them empty, two modules and an empty slot. */
export class Parts implements Area {
  readonly #machine: Machine;
  readonly #system: string;

  constructor(machine: Machine, system: string) {
    this.#machine = machine;
    this.#system = system;
  }

  /** Properties of the system that sum them up. */
  get properties(): JsonObject {
    return {
      ProcessorSummary: { Count: 1, Model: 'Kurogane Virtual CPU', LogicalProcessorCount: 16 },
      MemorySummary: { TotalSystemMemoryGiB: 64, Status: { State: 'Enabled', Health: 'OK' } },
      Processors: link(`${this.#system}/Processors`),
      Memory: link(`${this.#system}/Memory`),
      EthernetInterfaces: link(`${this.#system}/EthernetInterfaces`),
    };
  }

  read(path: string): JsonObject | null {
    const inside = path.startsWith(`${this.#system}/`) ? path.slice(this.#system.length + 1) : '';
    const [kind = '', id, ...rest] = inside.split('/');
    const members = this.#members(kind);
    if (members === null || rest.length > 0) return null;
    if (id === undefined)
      return collection(
        path,
        kind.replace(/sors$/, 'sor').replace(/faces$/, 'face'),
        Object.keys(members).map((each) => `${path}/${each}`),
      );
    const facts = members[id];
    return facts === undefined ? null : { ...named(path, TYPES[kind] ?? '', id), ...facts };
  }

  #members(kind: string): Record<string, JsonObject> | null {
    if (kind === 'Processors')
      return { CPU1: CPU, CPU2: { ProcessorType: 'CPU', Status: { State: 'Absent' } } };
    if (kind === 'Memory')
      return Object.fromEntries(
        MODULES.map((id, i) => [id, i < 2 ? memoryModule(id) : { Status: { State: 'Absent' } }]),
      );
    if (kind !== 'EthernetInterfaces') return null;
    return Object.fromEntries(
      this.#machine.identity.macs.map((mac, i) => [
        `NIC.${i + 1}`,
        {
          MACAddress: mac.toUpperCase(),
          PermanentMACAddress: mac.toUpperCase(),
          SpeedMbps: 10_000,
          LinkStatus: i === 0 ? 'LinkUp' : 'LinkDown',
          Status: { State: 'Enabled', Health: 'OK' },
        },
      ]),
    );
  }
}

const TYPES: Readonly<Record<string, string>> = {
  Processors: 'Processor.v1_18_0.Processor',
  Memory: 'Memory.v1_17_0.Memory',
  EthernetInterfaces: 'EthernetInterface.v1_10_0.EthernetInterface',
};

const CPU: JsonObject = {
  Socket: 'CPU1',
  ProcessorType: 'CPU',
  ProcessorArchitecture: 'x86',
  InstructionSet: 'x86-64',
  Manufacturer: 'Kurogane',
  Model: 'Kurogane Virtual CPU',
  MaxSpeedMHz: 2400,
  TotalCores: 8,
  TotalThreads: 16,
  Status: { State: 'Enabled', Health: 'OK' },
};

function memoryModule(id: string): JsonObject {
  return {
    DeviceLocator: id,
    CapacityMiB: MODULE_MIB,
    MemoryDeviceType: 'DDR5',
    OperatingSpeedMhz: 4800,
    Manufacturer: 'Kurogane',
    Status: { State: 'Enabled', Health: 'OK' },
  };
}
