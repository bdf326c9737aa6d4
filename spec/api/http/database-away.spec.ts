import { expect } from 'chai';
import fc from 'fast-check';
import { loadOpenApi, type Operation } from '../../../api/http/operations.ts';
import { loadOpenstackApi } from '../../../api/openstack/load-openstack-api.ts';
import type { Store } from '../../../db/store.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { type ApiBench, startApiBench } from '../../contract/api/api-bench.ts';
import { FAKE_NODE } from '../../contract/api/api-row.ts';
import { schemaValue } from '../openstack/schema-arbitrary.ts';

const UUID = '1be26c0b-03f2-4d2e-ae87-c02d7f33c123';
const URL_OF_AN_IMAGE = 'http://127.0.0.1/image';
/** Bodies made from the document for each operation that takes one; one of them gets past the checks of its values. */
const BODIES = 4;

/** Share of the operations that are asked for something that would be done. */
const MOST = 0.9;

/** Answered from the program itself. */
const WITHOUT_DATABASE: readonly string[] = [
  'GET /',
  'GET /healthcheck',
  'GET /v1',
  'GET /openapi.json',
  'GET /v1/volume',
  'POST /v1/events',
  'GET /lifecycle/v1/openapi.json',
  'GET /lifecycle/v1/steps',
];

/** Bodies whose values hang together, or that the document does not tell whole. */
const OWN_BODIES: Readonly<Record<string, JsonObject>> = {
  'POST /v1/heartbeat/{node}': {
    callback_url: 'https://127.0.0.1:9999',
    agent_token: 'x',
    agent_version: '10.0.0',
  },
  'POST /v1/ports': { node_uuid: UUID, address: '52:54:00:00:00:01' },
  'POST /lifecycle/v1/addresses': { pool: 'bmc', address: '10.1.0.12' },
  'POST /v1/nodes/{node}/vmedia': { device_type: 'cdrom', image_url: URL_OF_AN_IMAGE },
  'POST /lifecycle/v1/pools': {
    ...{ name: 'bmc', network: '10.1.0.0/16', gateway: '10.1.0.1' },
    ranges: [{ first: '10.1.0.10', last: '10.1.3.250' }],
  },
  'POST /lifecycle/v1/work-orders': { kind: 'mount', place: 'A1/12', what: 'Mount it' },
  'POST /lifecycle/v1/orders': { flavor: 'gold', count: 1, project: 'p' },
};
const OWN_QUERIES: Readonly<Record<string, string>> = {
  'GET /v1/lookup': '?addresses=52:54:00:00:00:01',
  'GET /v1/nodes/validate': `?node=${UUID}`,
  'GET /v1/drivers/properties': '?driver_name=fake-hardware',
};
const PARAMETERS: Readonly<Record<string, string>> = { trait: 'CUSTOM_A' };

describe('every operation while the database is away', function () {
  this.timeout(60_000);
  let bench: ApiBench;
  let away = false;

  /** Every call of every repository fails as when MariaDB is away. */
  function fragile(store: Store): Store {
    const refuse = () =>
      Promise.reject(
        serviceError('ServiceUnavailable', { why: 'The database is not available. Retry later.' }),
      );
    const wrapped = <T extends object>(part: T): T =>
      new Proxy(part, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name);
          if (typeof value === 'function') return away && name !== 'pool' ? refuse : value;
          return typeof value === 'object' && value !== null ? wrapped(value) : value;
        },
      });
    return wrapped(store);
  }

  before(async () => {
    bench = await startApiBench({ wrapStore: fragile });
    await bench.store.nodes.create({ ...FAKE_NODE, uuid: UUID, name: 'n' });
    away = true;
  });
  after(async () => {
    away = false;
    await bench[Symbol.asyncDispose]();
  });

  /** Statuses of the answers to the operation; those of 503 must say when to come again. */
  async function statuses(name: string, path: string, bodies: readonly (string | null)[]): Promise<number[]> {
    const answered: number[] = [];
    for (const body of bodies) {
      const answer = await fetch(bench.url + path, {
        method: name.split(' ')[0] ?? '',
        headers: { 'content-type': 'application/json', 'x-openstack-ironic-api-version': '1.115' },
        ...(body === null ? {} : { body }),
      });
      const text = await answer.text();
      answered.push(answer.status);
      if (answer.status !== 503) continue;
      expect(answer.headers.get('retry-after'), name).to.match(/^[1-9]\d*$/);
      expect(text, name).to.contain('The database is not available. Retry later.');
    }
    return answered;
  }

  for (const [api, prefix, load] of [
    ['bare-metal', '', loadOpenstackApi],
    ['life-cycle', '/lifecycle', () => loadOpenApi('lifecycle')],
  ] as const)
    it(`of the ${api} API is answered 503 with Retry-After`, async () => {
      const { operations, document } = await load();
      const described = JSON.parse(document) as JsonObject;
      const otherwise: string[] = [];
      let unavailable = 0;
      for (const operation of operations) {
        const name = `${operation.method} ${prefix}${operation.path}`;
        const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, parameter) => PARAMETERS[parameter] ?? UUID);
        const own = OWN_BODIES[name];
        const bodies = own === undefined ? bodiesOf(described, operation) : [JSON.stringify(own)];
        const answered = await statuses(name, prefix + path + (OWN_QUERIES[name] ?? ''), bodies);
        if (answered.includes(503)) unavailable += 1;
        // A request that is refused for itself needs no database.
        const refused = answered.every((status) => status === 503 || status === 400);
        if (!refused && !WITHOUT_DATABASE.includes(name)) otherwise.push(`${name} ${answered.join()}`);
      }
      expect(otherwise).to.deep.equal([]);
      // Nearly all requests get as far as the database.
      expect(unavailable / operations.length).to.be.greaterThan(MOST);
    });
});

/** Bodies as the document describes them; `null` where it describes none. */
function bodiesOf(document: JsonObject, { method, path }: Operation): (string | null)[] {
  const at = (keys: readonly string[]): JsonObject =>
    keys.reduce<JsonObject>((value, key) => value[key] as JsonObject, document);
  const resolve = (ref: string): JsonObject => at(ref.slice(2).split('/'));
  const { requestBody } = at(['paths', path, method.toLowerCase()]) as { requestBody?: JsonObject };
  if (requestBody === undefined) return [null];
  const body = typeof requestBody.$ref === 'string' ? resolve(requestBody.$ref) : requestBody;
  const json = (body.content as JsonObject)['application/json'] as { schema: JsonObject } | undefined;
  if (json === undefined) return [null];
  const { schema } = json;
  const values = schemaValue({ resolve, idents: [UUID, 'n'] }, schema);
  return fc.sample(values, { numRuns: BODIES, seed: 1 }).map((value) => JSON.stringify(value) ?? '{}');
}
