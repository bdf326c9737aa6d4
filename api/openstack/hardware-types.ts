import { serviceError } from '../../lifecycle/errors.ts';
import type { ConductorRecord, HardwareTypeFacts } from '../../lifecycle/records.ts';
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
