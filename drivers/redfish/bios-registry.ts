import type { BiosSetting } from '../contract.ts';
import type { Call } from './call.ts';
import { membersOf } from './collection.ts';
import { arrayIn, booleanIn, isObject, linkIn, objectIn, type Resource, textIn } from './resources.ts';
import type { System } from './system.ts';

/** What a registry says of an attribute (DSP0268, AttributeRegistry). */
export type AttributeFacts = Omit<BiosSetting, 'name' | 'value'>;

export const UNKNOWN_ATTRIBUTE: AttributeFacts = {
  attribute_type: null,
  allowable_values: null,
  lower_bound: null,
  upper_bound: null,
  min_length: null,
  max_length: null,
  read_only: null,
  reset_required: null,
  unique: null,
};

/** The registry that the BIOS resource names, by attribute; empty where the BMC does not hold it itself. */
export async function readAttributeRegistry(
  { client }: System,
  call: Call,
  bios: Resource,
): Promise<ReadonlyMap<string, AttributeFacts>> {
  const wished = textIn(bios.body, 'AttributeRegistry');
  const registries = linkIn((await client.root(call)).body, 'Registries');
  if (wished === null || registries === null) return new Map();
  const paths = await membersOf(client, call, registries);
  // A path that has its name first: BMCs have dozens of registries.
  const ranked = [...paths].sort((a, b) => Number(b.includes(wished)) - Number(a.includes(wished)));
  for (const path of ranked) {
    const file = await client.get(call, path);
    if (textIn(file.body, 'Registry') !== wished && textIn(file.body, 'Id') !== wished) continue;
    const location = locationIn(file);
    if (location === null) return new Map();
    return attributesIn(await client.get(call, location));
  }
  return new Map();
}

/** In English where there is a choice. What is published elsewhere is not fetched. */
function locationIn({ body }: Resource): string | null {
  const locations = arrayIn(body, 'Location').filter(isObject);
  const english = locations.find((each) => textIn(each, 'Language')?.startsWith('en') === true);
  const chosen = english ?? locations[0];
  return chosen === undefined ? null : textIn(chosen, 'Uri');
}

function attributesIn({ body }: Resource): Map<string, AttributeFacts> {
  const entries = arrayIn(objectIn(body, 'RegistryEntries') ?? {}, 'Attributes').filter(isObject);
  const found = new Map<string, AttributeFacts>();
  for (const entry of entries) {
    const name = textIn(entry, 'AttributeName');
    if (name !== null) found.set(name, factsOf(entry));
  }
  return found;
}

function factsOf(entry: Record<string, unknown>): AttributeFacts {
  const values = arrayIn(entry, 'Value').filter(isObject);
  const names = values.map((each) => textIn(each, 'ValueName')).filter((name) => name !== null);
  return {
    attribute_type: textIn(entry, 'Type'),
    allowable_values: names.length > 0 ? names : null,
    lower_bound: numberIn(entry, 'LowerBound'),
    upper_bound: numberIn(entry, 'UpperBound'),
    min_length: numberIn(entry, 'MinLength'),
    max_length: numberIn(entry, 'MaxLength'),
    read_only: booleanIn(entry, 'ReadOnly') === true || booleanIn(entry, 'Immutable') === true,
    reset_required: booleanIn(entry, 'ResetRequired'),
    unique: booleanIn(entry, 'IsSystemUniqueProperty'),
  };
}

function numberIn(entry: Record<string, unknown>, name: string): number | null {
  const value = entry[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
