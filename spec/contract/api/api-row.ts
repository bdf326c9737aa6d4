import { expect } from 'chai';
import { readEvents } from '../../../cli/server-events.ts';
import type { NewJob } from '../../../db/store.ts';
import type { HardwareReadingRecord } from '../../../lifecycle/hardware-reading.ts';
import type { Json, JsonObject } from '../../../lifecycle/json.ts';
import type { NodeRecord } from '../../../lifecycle/records.ts';
import type { ServerFacts } from '../../../lifecycle/server-record.ts';
import type { ApiBench } from './api-bench.ts';
import { expectDocumented } from './documented-reply.ts';

/** One row of a table: what exists before, one request, and what has to come back. */
export interface ApiRow {
  it: string;
  /** Table of the store → records to make first; `${nodes.0}` is then the uuid of the first node. */
  given?: Readonly<Record<string, readonly JsonObject[]>>;
  /** Settings of the service that differ from the bench's: group → option → value. */
  settings?: Readonly<Record<string, JsonObject>>;
  /** The line of the microversion ledger that the row is about: N of 1.N. */
  microversion?: number;
  /** `METHOD /path?query` */
  request: string;
  /** N of 1.N; default: the newest. `none`: no header. Anything else goes out as it is. */
  version?: number | string;
  headers?: Readonly<Record<string, string>>;
  /** The caller, where it is not the system's admin. */
  caller?: JsonObject | 'nobody';
  body?: Json;
  /** A body that is no JSON, or too large: `repeat` makes it long. */
  text?: string;
  repeat?: number;
  status: number;
  /** Text that the faultstring (a handler's refusal) contains. */
  fault?: string;
  /** Text that the description (the routing layer's refusal) contains. */
  refusal?: string;
  /** Text of a `{faultcode, faultstring}` body. */
  plain?: string;
  /** What the body contains; lists are compared whole, objects by the keys given here. */
  reply?: Json;
  /** Exactly the keys of the body. */
  keys?: readonly string[];
  /** Keys that must not be in the body. */
  absent?: readonly string[];
  /** The reply has neither body nor content type. */
  empty?: boolean;
  reply_headers?: Readonly<Record<string, string>>;
  /** `nodes.0` → fields of the record afterwards; null: it is gone. */
  then?: Readonly<Record<string, JsonObject | null>>;
}

/** Planted in every node's driver_info: no reply may show it. */
export const PLANTED_SECRET = 'hunter2-planted';
const STACK_TRACE = /\n\s+at |node_modules|\.[jt]s:\d+/;

type Names = Record<string, string>;

interface AnyTable {
  create(record: JsonObject): Promise<{ uuid: string }>;
  get(uuid: string): Promise<object | null>;
}

