import { type BiosReader, type BiosSetting, type BiosWriter, DriverError } from '../contract.ts';
import { type AttributeFacts, readAttributeRegistry, UNKNOWN_ATTRIBUTE } from './bios-registry.ts';
import type { Call } from './call.ts';
import { actionIn, linkIn, objectIn, type Resource, required, textsIn } from './resources.ts';
import type { System } from './system.ts';

type Value = string | number | boolean;

async function readBios(system: System, call: Call): Promise<Resource> {
  const resource = await system.read(call);
  return system.client.get(call, required(resource, 'Bios', linkIn(resource.body, 'Bios')));
}

export function redfishBios(system: System): BiosReader {
  return {
    read: (options) =>
      system.client.within(options, async (call) => {
        const bios = await readBios(system, call);
        const registry = await readAttributeRegistry(system, call, bios);
        return Object.entries(objectIn(bios.body, 'Attributes') ?? {}).map(
          ([name, value]): BiosSetting => ({
            name,
            value: textOf(value),
            ...(registry.get(name) ?? UNKNOWN_ATTRIBUTE),
          }),
        );
      }),
  };
}

/**
 * Changes go to the settings object, which shows them until the server has taken them on with a boot (DSP0266 9.10,
 * `@Redfish.Settings`); where there is none, to the resource itself.
 */
export function redfishBiosWriter(system: System): BiosWriter {
  const { client } = system;
  return {
    apply: (settings, options) =>
      client.within(options, async (call) => {
        const bios = await readBios(system, call);
        const registry = await readAttributeRegistry(system, call, bios);
        const known = objectIn(bios.body, 'Attributes') ?? {};
        const attributes = Object.fromEntries(
          settings.map(({ name, value }) => {
            const wished = Object.hasOwn(known, name)
              ? typed(value, registry.get(name) ?? UNKNOWN_ATTRIBUTE, known[name])
              : { problem: 'the BMC has no such setting' };
            if ('problem' in wished)
              throw new DriverError(
                'rejected',
                `${client.name}: The BIOS setting ${name} cannot be ${String(value)}: ${wished.problem}.`,
              );
            return [name, wished.value];
          }),
        );
        const link = settingsLink(bios);
        const target = link === null ? bios : await client.get(call, link);
        return client.beginPatch(call, target, { Attributes: attributes, ...applyTime(bios) });
      }),
    pending: (options) =>
      client.within(options, async (call) => {
        const bios = await readBios(system, call);
        const link = settingsLink(bios);
        if (link === null) return {};
        // Some show all settings there, those that are in force already too.
        const current = objectIn(bios.body, 'Attributes') ?? {};
        const asked = objectIn((await client.get(call, link)).body, 'Attributes') ?? {};
        const differing = Object.entries(asked).filter(
          ([name, value]) => value !== null && Object.hasOwn(current, name) && current[name] !== value,
        );
        return Object.fromEntries(differing.map(([name, value]) => [name, textOf(value) ?? '']));
      }),
    factoryReset: (options) =>
      client.within(options, async (call) => {
        const bios = await readBios(system, call);
        const action = required(bios, '#Bios.ResetBios', actionIn(bios, 'Bios.ResetBios', 'ResetType'));
        return client.beginPost(call, action.target, {});
      }),
  };
}

function settingsLink({ body }: Resource): string | null {
  return linkIn(objectIn(body, '@Redfish.Settings') ?? {}, 'SettingsObject');
}

/** BMCs that offer several times to apply settings at want to be told; the others take one that they have. */
function applyTime({ body }: Resource): object {
  const times = textsIn(objectIn(body, '@Redfish.Settings') ?? {}, 'SupportedApplyTimes') ?? [];
  return times.includes('OnReset') ? { '@Redfish.SettingsApplyTime': { ApplyTime: 'OnReset' } } : {};
}

function textOf(value: unknown): string | null {
  return value === null || typeof value === 'object' ? null : String(value);
}

/** The value as the BMC wants it, or why it cannot be. */
function typed(
  value: Value,
  facts: AttributeFacts,
  current: unknown,
): { value: Value } | { problem: string } {
  if (facts.read_only === true) return { problem: 'it is read-only' };
  const type = facts.attribute_type ?? TYPES[typeof current];
  if (type === 'Integer') return typedInteger(value, facts);
  if (type === 'Boolean') {
    const word = String(value).toLowerCase();
    return word === 'true' || word === 'false'
      ? { value: word === 'true' }
      : { problem: 'it is true or false' };
  }
  const text = String(value);
  const { allowable_values, min_length, max_length } = facts;
  if (type === 'Enumeration' && allowable_values !== null && !allowable_values.includes(text))
    return { problem: `it may be ${allowable_values.join(', ')}` };
  if (text.length < (min_length ?? 0) || text.length > (max_length ?? text.length))
    return { problem: `it has ${min_length ?? 0} to ${max_length ?? 'any number of'} characters` };
  return { value: text };
}

const TYPES: Readonly<Record<string, string>> = { number: 'Integer', boolean: 'Boolean' };

function typedInteger(
  value: Value,
  { lower_bound, upper_bound }: AttributeFacts,
): { value: number } | { problem: string } {
  const number = typeof value === 'boolean' || value === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(number)) return { problem: 'it is a number' };
  if (number < (lower_bound ?? number) || number > (upper_bound ?? number))
    return { problem: `it is a number from ${lower_bound ?? 'any'} to ${upper_bound ?? 'any'}` };
  return { value: number };
}
