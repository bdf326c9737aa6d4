import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Operation } from '../../../api/http/operations.ts';
import { loadOpenstackApi } from '../../../api/openstack/load-openstack-api.ts';
import { FIELDS } from '../../../api/openstack/microversions.ts';
import type { Json, JsonObject } from '../../../lifecycle/json.ts';
import type { NodeRecord } from '../../../lifecycle/records.ts';
import { type ApiBench, startApiBench } from '../../contract/api/api-bench.ts';
import { FAKE_NODE, PLANTED_SECRET } from '../../contract/api/api-row.ts';
import { broken, oddText, oddValue, type Schemas, schemaValue } from './schema-arbitrary.ts';

const REQUESTS = 20_000;
/** Requests in a row against one set of objects. */
const ROUND = 40;
/** A request that takes longer hangs. */
const HANG_MS = 20_000;
const RAW_REQUESTS = 200;

interface Wanted {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer | null;
}

describe('any request', function () {
  this.timeout(200_000);
  let bench: ApiBench;
  let agent: Agent;
  before(async () => {
    agent = new Agent({ keepAlive: true, maxSockets: 4 });
    bench = await startApiBench();
  });
  after(async () => {
    agent.destroy();
    await bench[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    const alive = await send(bench, agent, { method: 'GET', path: '/v1/nodes', headers: {}, body: null });
    expect(alive.status).to.equal(200);
  });

  it(`of ${REQUESTS} made from openapi.yaml, valid and broken, gets an answer of the reference's form`, async () => {
    const { operations, document } = await loadOpenstackApi();
    const round = fc.array(wantedFrom(operations, JSON.parse(document) as JsonObject), {
      minLength: ROUND,
      maxLength: ROUND,
      size: 'max',
    });
    const property = fc
      .asyncProperty(round, async (requests) => {
        for (const request of requests) checkAnswer(request, await send(bench, agent, request));
      })
      .beforeEach(async () => {
        await bench.clear();
        await seed(bench);
      });
    await fc.assert(property, { numRuns: REQUESTS / ROUND, endOnFailure: true });
  });

  it(`of ${RAW_REQUESTS} that are no HTTP, or hardly, is answered or hung up on`, async () => {
    const { port } = new URL(bench.url);
    await fc.assert(
      fc.asyncProperty(rawRequest, async (bytes) => {
        const socket = connect({ host: '127.0.0.1', port: Number(port) });
        socket.on('error', () => {});
        socket.setTimeout(HANG_MS, () => socket.destroy(new Error('no answer')));
        let text = '';
        socket.setEncoding('latin1').on('data', (chunk: string) => {
          text += chunk;
        });
        socket.end(bytes);
        await once(socket, 'close');
        expect(text).not.to.match(/^HTTP\/1\.1 5/);
        expect(text).not.to.match(STACK_TRACE);
      }),
      { numRuns: RAW_REQUESTS },
    );
  });
});

const UUIDS = {
  node: '1be26c0b-03f2-4d2e-ae87-c02d7f33c123',
  other: '1be26c0b-03f2-4d2e-ae87-c02d7f33c124',
  port: '1be26c0b-03f2-4d2e-ae87-c02d7f33c125',
  portgroup: '1be26c0b-03f2-4d2e-ae87-c02d7f33c126',
  chassis: '1be26c0b-03f2-4d2e-ae87-c02d7f33c127',
  runbook: '1be26c0b-03f2-4d2e-ae87-c02d7f33c128',
  template: '1be26c0b-03f2-4d2e-ae87-c02d7f33c129',
  connector: '1be26c0b-03f2-4d2e-ae87-c02d7f33c12a',
  target: '1be26c0b-03f2-4d2e-ae87-c02d7f33c12b',
  allocation: '1be26c0b-03f2-4d2e-ae87-c02d7f33c12c',
  rule: '1be26c0b-03f2-4d2e-ae87-c02d7f33c12d',
} as const;
const NODES = [UUIDS.node, UUIDS.other, 'n1', 'n2'];
/** Parameter of a path → what exists. */
const BY_PARAMETER: Readonly<Record<string, readonly string[]>> = {
  node: NODES,
  port: [UUIDS.port, 'p1'],
  portgroup: [UUIDS.portgroup, 'pg'],
  runbook: [UUIDS.runbook, 'rb'],
  template: [UUIDS.template, 'CUSTOM_T'],
  allocation: [UUIDS.allocation, 'al'],
  driver: ['fake-hardware'],
  hostname: ['conductor-1'],
  indicator: ['power@system', 'led@chassis'],
  setting: ['virtualization'],
  vif: ['v1'],
  trait: ['CUSTOM_A', 'HW_CPU_X86_VMX'],
};
const BY_COLLECTION: Readonly<Record<string, readonly string[]>> = {
  '/v1/chassis': [UUIDS.chassis],
  '/v1/inspection_rules': [UUIDS.rule],
  '/v1/volume/connectors': [UUIDS.connector],
  '/v1/volume/targets': [UUIDS.target],
};
const IDENTS = [...new Set([...Object.values(BY_PARAMETER), ...Object.values(BY_COLLECTION)].flat())];

async function seed({ store }: ApiBench): Promise<void> {
  const secret = { fake_password: PLANTED_SECRET };
  const steps = [{ interface: 'power', step: 'reboot', args: {}, order: 1, priority: 10 }];
  const chassis = await store.chassis.create({ uuid: UUIDS.chassis });
  const common: Partial<NodeRecord> = {
    ...FAKE_NODE,
    power_state: 'power off',
    driver_info: secret,
    chassis_uuid: chassis.uuid,
  };
  await store.nodes.create({ ...common, uuid: UUIDS.node, name: 'n1', provision_state: 'manageable' });
  await store.nodes.create({
    ...common,
    uuid: UUIDS.other,
    name: 'n2',
    provision_state: 'available',
    shard: 's',
  });
  const node_uuid = UUIDS.node;
  await store.portgroups.create({ uuid: UUIDS.portgroup, node_uuid, name: 'pg', mode: '1' });
  await store.ports.create({ uuid: UUIDS.port, node_uuid, address: '52:54:00:00:00:01', name: 'p1' });
  await store.allocations.create({ uuid: UUIDS.allocation, name: 'al', resource_class: 'gold' });
  await store.inspection_rules.create({ uuid: UUIDS.rule, actions: [{ op: 'fail', args: { msg: 'no' } }] });
  await store.runbooks.create({ uuid: UUIDS.runbook, name: 'rb', steps });
  await store.deploy_templates.create({ uuid: UUIDS.template, name: 'CUSTOM_T', steps });
  await store.volume_connectors.create({ uuid: UUIDS.connector, node_uuid, type: 'iqn', connector_id: 'a' });
  await store.volume_targets.create({
    uuid: UUIDS.target,
    node_uuid,
    volume_type: 'iscsi',
    boot_index: 0,
    volume_id: 'v',
  });
}

/** Requests to any operation: most nearly right, some broken in one place, some nonsense. */
function wantedFrom(operations: readonly Operation[], document: JsonObject): fc.Arbitrary<Wanted> {
  const schemas: Schemas = { resolve: (ref) => at(document, ref.slice(2).split('/')), idents: IDENTS };
  return fc.oneof(...operations.map((operation) => wantedOf(schemas, document, operation)));
}

function at(document: JsonObject, path: readonly string[]): JsonObject {
  return path.reduce<JsonObject>((value, key) => value[key] as JsonObject, document);
}

function resolved(schemas: Schemas, value: JsonObject): JsonObject {
  return typeof value.$ref === 'string' ? schemas.resolve(value.$ref) : value;
}

function wantedOf(schemas: Schemas, document: JsonObject, operation: Operation): fc.Arbitrary<Wanted> {
  const item = at(document, ['paths', operation.path]);
  const described = item[operation.method.toLowerCase()] as JsonObject;
  const parameters = [
    ...((item.parameters ?? []) as JsonObject[]),
    ...((described.parameters ?? []) as JsonObject[]),
  ].map((parameter) => resolved(schemas, parameter));
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
  const any_ident = fc.oneof(fc.constantFrom(...IDENTS), oddText);
  const params = names.map((name) => {
    const fitting = fc.constantFrom(...(BY_PARAMETER[name] ?? byCollection(operation.path)));
    return fc.oneof({ weight: 12, arbitrary: fitting }, any_ident);
  });
  return fc
    .record({
      params: fc.tuple(...params),
      query: queryOf(
        schemas,
        parameters.filter((parameter) => parameter.in === 'query'),
      ),
      headers,
      body: bodyOf(schemas, operation, described),
      method: fc.oneof(
        { weight: 60, arbitrary: fc.constant(operation.method) },
        fc.constantFrom('PUT', 'HEAD', 'OPTIONS', 'POST'),
      ),
    })
    .map(({ params, query, headers: extra, body, method }) => {
      let next = 0;
      const path = operation.path.replaceAll(/\{\w+\}/g, () => encoded(params[next++] ?? 'x'));
      return { method, path: `${path}${query}`, headers: extra, body };
    });
}

/** What {uuid} may be, by the collection it is in. */
function byCollection(path: string): readonly string[] {
  const collection = Object.keys(BY_COLLECTION).find((prefix) => path.startsWith(prefix));
  return BY_COLLECTION[collection ?? ''] ?? IDENTS;
}

/** As a client writes it into a path; a lone surrogate has no such form. */
function encoded(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString()) || 'x';
}

