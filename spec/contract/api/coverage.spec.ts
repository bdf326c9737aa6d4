import { expect } from 'chai';
import { type Document, OpenAPIBackend } from 'openapi-backend';
import { createRouteMatcher } from '../../../api/http/route-matcher.ts';
import { loadOpenstackApi } from '../../../api/openstack/load-openstack-api.ts';
import { COLLECTIONS, FIELDS, MAX_MINOR, QUERY, ROUTES } from '../../../api/openstack/microversions.ts';
import { readTables } from './run-tables.ts';

/** The fake hardware has neither vendor methods nor RAID enabled: the calls have rows of their refusals only. */
const WITHOUT_SUCCESS = /^(nodes\.vendor_passthru|drivers\.vendor_passthru|drivers\.raid)\./;

describe('API tables', () => {
  it('have a row for every operation of openapi.yaml that succeeds, and the status of its gate', async () => {
    const { operations } = await loadOpenstackApi();
    const match = createRouteMatcher(operations);
    const succeeding = new Set<string>();
    for (const row of readTables().flatMap((table) => table.rows)) {
      const [method = '', url = ''] = row.request.split(' ', 2);
      const found = match(url.split('?')[0] ?? '')?.methods.get(method);
      if (found !== undefined && row.status < 300) succeeding.add(found.id);
    }
    const without = operations.map((operation) => operation.id).filter((id) => !succeeding.has(id));
    expect(without.filter((id) => !WITHOUT_SUCCESS.test(id))).to.deep.equal([]);
  });
});

describe('openapi.yaml', () => {
  it('is a valid OpenAPI document, as it is served', async function valid() {
    this.timeout(60_000);
    const { document } = await loadOpenstackApi();
    const backend = new OpenAPIBackend({
      definition: JSON.parse(document) as Document,
      strict: true,
      // Requests are checked by our own validators, which the tables go through.
      validate: false,
    });
    await backend.init();
    expect(backend.getOperations().length).to.be.greaterThan(100);
  });
});

describe('the microversion ledger', () => {
  it('names only versions that the service has', () => {
    const minors = [
      ...Object.values(FIELDS).flatMap((fields) => Object.values(fields)),
      ...Object.values(QUERY).flatMap((gates) => Object.values(gates).map((gate) => gate.since)),
      ...Object.values(ROUTES).map((gate) => gate.since),
      ...Object.values(COLLECTIONS),
    ];
    expect(
      minors.filter((minor) => !Number.isInteger(minor) || minor < 1 || minor > MAX_MINOR),
    ).to.deep.equal([]);
  });

  it('gates only query parameters that openapi.yaml has', async () => {
    const { operations } = await loadOpenstackApi();
    for (const operation of operations) {
      for (const name of Object.keys(QUERY[operation.id] ?? {})) {
        const params = Object.fromEntries(
          [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, key]) => [key ?? '', 'x']),
        );
        const verdict = refusalOf(() => operation.checkQuery(params, { [name]: '1' }));
        expect(verdict, `${operation.id} ${name}`).not.to.contain('Unexpected arguments');
      }
    }
  });
});

function refusalOf(check: () => void): string {
  try {
    check();
    return '';
  } catch (error) {
    return String(error);
  }
}
