import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { readEvents, type ServerEvent } from '../../../cli/server-events.ts';
import type { Caller } from '../../../lifecycle/caller.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { newReport } from '../../builders/server-report.ts';
import { type ConductorBench, startConductorBench } from '../../conductor/conductor-bench.ts';
import { eventually } from '../../services/eventually.ts';
import { type LifecycleBench, serveLifecycle } from './lifecycle-bench.ts';

const P1: Partial<Caller> = { system_scope: false, project_id: 'p1', roles: ['member', 'reader'] };
const P2: Partial<Caller> = { ...P1, project_id: 'p2' };

interface Watch extends AsyncDisposable {
  events: ServerEvent[];
  /** The events of a kind. */
  of(kind: string): JsonObject[];
  /** Waits for an event that `fits`. */
  told(kind: string, fits: (data: JsonObject) => boolean): Promise<JsonObject>;
  readonly last_id: string;
  /** Resolves when the stream ends. */
  over: Promise<void>;
}

describe('S72 events', () => {
  let bench: ConductorBench;
  let api: LifecycleBench;
  let ending: AbortController;
  const open: Watch[] = [];

  const start = async (events: object = {}): Promise<void> => {
    bench = await startConductorBench({
      events: { poll_interval: 0.05, ...events },
      registration: { driver: 'fake-hardware' },
    });
    ending = new AbortController();
    api = await serveLifecycle(bench, ending.signal);
  };
  afterEach(async () => {
    for (const watch of open.splice(0)) await watch[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  });

  async function watch(caller: Partial<Caller> = {}, after: string | null = null): Promise<Watch> {
    const abort = new AbortController();
    const headers = {
      'x-spec-caller': JSON.stringify(caller),
      ...(after === null ? {} : { 'last-event-id': after }),
    };
    const response = await fetch(`${api.url}/v1/events`, { headers, signal: abort.signal });
    expect(response.status).to.equal(200);
    const events: ServerEvent[] = [];
    const over = (async () => {
      const chunks = response.body?.pipeThrough(new TextDecoderStream()) ?? [];
      for await (const event of readEvents(chunks as AsyncIterable<string>)) events.push(event);
    })().catch(() => {});
    const of = (kind: string) =>
      events.filter(({ event }) => event === kind).map(({ data }) => data as JsonObject);
    const one: Watch = {
      ...{ events, of, over },
      get last_id() {
        return events.findLast(({ id }) => id !== null)?.id ?? '';
      },
      told: (kind, fits) =>
        eventually(() => {
          const found = of(kind).find(fits);
          if (found === undefined) throw new Error(`Not told: ${JSON.stringify(events)}`);
          return found;
        }, 5000),
      [Symbol.asyncDispose]: async () => {
        abort.abort();
        await over;
      },
    };
    open.push(one);
    await one.told('counts', () => true);
    return one;
  }

  it('tell of servers that are made, changed and removed, and of the counts', async () => {
    await start();
    const all = await watch();
    expect(all.of('ready')).to.deep.equal([{ resumed: false }]);
    const node = await bench.node({ provision_state: 'available', name: 'n-1' });
    await all.told('server', ({ uuid, stage }) => uuid === node.uuid && stage === 'inventory');
    await bench.store.nodes.update(node.uuid, { provision_state: 'active' });
    await all.told('server', ({ uuid, stage }) => uuid === node.uuid && stage === 'in-use');
    await all.told('counts', ({ stages }) => (stages as JsonObject)['in-use'] !== undefined);
    await bench.store.nodes.delete(node.uuid);
    await all.told('removed', ({ uuid }) => uuid === node.uuid);
    const counts = await all.told('counts', ({ total }) => total === 0);
    expect(counts.attention).to.equal(0);
    // Nothing is told again and again.
    const before = all.events.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(all.events.length).to.equal(before);
  });

  it('S21 S6 tell of a server as soon as it has called in to register, and of how that went', async () => {
    await start();
    await bench.start();
    const token_hash = createHash('sha256').update('kg-spec').digest('hex');
    await bench.store.enrolment_tokens.create({ name: 'spec', token_hash });
    const all = await watch();
    const report = newReport();
    // There is no pool of addresses: it stays on.
    expect((await bench.client.register('kg-spec', report)).action).to.equal('stay');
    const told = await all.told('server', ({ uuid }) => uuid === report.system_uuid);
    expect(told).to.include({
      ...{ stage: 'registration', serial_number: report.serial_number, attention: true },
      ...{ manufacturer: report.manufacturer, product_name: report.product_name },
    });
    await all.told('counts', ({ stages }) => (stages as JsonObject).registration !== undefined);
    await bench.store.ip_pools.create({
      ...{ name: 'bmc', network: '10.9.0.0/24', ranges: [{ first: '10.9.0.10', last: '10.9.0.20' }] },
    });
    await bench.client.register('kg-spec', report);
    await all.told('server', ({ attention, uuid }) => uuid === report.system_uuid && attention === false);
  });

  it('S107 reach those who may see the server; whoever lost it hears that it is gone', async () => {
    await start();
    const node = await bench.node({ provision_state: 'active', lessee: 'p1' });
    const [mine, yours, all] = [await watch(P1), await watch(P2), await watch()];
    await bench.store.servers.update(node.uuid, { notes: "the provider's" });
    await all.told('server', ({ notes }) => notes === "the provider's");
    const told = await mine.told('server', ({ uuid }) => uuid === node.uuid);
    expect(told).not.to.have.property('notes');
    await bench.store.nodes.update(node.uuid, { lessee: 'p2', provision_state: 'deleting' });
    await yours.told('server', ({ lessee }) => lessee === 'p2');
    await mine.told('removed', ({ uuid }) => uuid === node.uuid);
    await mine.told('counts', ({ total }) => total === 0);
    expect(mine.of('server').map(({ lessee }) => lessee)).to.not.include('p2');
    expect(all.of('removed')).to.deep.equal([]);
    expect(yours.of('removed')).to.deep.equal([]);
  });

  it('S79 tell how far an order is', async () => {
    await start();
    const [mine, yours] = [await watch(P1), await watch(P2)];
    const request = { flavor: 'gold', model: null, availability_zone: null };
    const order = await bench.store.orders.create({
      ...{ project: 'p1', count: 2 },
      request: { ...request, raid_config: null, bios_settings: null, image: null, vlan_id: null },
    });
    const lines = [];
    for (const position of [0, 1])
      lines.push(await bench.store.order_lines.create({ order_uuid: order.uuid, position }));
    await mine.told('order', ({ progress }) => (progress as JsonObject).waiting === 2);
    await bench.store.order_lines.update(lines[0]?.uuid ?? '', { state: 'building' });
    await mine.told('order', ({ progress }) => (progress as JsonObject).building === 1);
    await bench.store.orders.update(order.uuid, { state: 'partial', finished_at: 5 });
    const last = await mine.told('order', ({ state }) => state === 'partial');
    expect(last).to.deep.include({ uuid: order.uuid, finished_at: '1970-01-01T00:00:00.005Z' });
    expect(yours.of('order')).to.deep.equal([]);
  });

  it('that were missed are told to who comes back, as long as they are known', async () => {
    await start();
    const stays = await watch();
    const node = await bench.node({ provision_state: 'active', lessee: 'p1' });
    await stays.told('server', () => true);
    await bench.store.servers.update(node.uuid, { rack: 'A0' });
    await stays.told('server', ({ rack }) => rack === 'A0');
    const { last_id } = stays;
    await bench.store.servers.update(node.uuid, { rack: 'A1' });
    await stays.told('server', ({ rack }) => rack === 'A1');
    const back = await watch(P1, last_id);
    expect(back.of('ready')).to.deep.equal([{ resumed: true }]);
    expect(back.of('server').at(-1)).to.deep.include({ uuid: node.uuid, rack: 'A1' });
    expect((await watch(P1, '1000')).of('ready')).to.deep.equal([{ resumed: false }]);
  });

  it('end with the service, with their time, and with their client, who makes room', async () => {
    await start({ max_streams: 1 });
    const first = await watch();
    const refused = await api.get('/v1/events');
    expect(refused.status).to.equal(503);
    await first[Symbol.asyncDispose]();
    const second = await eventually(() => watch(), 5000);
    ending.abort();
    await second.over;
    await api[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
    await start({ stream_lifetime: 0.2 });
    await (await watch()).over;
  });
});