function queryOf(schemas: Schemas, parameters: readonly JsonObject[]): fc.Arbitrary<string> {
  const names = parameters.map(({ name }) => String(name));
  const pairs = parameters.map(({ name, schema }) =>
    fc.tuple(fc.constant(String(name)), schemaValue(schemas, (schema ?? {}) as JsonObject).map(String)),
  );
  const odd = fc.tuple(names.length === 0 ? oddText : fc.oneof(fc.constantFrom(...names), oddText), oddText);
  const written = (pair: fc.Arbitrary<[string, string]>, maxLength: number) =>
    fc.array(pair, { maxLength }).map((all) => {
      const text = new URLSearchParams(all).toString();
      return text === '' ? '' : `?${text}`;
    });
  return fc.oneof(
    { weight: 12, arbitrary: pairs.length === 0 ? fc.constant('') : written(fc.oneof(...pairs), 2) },
    { weight: 2, arbitrary: written(fc.oneof(odd, ...pairs), 3) },
    { weight: 1, arbitrary: fc.constantFrom('?', '?&&', '?%', '?%zz=1', '?a=%ff', '?fields=%00') },
  );
}

const patchValue = fc.oneof(
  oddValue,
  fc.constantFrom<Json>(
    'text',
    true,
    {},
    { a: 1 },
    [],
    null,
    7,
    'fake',
    'fake-hardware',
    '52:54:00:00:00:09',
  ),
  fc.constantFrom<Json>(...NODES),
);
/** Fields that many resources have, and let clients write what they like into. */
const openPath = fc.constantFrom(
  '/extra/a',
  '/extra',
  '/description',
  '/name',
  '/properties/a',
  '/driver_info/a',
);
const anyPath = fc
  .tuple(
    fc.constantFrom(...new Set(Object.values(FIELDS).flatMap((fields) => Object.keys(fields)))),
    fc.array(fc.constantFrom('a', '0', '-', '~1', '~', 'constructor', '__proto__', 'step', 'args'), {
      maxLength: 3,
    }),
  )
  .map(([field, rest]) => `/${[field, ...rest].join('/')}`);

