import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { Machine } from '../machine.ts';
import { type Area, notInList, type Outcome, objectOf, writeEach } from './area.ts';
import { link, named, withoutNulls } from './json.ts';
import { RedfishRefusal } from './redfish-error.ts';

type Value = string | number | boolean;

interface Attribute {
  Type: 'Enumeration' | 'Integer' | 'String' | 'Boolean';
  factory: Value;
  ReadOnly?: true;
  Value?: readonly string[];
  LowerBound?: number;
  UpperBound?: number;
  MaxLength?: number;
}

const ATTRIBUTES: Readonly<Record<string, Attribute>> = {
  BootOrder: { Type: 'String', factory: 'network,disk', MaxLength: 64 },
  ProcCores: { Type: 'Integer', factory: 0, LowerBound: 0, UpperBound: 64 },
  ProcHyperthreading: { Type: 'Enumeration', factory: 'Enabled', Value: ['Enabled', 'Disabled'] },
  QuietBoot: { Type: 'Boolean', factory: true },
  SerialNumber: { Type: 'String', factory: '', ReadOnly: true },
};
const REGISTRY = 'BiosAttributeRegistryKurogane.v1_0_0';
const REGISTRIES = '/redfish/v1/Registries';

/** The BIOS of a virtual server: what it is asked for is taken on with the next boot. */
export class Bios implements Area {
  readonly path: string;
  /** May be changed by tests at any time. */
  readonly values: Record<string, Value>;
  readonly #machine: Machine;
  #pending: Record<string, Value> = {};
  /** Boots of the machine when something was asked for last. */
  #asked_at = 0;

  /** @param path of the Bios resource. */
  constructor(machine: Machine, path: string) {
    this.path = path;
    this.#machine = machine;
    this.values = { ...factory(), SerialNumber: machine.identity.serial };
  }

  get pending(): Readonly<Record<string, Value>> {
    if (this.#machine.boots > this.#asked_at) {
      Object.assign(this.values, this.#pending);
      this.#pending = {};
    }
    return this.#pending;
  }

  read(path: string): JsonObject | null {
    const pending = { ...this.pending };
    if (path === this.path)
      return {
        ...named(path, 'Bios.v1_2_1.Bios', 'Bios'),
        AttributeRegistry: REGISTRY,
        Attributes: { ...this.values },
        '@Redfish.Settings': {
          SettingsObject: link(`${path}/Settings`),
          SupportedApplyTimes: ['OnReset'],
        },
        Actions: { '#Bios.ResetBios': { target: `${path}/Actions/Bios.ResetBios` } },
      };
    if (path === `${this.path}/Settings`)
      return { ...named(path, 'Bios.v1_2_1.Bios', 'Settings'), Attributes: pending };
    if (path === `${REGISTRIES}/${REGISTRY}`)
      return {
        ...named(path, 'MessageRegistryFile.v1_1_3.MessageRegistryFile', REGISTRY),
        Languages: ['en'],
        Registry: REGISTRY,
        Location: [{ Language: 'en', Uri: `/registries/${REGISTRY}.json` }],
      };
    return path === `/registries/${REGISTRY}.json` ? registry() : null;
  }

  write(path: string, body: JsonObject): Outcome | null {
    if (path !== `${this.path}/Settings`) return null;
    const asked: Record<string, Value> = {};
    writeEach(body, {
      Attributes: (attributes) => {
        for (const [name, value] of Object.entries(objectOf(attributes, 'Attributes')))
          asked[name] = checked(name, value);
      },
    });
    return { work: () => this.#ask(asked) };
  }

  act(path: string): Outcome | null {
    if (path !== `${this.path}/Actions/Bios.ResetBios`) return null;
    return { work: () => this.#ask(factory()) };
  }

  #ask(values: Record<string, Value>): void {
    this.#pending = { ...this.pending, ...values };
    this.#asked_at = this.#machine.boots;
  }
}

function factory(): Record<string, Value> {
  const changeable = Object.entries(ATTRIBUTES).filter(([, { ReadOnly }]) => ReadOnly !== true);
  return Object.fromEntries(changeable.map(([name, { factory }]) => [name, factory]));
}

function checked(name: string, value: Json): Value {
  const attribute = ATTRIBUTES[name];
  if (attribute === undefined)
    throw new RedfishRefusal(400, 'PropertyUnknown', `The property ${name} is not known.`);
  if (attribute.ReadOnly === true)
    throw new RedfishRefusal(400, 'PropertyNotWritable', `The property ${name} is read only.`);
  const type = { Enumeration: 'string', String: 'string', Integer: 'number', Boolean: 'boolean' }[
    attribute.Type
  ];
  const { Value: allowed, LowerBound = -Infinity, UpperBound = Infinity } = attribute;
  const right =
    typeof value === type &&
    (allowed?.includes(String(value)) ?? true) &&
    (typeof value !== 'number' || (value >= LowerBound && value <= UpperBound));
  if (!right) throw notInList(value, name);
  return value as Value;
}

function registry(): JsonObject {
  return {
    '@odata.type': '#AttributeRegistry.v1_3_6.AttributeRegistry',
    Id: REGISTRY,
    Name: 'BIOS Attribute Registry',
    Language: 'en',
    OwningEntity: 'Kurogane',
    RegistryVersion: '1.0.0',
    RegistryEntries: {
      Attributes: Object.entries(ATTRIBUTES).map(
        ([AttributeName, { factory: _, ReadOnly, Value, ...facts }]) =>
          withoutNulls({
            AttributeName,
            DisplayName: AttributeName,
            ReadOnly: ReadOnly ?? false,
            ResetRequired: true,
            IsSystemUniqueProperty: AttributeName === 'SerialNumber',
            Value: Value?.map((ValueName) => ({ ValueName, ValueDisplayName: ValueName })) ?? null,
            ...facts,
          }),
      ),
    },
  };
}
