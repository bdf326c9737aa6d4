import type { Schema } from '../../api/document.ts';

/** Kinds of things that fields name, and that are chosen by their names. */
export type Target = 'profiles' | 'pools' | 'models' | 'flavors' | 'chassis' | 'servers';

/** How a field is typed. */
export type Widget =
  | { kind: 'text'; max_length: number | null }
  /** Several lines. */
  | { kind: 'long' }
  /** Shown to nobody. */
  | { kind: 'secret' }
  | { kind: 'number'; min: number | null; max: number | null }
  /** Yes, no, or not said. */
  | { kind: 'flag' }
  | { kind: 'choice'; values: readonly string[]; labels?: ReadonlyMap<string, string> }
  /** A day, or a minute by the clock of whoever types. */
  | { kind: 'time'; day: boolean }
  | { kind: 'reference'; to: Target }
  /** A text, or a number if it is one. */
  | { kind: 'scalar' }
  /** Texts, one a line. */
  | { kind: 'words' }
  /** Texts that are known, to be ticked, and others one a line. */
  | { kind: 'ticks'; known: readonly string[] }
  /** An object's fields; what is empty is left out. */
  | { kind: 'parts'; fields: readonly NamedWidget[] }
  /** Objects one after the other; `ordered`: their field that says which comes first. */
  | { kind: 'rows'; fields: readonly NamedWidget[]; ordered: string | null }
  | { kind: 'json' };

export interface NamedWidget {
  name: string;
  widget: Widget;
  required: boolean;
  /** What the service takes where nothing is said. */
  initial?: unknown;
  description?: string | undefined;
}

/** Longer texts have several lines. */
const LONG = 2000;
const TARGETS: Readonly<Record<string, Target>> = {
  profile_uuid: 'profiles',
  flavor_uuid: 'flavors',
  pool: 'pools',
  pool_uuid: 'pools',
  replacement_uuid: 'models',
  model_uuid: 'models',
  chassis_uuid: 'chassis',
  server_uuid: 'servers',
  holder: 'servers',
  node: 'servers',
  node_uuid: 'servers',
};
const SECRETS: readonly string[] = ['external_token', 'secret'];
/** Words of people, in whole sentences. */
const PROSE: readonly string[] = ['what', 'note'];
export const isProse = (name: string): boolean => PROSE.includes(name);

/** The kinds of schema, the first that fits a field being how it is typed. */
const KINDS: readonly ((name: string, schema: Schema) => Widget | null)[] = [
  (name) => (TARGETS[name] === undefined ? null : { kind: 'reference', to: TARGETS[name] }),
  (name) => (SECRETS.includes(name) ? { kind: 'secret' } : null),
  (_name, schema) => (isFlag(schema) ? { kind: 'flag' } : null),
  (_name, { enum: values }) =>
    values === undefined ? null : { kind: 'choice', values: values.filter((one) => one !== null) },
  (_name, schema) =>
    schema.format === 'iso-time' ? { kind: 'time', day: schema['x-precision'] === 'day' } : null,
  (_name, schema) => {
    const number = alternatives(schema).find(({ type }) => type === 'integer' || type === 'number');
    if (number === undefined) return null;
    if (schema.oneOf !== undefined) return { kind: 'scalar' };
    return { kind: 'number', min: number.minimum ?? null, max: number.maximum ?? null };
  },
  (_name, { type, items }) => {
    if (type !== 'array' || items === undefined) return null;
    if (items.properties !== undefined) return rowsOf(items);
    if (items.type !== 'string') return null;
    const known = items['x-known'];
    return known === undefined ? { kind: 'words' } : { kind: 'ticks', known };
  },
  (_name, schema) => {
    const object = alternatives(schema).find(({ properties }) => properties !== undefined);
    return object === undefined ? null : { kind: 'parts', fields: fieldsOf(object) };
  },
  (name, { type, maxLength = 0 }) =>
    type === 'string' && (maxLength > LONG || isProse(name)) ? { kind: 'long' } : null,
  (_name, { type, maxLength }) =>
    type === 'string' ? { kind: 'text', max_length: maxLength ?? null } : null,
];

/** How a field of a schema is typed; what fits no kind is JSON. Pure. */
export function widgetOf(name: string, schema: Schema): Widget {
  for (const kind of KINDS) {
    const found = kind(name, schema);
    if (found !== null) return found;
  }
  return { kind: 'json' };
}

/** How the fields of an object are typed, without those of `omit`. */
export function fieldsOf(schema: Schema, omit: readonly string[] = []): NamedWidget[] {
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => !omit.includes(name))
    .map(([name, one]) => ({
      name,
      widget: widgetOf(name, one),
      required: schema.required?.includes(name) === true,
      ...(one.default === undefined ? {} : { initial: one.default }),
      description: one.description,
    }));
}

/** Field of a step that says when it comes: the place in the list says it. */
const ORDER = 'order';

function rowsOf(items: Schema): Widget {
  const fields = fieldsOf(items);
  const ordered = fields.some(({ name }) => name === ORDER) ? ORDER : null;
  return { kind: 'rows', fields: fields.filter(({ name }) => name !== ordered), ordered };
}

function alternatives(schema: Schema): Schema[] {
  return [
    schema,
    ...(schema.anyOf ?? []).flatMap(alternatives),
    ...(schema.oneOf ?? []).flatMap(alternatives),
  ];
}

function isFlag(schema: Schema): boolean {
  return schema.type === 'boolean' || (schema.anyOf?.some(({ type }) => type === 'boolean') ?? false);
}