/** JSON patches: one step that may well pass, or several of any field that there is. */
const patch = fc.oneof(
  fc.tuple(fc.record({ op: fc.constantFrom('add', 'replace'), path: openPath, value: patchValue })),
  fc.tuple(fc.record({ op: fc.constant('add'), path: anyPath, value: patchValue })),
  fc.array(
    fc.record(
      {
        op: fc.constantFrom('add', 'replace', 'remove', 'move', 'test'),
        path: fc.oneof(openPath, anyPath),
        value: patchValue,
      },
      { requiredKeys: ['op', 'path'] },
    ),
    { minLength: 1, maxLength: 3 },
  ),
) as fc.Arbitrary<Json>;

function bodyOf(
  schemas: Schemas,
  { method, path }: Operation,
  { requestBody }: JsonObject,
): fc.Arbitrary<Buffer | null> {
  const junk = fc.oneof(
    fc.constant(null),
    oddValue.map(json),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom(
        '{',
        '[',
        '{"a":',
        'null',
        '"',
        '\ufeff{}',
        '{"a":1,"a":2}',
        '[1e9999]',
        '{"__proto__":{"a":1}}',
      )
      .map((text) => Buffer.from(text)),
    fc.integer({ min: 20, max: 3000 }).map((levels) => Buffer.from('['.repeat(levels) + ']'.repeat(levels))),
  );
  if (requestBody === undefined) return fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, junk);
  const schema = at(resolved(schemas, requestBody as JsonObject), ['content', 'application/json', 'schema']);
  const valid =
    method === 'PATCH' && !path.includes('vendor_passthru') ? patch : schemaValue(schemas, schema);
  return fc.oneof(
    { weight: 8, arbitrary: valid.map(json) },
    { weight: 3, arbitrary: broken(valid).map(json) },
    { weight: 1, arbitrary: junk },
  );
}

function json(value: Json): Buffer {
  return Buffer.from(JSON.stringify(value) ?? '');
}

/** What HTTP lets a client write into a header. */
const headerText = fc.stringMatching(/^[\x20-\x7e\x80-\xff]{0,60}$/);

