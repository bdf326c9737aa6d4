import { expect } from 'chai';
import { type Document, OpenAPIBackend } from 'openapi-backend';
import { loadOpenApi } from '../../../api/http/operations.ts';
import { createRouteMatcher } from '../../../api/http/route-matcher.ts';
import { readTables } from '../api/run-tables.ts';

describe('the life-cycle API', () => {
  it('is a valid OpenAPI document', async () => {
    const { document, operations } = await loadOpenApi('lifecycle');
    const definition = JSON.parse(document) as Document;
    const backend = new OpenAPIBackend({
      definition,
      strict: true,
      // Requests are checked by our own validators, which the tables below go through.
      validate: false,
    });
    await backend.init();
    expect(backend.getOperations()).to.have.length(operations.length);
  });

  it('has a row for every operation that succeeds', async () => {
    const { operations } = await loadOpenApi('lifecycle');
    const match = createRouteMatcher(operations);
    const succeeding = new Set<string>();
    for (const row of readTables('lifecycle').flatMap((table) => table.rows)) {
      const [method = '', url = ''] = row.request.split(' ', 2);
      const path = (url.split('?')[0] ?? '').slice('/lifecycle'.length);
      const found = match(path)?.methods.get(method);
      if (found !== undefined && row.status < 300) succeeding.add(found.id);
    }
    const without = operations.map(({ id }) => id).filter((id) => !succeeding.has(id));
    expect(without).to.deep.equal([]);
  });
});
