import { expect } from 'chai';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { newNode } from '../../builders/records.ts';
import { type ConductorBench, startConductorBench } from '../../conductor/conductor-bench.ts';
import { type LifecycleBench, serveLifecycle } from './lifecycle-bench.ts';

const SERVERS = 10_000;
const PAGE = 1000;

describe('S108 thousands of servers', function () {
  this.timeout(180_000);
  let bench: ConductorBench;
  let api: LifecycleBench;
  const uuids: string[] = [];

  before(async () => {
    bench = await startConductorBench();
    api = await serveLifecycle(bench);
    for (let first = 0; first < SERVERS; first += PAGE)
      await bench.store.transaction(async (tables) => {
        for (let n = first; n < first + PAGE; n++) {
          const provision_state = n % 4 === 0 ? 'active' : 'available';
          const lessee = n % 4 === 0 ? `p${n % 16}` : null;
          const { uuid } = await tables.nodes.create(newNode({ name: `s-${n}`, provision_state, lessee }));
          uuids.push(uuid);
        }
      });
  });
  after(async () => {
    await api?.[Symbol.asyncDispose]();
    await bench?.[Symbol.asyncDispose]();
  });

  const get = async (url: string) => {
    const { status, body } = await api.get(url);
    expect(status).to.equal(200);
    return body as { servers: JsonObject[]; total: number; next?: string };
  };

  it('S108 are listed page by page, each once and none left out', async () => {
    const seen: string[] = [];
    let pages = 0;
    for (
      let url: string | undefined = `/v1/servers?sort_key=name&limit=${PAGE}`;
      url !== undefined;
      pages++
    ) {
      const { servers, total, next } = await get(url);
      expect(total).to.equal(SERVERS);
      seen.push(...servers.map(({ uuid }) => String(uuid)));
      url = next === undefined ? undefined : next.slice(next.indexOf('/lifecycle') + '/lifecycle'.length);
    }
    expect(pages).to.equal(SERVERS / PAGE);
    expect(seen.toSorted()).to.deep.equal(uuids.toSorted());
  });

  it('S108 are counted by stage, and found among all by a word', async () => {
    const { body } = await api.get('/v1/servers/counts');
    expect(body).to.deep.include({ total: SERVERS });
    const { stages } = body as { stages: Record<string, { count: number }> };
    expect([stages['in-use']?.count, stages.inventory?.count]).to.deep.equal([
      SERVERS / 4,
      (SERVERS * 3) / 4,
    ]);
    const found = await get('/v1/servers?search=s-9999');
    expect(found.servers.map(({ name }) => name)).to.deep.equal(['s-9999']);
    const by_uuid = await get(`/v1/servers?search=${uuids[5000]}`);
    expect(by_uuid.servers.map(({ name }) => name)).to.deep.equal(['s-5000']);
    expect((await get('/v1/servers?project=p4&limit=1')).total).to.equal(SERVERS / 16);
  });
});