const headers: fc.Arbitrary<Record<string, string>> = fc
  .record(
    {
      version: fc.oneof(
        { weight: 40, arbitrary: fc.constant('1.115') },
        { weight: 20, arbitrary: fc.integer({ min: 1, max: 115 }).map((minor) => `1.${minor}`) },
        fc.oneof(
          headerText,
          fc.constantFrom('latest', '1', '1.', '1.116', '1.1e1', '2.1', '99999.99999', '-1.-1'),
        ),
      ),
      standard: fc.oneof(
        headerText,
        fc.constantFrom('baremetal 1.50', 'compute 2.1, baremetal 1.9', 'baremetal', 'baremetal latest'),
      ),
      type: fc.oneof(
        headerText,
        fc.constantFrom(
          'application/json',
          'text/xml',
          'application/x-www-form-urlencoded',
          'multipart/form-data',
        ),
      ),
      accept: fc.oneof(headerText, fc.constantFrom('*/*', 'text/html', 'application/xml;q=9')),
      junk: headerText,
    },
    { requiredKeys: ['version'] },
  )
  .map(({ version, standard, type, accept, junk }) => {
    const all = {
      'X-OpenStack-Ironic-API-Version': version,
      // Few, or most requests would end at the version.
      'OpenStack-API-Version': standard !== undefined && standard.length % 11 === 0 ? standard : undefined,
      'Content-Type': type,
      Accept: accept,
      'X-Junk': junk,
      'X-Forwarded-For': junk,
      Forwarded: junk,
    };
    return Object.fromEntries(
      Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined),
    );
  });

const rawRequest = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'BREW', 'get', ''),
    fc.constantFrom(
      '/v1/nodes',
      '//',
      '/v1/nodes/%',
      '/v1/nodes/%ff',
      '*',
      'http://x/v1',
      '/v1/../v1/nodes',
      '/v1/nodes/\u0001',
    ),
    fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/9.9', ''),
    fc.array(
      fc.oneof(
        fc.constantFrom(
          'Host: x',
          'Host: x\r\nHost: y',
          'Content-Length: 3',
          'Content-Length: -1',
          'Content-Length: 9e9',
        ),
        fc.constantFrom(
          'Transfer-Encoding: chunked',
          'Transfer-Encoding: x',
          'Expect: 100-continue',
          'Upgrade: h2c',
          ': x',
        ),
        fc.constant(`X-Long: ${'a'.repeat(20_000)}`),
        fc.string(),
      ),
      { maxLength: 4 },
    ),
    fc.oneof(fc.string(), fc.constantFrom('zz\r\n\r\n', '5\r\nab', '{}')),
  )
  .map(
    ([method, path, version, lines, rest]) =>
      `${method} ${path} ${version}\r\n${lines.join('\r\n')}\r\nConnection: close\r\n\r\n${rest}`,
  );

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

function send(
  bench: ApiBench,
  agent: Agent,
  { method, path, headers: extra, body }: Wanted,
): Promise<Answer> {
  const { hostname, port } = new URL(bench.url);
  return new Promise((resolve, reject) => {
    const length = body === null ? {} : { 'Content-Length': body.length };
    const outgoing = httpRequest({
      hostname,
      port,
      agent,
      method,
      path,
      headers: { ...extra, ...length },
      timeout: HANG_MS,
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${path} hangs`)));
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    outgoing.end(body ?? undefined);
  });
}

/** Raw, in JSON, and in JSON in JSON. */
const STACK_TRACE = /(\n|\\+n)\s+at |node_modules|\.[jt]s:\d+/;

/** Ironic's answer to a node that can't be an allocation's (reference: routes, POST /v1/allocations). */
const FAILED_ALLOCATION = /^POST \/v1\/allocations\S* → 500 .*Failed to process allocation/;

function checkAnswer({ method, path }: Wanted, { status, headers: got, text }: Answer): void {
  const where = `${method} ${path} → ${status} ${text.slice(0, 500)}`;
  expect(status < 500 || status === 503 || FAILED_ALLOCATION.test(where), where).to.equal(true);
  expect(text, where).not.to.match(STACK_TRACE);
  expect(text, where).not.to.contain(PLANTED_SECRET);
  expect(got['openstack-request-id'], where).to.match(/^req-/);
  if (status < 400 || method === 'HEAD') return;
  expect(got['content-type'], where).to.equal('application/json');
  const body = JSON.parse(text) as JsonObject;
  const inner = 'error_message' in body ? (JSON.parse(String(body.error_message)) as JsonObject) : body;
  const said = inner.faultstring ?? inner.description;
  expect(said, where).to.be.a('string').that.is.not.empty;
}
