import type { Settings } from '../config/options.ts';
import {
  type HardwareTypeFacts,
  INTERFACE_KINDS,
  type InterfaceField,
  type InterfaceKind,
} from '../lifecycle/records.ts';
import type { Driver } from './contract.ts';

/** The drivers of this process by the name of their hardware type. */
export interface DriverRegistry extends AsyncDisposable {
  get(name: string): Driver | null;
  names(): string[];
}

/** A registry of `drivers`; disposing it disposes them. @throws Error when two have one name. */
export function createDriverRegistry(drivers: readonly Driver[]): DriverRegistry {
  const byName = new Map<string, Driver>();
  for (const driver of drivers) {
    if (byName.has(driver.name)) throw new Error(`Two drivers have the name ${driver.name}.`);
    byName.set(driver.name, driver);
  }
  return {
    get: (name) => byName.get(name) ?? null,
    names: () => [...byName.keys()],
    [Symbol.asyncDispose]: async () => {
      await Promise.all(drivers.map((driver) => driver[Symbol.asyncDispose]()));
    },
  };
}

/**
 * What a conductor tells the API about a hardware type: the interfaces that are both supported and enabled, the first of
 * which is the default, and its driver_info properties. An empty `enabled_management_interfaces` or
 * `enabled_power_interfaces` enables all that the hardware type supports.
 */
export function hardwareTypeFacts(driver: Driver, settings: Settings): HardwareTypeFacts {
  const properties = Object.entries(driver.properties);
  return {
    properties: Object.fromEntries(properties.map(([name, facts]) => [name, facts.description])),
    secrets: properties.filter(([, facts]) => facts.secret === true).map(([name]) => name),
    interfaces: Object.fromEntries(
      INTERFACE_KINDS.map((kind) => {
        const enabled = enabledInterfaces(driver, kind, settings);
        const preset = settings.DEFAULT[`default_${kind}_interface`] || enabled[0];
        return [kind, { enabled, default: enabled.find((name) => name === preset) ?? null }];
      }),
    ) as HardwareTypeFacts['interfaces'],
  };
}

function enabledInterfaces(driver: Driver, kind: InterfaceKind, settings: Settings): string[] {
  const option: readonly string[] = settings.DEFAULT[enabledOption(kind)];
  const supported = driver.interfaces[kind];
  const computed = kind === 'management' || kind === 'power';
  if (computed && option.length === 0) return [...supported];
  return supported.filter((name) => option.includes(name));
}

function enabledOption(kind: InterfaceKind): `enabled_${InterfaceField}s` {
  return `enabled_${kind}_interfaces`;
}
