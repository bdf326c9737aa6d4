import { expect } from 'chai';
import fc from 'fast-check';
import { loadOpenApi, type Operation } from '../../../api/openstack/operations.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { type ApiBench, startApiBench } from '../../contract/api/api-bench.ts';
import { FAKE_NODE } from '../../contract/api/api-row.ts';

const RUNS = 600;

interface Wanted {
  operation: Operation;
  params: readonly string[];
  query: Record<string, string>;
  body: unknown;
  minor: number;
}

const ODD_TEXTS = [
  '',
  'n1',
  '\u0000',
  'é😀',
  '__proto__',
  '1e999',
  'a'.repeat(5000),
  '../..',
  'true',
  '-1',
  'a,b',
];

const oddText = fc.oneof(fc.constantFrom(...ODD_TEXTS), fc.string(), fc.uuid());

const oddValue = fc.oneof(
  oddText,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(1e308, 2 ** 53, null, true, [], {}),
);

const patch = fc.array(
  fc.record({
    op: fc.constantFrom('add', 'replace', 'remove', 'move'),
    path: fc
      .array(
        fc.constantFrom('extra', 'driver_info', 'name', 'steps', '0', '-', 'address', '~1', 'constructor'),
        {
          minLength: 1,
          maxLength: 4,
        },
      )
      .map((segments) => `/${segments.join('/')}`),
    value: oddValue,
  }),
  { maxLength: 4 },
);

/** Bodies with the right names and any values, patches, and anything else. */
function bodyOf(names: readonly string[]): fc.Arbitrary<unknown> {
  const named = fc.dictionary(fc.constantFrom('unknown', ...names), oddValue, { maxKeys: 8 });
  return fc.oneof({ weight: 4, arbitrary: named }, { weight: 2, arbitrary: patch }, oddValue);
}

/** The names in a schema's `properties`, as far as the document has them in place. */
function propertyNames(document: JsonObject): string[] {
  const schemas = ((document.components as JsonObject).schemas ?? {}) as Record<string, JsonObject>;
  return [
    ...new Set(Object.values(schemas).flatMap((schema) => Object.keys((schema.properties ?? {}) as object))),
  ];
}

describe('random requests', function () {
  this.timeout(120_000);
  let bench: ApiBench;
  before(async () => {
    bench = await startApiBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  it(`${RUNS} of them get an answer of the reference's form, and never a 5xx`, async () => {
    const { operations, document } = await loadOpenApi();
    const idents = await seed(bench);
    const names = propertyNames(JSON.parse(document) as JsonObject);
    const ident = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...idents) }, oddText);
    const query = fc.dictionary(
      fc.constantFrom(
        'fields',
        'limit',
        'marker',
        'sort_key',
        'sort_dir',
        'node',
        'detail',
        'provision_state',
        'shard',
      ),
      oddText,
      { maxKeys: 3 },
    );
    const wanted: fc.Arbitrary<Wanted> = fc.record({
      operation: fc.constantFrom(...operations),
      params: fc.array(ident, { minLength: 2, maxLength: 2 }),
      query,
      body: bodyOf(names),
      minor: fc.oneof(fc.constant(115), fc.integer({ min: 1, max: 115 })),
    });
    await fc.assert(
      fc.asyncProperty(wanted, (request) => checkAnswer(bench, request)),
      { numRuns: RUNS },
    );
  });
});

async function seed({ store }: ApiBench): Promise<string[]> {
  const node = await store.nodes.create({ ...FAKE_NODE, name: 'n1' });
  const port = await store.ports.create({ node_uuid: node.uuid, address: 'aa:bb:cc:dd:ee:ff', name: 'p1' });
  const chassis = await store.chassis.create({});
  const portgroup = await store.portgroups.create({ node_uuid: node.uuid, name: 'pg', mode: '1' });
  const runbook = await store.runbooks.create({ name: 'rb', steps: [] });
  const template = await store.deploy_templates.create({ name: 'CUSTOM_T', steps: [] });
  const records = [node, port, chassis, portgroup, runbook, template];
  return [
    ...records.map(({ uuid }) => uuid),
    'n1',
    'p1',
    'pg',
    'rb',
    'CUSTOM_T',
    'fake-hardware',
    'conductor-1',
  ];
}

async function checkAnswer(
  bench: ApiBench,
  { operation, params, query, body, minor }: Wanted,
): Promise<void> {
  let next = 0;
  const path = operation.path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(params[next++] ?? 'x'));
  const question = new URLSearchParams(query).toString();
  const reply = await fetch(`${bench.url}${path}${question === '' ? '' : `?${question}`}`, {
    method: operation.method,
    headers: { 'X-OpenStack-Ironic-API-Version': `1.${minor}` },
    ...(operation.body_limit === null ? {} : { body: JSON.stringify(body) ?? '' }),
  });
  const text = await reply.text();
  expect(reply.status, `${operation.id} ${text}`).to.be.lessThan(500);
  expect(text).not.to.match(/\n\s+at |\.[jt]s:\d+/);
  if (reply.status < 400) return;
  const { error_message, faultstring } = JSON.parse(text) as { error_message?: string; faultstring?: string };
  const inner = faultstring ?? (JSON.parse(error_message ?? '{}') as JsonObject);
  expect(inner).not.to.deep.equal({});
}