/** Runs one row against the bench. */
export async function runRow(bench: ApiBench, row: ApiRow): Promise<void> {
  const names = await prepare(bench, row);
  const { response, text } = await ask(bench, row, names);
  expect(text).not.to.contain(PLANTED_SECRET);
  expect(text).not.to.match(STACK_TRACE);
  expect(response.status, text).to.equal(row.status);
  expect(response.headers.get('openstack-request-id')).to.match(/^req-/);
  if (!/^\w+ \/lifecycle\//.test(row.request))
    expect(response.headers.get('X-OpenStack-Ironic-API-Maximum-Version')).to.equal('1.115');
  if (row.empty === true) expect([text, response.headers.get('content-type')]).to.deep.equal(['', null]);
  const streamed = response.headers.get('content-type') === 'text/event-stream';
  const body = streamed ? await eventsIn(text) : text === '' ? null : (JSON.parse(text) as JsonObject);
  checkError(row, body);
  const [method = '', url = ''] = row.request.split(' ', 2);
  if (url.startsWith('/lifecycle/') && !streamed && body !== null)
    await expectDocumented(method, fillText(url, names), row.status, body);
  if (row.reply !== undefined) expectContains(body, fill(row.reply, names), 'reply');
  if (row.keys !== undefined) expect(body).to.have.all.keys(...row.keys);
  for (const key of row.absent ?? []) expect(body).not.to.have.property(key);
  for (const [name, value] of Object.entries(row.reply_headers ?? {})) {
    expect(response.headers.get(name), name).to.equal(fillText(value, { ...names, url: bench.url }));
  }
  await checkAfterwards(bench, row, names);
}

/** The events of a stream that ended: name → data of its last one. */
async function eventsIn(text: string): Promise<JsonObject> {
  const found: JsonObject = {};
  const chunks = (async function* () {
    yield text;
  })();
  for await (const { event, data } of readEvents(chunks)) if (event !== null) found[event] = data;
  return found;
}

async function prepare(bench: ApiBench, row: ApiRow): Promise<Names> {
  const names: Names = { url: bench.url };
  for (const [table, records] of Object.entries(row.given ?? {})) {
    for (const [index, record] of records.entries()) {
      const filled = fill(record, names) as JsonObject;
      const made = await makeRecord(bench, table, filled);
      names[`${table}.${index}`] = made;
    }
  }
  return names;
}

/** What a node needs besides its name. */
export const FAKE_NODE: Partial<NodeRecord> = {
  driver: 'fake-hardware',
  bios_interface: 'no-bios',
  boot_interface: 'fake',
  console_interface: 'no-console',
  deploy_interface: 'fake',
  firmware_interface: 'no-firmware',
  inspect_interface: 'fake',
  management_interface: 'fake',
  network_interface: 'noop',
  power_interface: 'fake',
  raid_interface: 'no-raid',
  rescue_interface: 'no-rescue',
  storage_interface: 'noop',
  vendor_interface: 'no-vendor',
};

async function makeRecord(bench: ApiBench, table: string, record: JsonObject): Promise<string> {
  if (table === 'nodes') {
    const { traits, ...fields } = record;
    const driver_info = { fake_password: PLANTED_SECRET, ...(fields.driver_info as JsonObject | undefined) };
    const node = await bench.store.nodes.create({
      ...FAKE_NODE,
      ...fields,
      driver_info,
    } as Partial<NodeRecord>);
    if (Array.isArray(traits)) await bench.store.nodes.setTraits(node.uuid, traits as string[]);
    return node.uuid;
  }
  if (table === 'history') {
    await bench.store.history.add(record);
    const entries = await bench.store.history.list(String(record.node_uuid));
    return entries.at(-1)?.uuid ?? '';
  }
  if (table === 'inventory') {
    const { node_uuid, inventory, plugin_data } = record;
    const data = { inventory: inventory as JsonObject, plugin_data: plugin_data as JsonObject };
    await bench.store.inventory.put(String(node_uuid), data);
    return '';
  }
  if (table === 'hardware_readings') {
    const { node_uuid, ...read } = record;
    await bench.store.hardware_readings.put(String(node_uuid), read as Partial<HardwareReadingRecord>);
    return '';
  }
  if (table === 'jobs') return (await bench.store.jobs.insert(record as unknown as NewJob)).uuid;
  if (table === 'bios_settings' || table === 'firmware_components') {
    await bench.store[table].replace(String(record.node_uuid), [record]);
    return '';
  }
  if (table === 'servers') {
    // Made with its node; a row says what is known of it besides.
    const { uuid, ...facts } = record;
    await bench.store.servers.update(String(uuid), facts as Partial<ServerFacts>);
    return String(uuid);
  }
  if (table === 'erase_certificates') {
    // Nothing removes one: an earlier row's is still there.
    const known = await bench.store.erase_certificates.getByJob(String(record.job_uuid));
    if (known !== null) return known.uuid;
  }
  const repository = (bench.store as unknown as Record<string, AnyTable | undefined>)[table];
  if (repository === undefined) throw new Error(`The store has no table ${table}.`);
  return (await repository.create(record)).uuid;
}

async function ask(
  bench: ApiBench,
  row: ApiRow,
  names: Names,
): Promise<{ response: Response; text: string }> {
  const [method = 'GET', path = '/'] = fillText(row.request, names).split(' ', 2);
  const version = row.version ?? 115;
  const headers: Record<string, string> = {
    ...(version === 'none'
      ? {}
      : { 'X-OpenStack-Ironic-API-Version': typeof version === 'number' ? `1.${version}` : version }),
    ...(row.caller === undefined
      ? {}
      : { 'x-spec-caller': row.caller === 'nobody' ? 'nobody' : JSON.stringify(fill(row.caller, names)) }),
    ...row.headers,
  };
  const text = row.text?.repeat(row.repeat ?? 1);
  const body = text ?? (row.body === undefined ? undefined : JSON.stringify(fill(row.body, names)));
  const response = await fetch(`${bench.url}${path}`, {
    method,
    headers,
    redirect: 'manual',
    ...(body === undefined ? {} : { body }),
  });
  return { response, text: await response.text() };
}

function checkError(row: ApiRow, body: JsonObject | null): void {
  if (row.plain !== undefined) {
    expect(body).to.have.all.keys('faultcode', 'faultstring');
    expect(body?.faultstring).to.contain(row.plain);
    return;
  }
  if (row.fault === undefined && row.refusal === undefined) return;
  expect(body).to.have.all.keys('error_message');
  const inner = JSON.parse(String(body?.error_message)) as JsonObject;
  if (row.fault !== undefined) {
    expect(inner).to.have.all.keys('faultcode', 'faultstring', 'debuginfo');
    expect(inner.faultcode).to.equal(row.status >= 500 ? 'Server' : 'Client');
    expect(inner.faultstring).to.contain(row.fault);
  } else {
    expect(inner).to.have.all.keys('code', 'title', 'description');
    expect(inner.code).to.equal(row.status);
    expect(inner.description).to.contain(row.refusal);
  }
}

/** Objects by the keys that are expected; everything else whole. */
function expectContains(actual: unknown, expected: Json, at: string): void {
  if (expected === null || typeof expected !== 'object') {
    expect(actual, at).to.equal(expected);
    return;
  }
  if (Array.isArray(expected)) {
    expect(actual, at).to.be.an('array').with.length(expected.length);
    for (const [index, item] of expected.entries())
      expectContains((actual as Json[])[index], item, `${at}.${index}`);
    return;
  }
  expect(actual, at).to.be.an('object');
  for (const [key, value] of Object.entries(expected)) {
    expect(actual, at).to.have.property(key);
    expectContains((actual as JsonObject)[key], value, `${at}.${key}`);
  }
}

async function checkAfterwards(bench: ApiBench, row: ApiRow, names: Names): Promise<void> {
  for (const [name, expected] of Object.entries(row.then ?? {})) {
    const [table = '', ident = ''] = name.split('.', 2);
    const repository = (bench.store as unknown as Record<string, AnyTable | undefined>)[table];
    const record = await repository?.get(names[name] ?? ident);
    if (expected === null) expect(record, name).to.equal(null);
    else expectContains(record, fill(expected, names), name);
  }
}

function fill(value: Json, names: Names): Json {
  if (typeof value === 'string') return fillText(value, names);
  if (Array.isArray(value)) return value.map((item) => fill(item, names));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [fillText(key, names), fill(item, names)]),
  );
}

function fillText(text: string, names: Names): string {
  return text.replace(/\$\{([\w.]+)\}/g, (_whole, name: string) => {
    const value = names[name];
    if (value === undefined) throw new Error(`The row names ${name}, which nothing made.`);
    return value;
  });
}
