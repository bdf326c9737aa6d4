import { serviceError } from './errors.ts';
import { type HardwareTypeFacts, INTERFACE_KINDS, type InterfaceField, type NodeRecord } from './records.ts';

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
