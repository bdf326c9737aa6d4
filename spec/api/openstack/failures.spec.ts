import { expect } from 'chai';
import type { Store } from '../../../db/store.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { type ApiBench, startApiBench } from '../../contract/api/api-bench.ts';

/** A store whose nodes cannot be listed. */
function failing(error: Error): (store: Store) => Store {
  return (store) => ({ ...store, nodes: { ...store.nodes, each: () => Promise.reject(error) } });
}

async function listNodes(bench: ApiBench): Promise<{ response: Response; fault: JsonObject }> {
  const response = await fetch(`${bench.url}/v1/nodes`);
  const body = (await response.json()) as { error_message: string };
  return { response, fault: JSON.parse(body.error_message) as JsonObject };
}

describe('failures behind the API', () => {
  it('answers 503 with Retry-After when the database is away', async () => {
    const error = serviceError('ServiceUnavailable', {
      why: 'The database cannot be reached: try again later.',
    });
    await using bench = await startApiBench({ wrapStore: failing(error) });
    const { response, fault } = await listNodes(bench);
    expect(response.status).to.equal(503);
    expect(response.headers.get('retry-after')).to.match(/^\d+$/);
    expect(fault).to.deep.equal({ faultcode: 'Server', faultstring: error.message, debuginfo: null });
  });

  it('says nothing but the request id of what it did not expect, and logs that', async () => {
    const error = new Error('SELECT * FROM nodes WHERE password = hunter2');
    await using bench = await startApiBench({ wrapStore: failing(error) });
    const { response, fault } = await listNodes(bench);
    const request_id = response.headers.get('openstack-request-id');
    expect(response.status).to.equal(500);
    expect(fault.faultstring).to.contain(request_id);
    expect(fault.faultstring).not.to.contain('SELECT');
    const logged = bench.logged.find((line) => line.facts.request_id === request_id);
    expect(logged?.facts).to.include({ method: 'GET', path: '/v1/nodes' });
  });

  it('answers 503 to creation when no conductor is alive', async () => {
    const nobody = (store: Store) => ({
      ...store,
      conductors: { ...store.conductors, listAlive: () => Promise.resolve([]) },
    });
    await using bench = await startApiBench({ wrapStore: nobody });
    const response = await fetch(`${bench.url}/v1/nodes`, {
      method: 'POST',
      body: '{"driver": "fake-hardware"}',
    });
    expect(response.status).to.equal(503);
    expect(await response.text()).to.contain('No conductor service is running');
  });
});
