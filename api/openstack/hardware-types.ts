import { serviceError } from '../../lifecycle/errors.ts';
import {
  type ConductorRecord,
  type HardwareTypeFacts,
  INTERFACE_KINDS,
  type InterfaceField,
  type NodeRecord,
} from '../../lifecycle/records.ts';
import type { Api } from './handler.ts';

/** The conductors of a list that serve each hardware type. */
export function driversOf(conductors: readonly ConductorRecord[]): Map<string, ConductorRecord[]> {
  const drivers = new Map<string, ConductorRecord[]>();
  for (const conductor of conductors) {
    for (const driver of Object.keys(conductor.hardware_types)) {
      drivers.set(driver, [...(drivers.get(driver) ?? []), conductor]);
    }
  }
  return new Map([...drivers].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * What the live conductors of a group can do with a hardware type.
 * @throws ServiceUnavailable (no conductor at all), NoValidHost 400 (none of the group has the driver enabled)
 */
export async function requireHardwareType(
  api: Api,
  driver: string,
  conductor_group: string,
): Promise<HardwareTypeFacts> {
  const known = factsAmong(await api.conductors.recent(), driver, conductor_group);
  if (known !== undefined) return known;
  const alive = await api.conductors.now();
  if (alive.length === 0) {
    throw serviceError('ServiceUnavailable', {
      why: 'No conductor service is running: start one and try again.',
    });
  }
  const facts = factsAmong(alive, driver, conductor_group);
  if (facts !== undefined) return facts;
  const drivers = driversOf(alive.filter((conductor) => conductor.conductor_group === conductor_group));
  const group = conductor_group === '' ? '' : ` in conductor group "${conductor_group}"`;
  const enabled = drivers.size === 0 ? 'none' : [...drivers.keys()].join(', ');
  throw serviceError('NoValidHost', {
    why: `No conductor service registered which supports driver ${driver}${group}. Enabled hardware types: ${enabled}.`,
  });
}

function factsAmong(
  conductors: readonly ConductorRecord[],
  driver: string,
  conductor_group: string,
): HardwareTypeFacts | undefined {
  const serving = conductors.find(
    (conductor) =>
      conductor.conductor_group === conductor_group && Object.hasOwn(conductor.hardware_types, driver),
  );
  return serving?.hardware_types[driver];
}

export type Interfaces = Record<InterfaceField, string>;

/**
 * The interfaces of a node: those asked for, checked, and the hardware type's defaults for the rest.
 *
 * @param wanted null or absent: choose the default.
 * @throws InvalidParameterValue naming what is enabled
 */
export function chooseInterfaces(
  driver: string,
  facts: HardwareTypeFacts,
  wanted: Partial<Record<InterfaceField, string | null>>,
): Interfaces {
  const chosen: Partial<Interfaces> = {};
  for (const kind of INTERFACE_KINDS) {
    const field: InterfaceField = `${kind}_interface`;
    const { enabled, default: preset } = facts.interfaces[kind];
    const name = wanted[field] ?? preset;
    if (name === null) {
      throw serviceError('InvalidParameterValue', {
        why: `No default ${kind} interface for hardware type ${driver}: name one of ${enabled.join(', ') || 'none'}.`,
      });
    }
    if (!enabled.includes(name)) {
      throw serviceError('InvalidParameterValue', {
        why:
          `Could not find the following interface in the enabled ${kind} interfaces of hardware type ${driver}: ${name}. ` +
          `Valid interfaces are ${enabled.join(', ') || 'none'}.`,
      });
    }
    chosen[field] = name;
  }
  return chosen as Interfaces;
}

/** The interfaces that a node has now. */
export function interfacesOf(node: NodeRecord): Interfaces {
  return Object.fromEntries(
    INTERFACE_KINDS.map((kind) => [`${kind}_interface`, node[`${kind}_interface`]]),
  ) as Interfaces;
}
