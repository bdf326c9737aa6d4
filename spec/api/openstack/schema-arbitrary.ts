import fc from 'fast-check';
import type { Json, JsonObject } from '../../../lifecycle/json.ts';

/** The parts of an OpenAPI document that a generator needs. */
export interface Schemas {
  /** `#/components/schemas/x` → the schema. */
  resolve(ref: string): JsonObject;
  /** Identifiers of objects that exist. */
  idents: readonly string[];
}

const MAX_DEPTH = 6;

/** Texts that break parsers, databases and templates. */
export const ODD_TEXTS: readonly string[] = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'é😀\u202e',
  'ﬀ\u0301\u0301\u0301',
  '__proto__',
  'constructor',
  'toString',
  '../..',
  '%00',
  '%2e%2e%2f',
  "';--",
  '$(x)',
  '{{x}}',
  '1e999',
  '-1',
  'NaN',
  'null',
  'true',
  '0x10',
  '99999999999999999999',
  'a,b',
  ',,',
  'a'.repeat(300),
  'a'.repeat(5000),
  '\n\r',
];

export const oddText = fc.oneof(
  fc.constantFrom(...ODD_TEXTS),
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.uuid(),
);

/** Any JSON, with the numbers that databases refuse. */
export const oddValue: fc.Arbitrary<Json> = fc.oneof(
  oddText,
  fc.constantFrom<Json>(1e308, -1e308, 2 ** 53, 2 ** 31, -(2 ** 63), -1, 0, 0.1, null, true, false, [], {}),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
  fc.integer({ min: 1, max: 30 }).map(nested),
);

function nested(levels: number): Json {
  let value: Json = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Values that a schema allows, as far as its keywords say; formats and patterns included. */
export function schemaValue(schemas: Schemas, schema: JsonObject, depth = 0): fc.Arbitrary<Json> {
  if (typeof schema.$ref === 'string') return schemaValue(schemas, schemas.resolve(schema.$ref), depth);
  const allowed = plainValue(schemas, schema, depth);
  return schema.nullable === true ? fc.oneof({ weight: 5, arbitrary: allowed }, fc.constant(null)) : allowed;
}

function plainValue(schemas: Schemas, schema: JsonObject, depth: number): fc.Arbitrary<Json> {
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as Json[]));
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices) && schema.type === undefined) {
    return fc.oneof(...(choices as JsonObject[]).map((choice) => schemaValue(schemas, choice, depth + 1)));
  }
  const make = BY_TYPE[String(schema.type)];
  return make === undefined || depth > MAX_DEPTH ? oddValue : make(schemas, schema, depth);
}

type Maker = (schemas: Schemas, schema: JsonObject, depth: number) => fc.Arbitrary<Json>;

const BY_TYPE: Readonly<Record<string, Maker>> = {
  boolean: () => fc.boolean(),
  integer: (_, schema) => fc.integer(boundsOf(schema)),
  number: (_, schema) => fc.integer(boundsOf(schema)),
  string: textOf,
  array: (schemas, schema, depth) => {
    const items = (schema.items ?? {}) as JsonObject;
    const maxLength = typeof schema.maxItems === 'number' ? Math.min(schema.maxItems, 4) : 4;
    const minLength = typeof schema.minItems === 'number' ? schema.minItems : 0;
    return fc.array(schemaValue(schemas, items, depth + 1), { minLength, maxLength });
  },
  object: (schemas, schema, depth) => {
    const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonObject>);
    const model = Object.fromEntries(
      properties.map(([name, inner]) => [name, schemaValue(schemas, inner, depth + 1)]),
    );
    if (properties.length === 0) return fc.dictionary(fc.string(), oddValue, { maxKeys: 3 });
    const requiredKeys = ((schema.required ?? []) as string[]).filter((name) => name in model);
    return fc.record(model, { requiredKeys }) as fc.Arbitrary<Json>;
  },
};

function boundsOf({ minimum, maximum }: JsonObject): { min: number; max: number } {
  const min = typeof minimum === 'number' ? minimum : -5;
  return { min, max: typeof maximum === 'number' ? maximum : min + 1000 };
}

const mac = fc
  .integer({ min: 0, max: 255 })
  .map((last) => `52:54:00:00:00:${last.toString(16).padStart(2, '0')}`);

function textOf({ idents }: Schemas, schema: JsonObject): fc.Arbitrary<string> {
  const known = fc.constantFrom(...idents);
  const formats: Readonly<Record<string, fc.Arbitrary<string>>> = {
    'uuid-like': fc.oneof(fc.uuid(), known),
    'boolean-word': fc.constantFrom('true', 'false', 'yes', 'no', '1', '0', 'ON', 'off'),
    'iso-time': fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    'integer-word': fc.integer({ min: -2, max: 2000 }).map(String),
    'json-pointer-path': fc.constantFrom(
      '/extra/a',
      '/name',
      '/driver_info/fake_host',
      '/properties/cpus',
      '/steps/0/args',
    ),
    'mac-address': mac,
    'ipv4-host': fc.ipV4(),
    'ipv4-netmask': fc.constantFrom('255.255.255.0', '0.0.0.255'),
    'ipv6-host': fc.ipV6(),
    'ipv6-netmask': fc.ipV6(),
    trait: fc.constantFrom('CUSTOM_A', 'CUSTOM_B', 'HW_CPU_X86_VMX'),
  };
  const format = formats[String(schema.format)];
  if (format !== undefined) return format;
  if (typeof schema.pattern === 'string') return fc.stringMatching(new RegExp(schema.pattern, 'u'));
  const maxLength = typeof schema.maxLength === 'number' ? Math.min(schema.maxLength, 300) : 40;
  const minLength = typeof schema.minLength === 'number' ? schema.minLength : 0;
  return fc.oneof(known, fc.string({ minLength, maxLength }), mac);
}

/** A value with one thing broken somewhere: a type, a bound, a missing or an unknown key. */
export function broken(valid: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  return fc
    .tuple(valid, fc.nat(), oddValue, oddText)
    .map(([value, at, odd, key]) => breakAt(value, at, odd, key));
}

function breakAt(value: Json, at: number, odd: Json, key: string): Json {
  if (value === null || typeof value !== 'object') return odd;
  if (Array.isArray(value)) {
    const index = at % (value.length + 1);
    const inner = value[index];
    return value.toSpliced(index, 1, inner === undefined ? odd : breakAt(inner, at >> 2, odd, key));
  }
  const names = Object.keys(value);
  const name = names[at % (names.length + 2)];
  if (name === undefined) return { ...value, [key]: odd };
  const { [name]: inner = null, ...others } = value;
  if (at % 3 === 0) return others;
  return { ...others, [name]: at % 3 === 1 ? odd : breakAt(inner, at >> 2, odd, key) };
}
