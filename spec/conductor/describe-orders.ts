import { expect } from 'chai';
import type { OrderRecord, OrderRequest } from '../../lifecycle/orders.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { eventually } from '../services/eventually.ts';
import { CALLER, type ConductorBench } from './conductor-bench.ts';

const WANTED: OrderRequest = {
  flavor: 'gold',
  model: null,
  availability_zone: null,
  raid_config: null,
  bios_settings: null,
  image: { image_source: 'http://images.example/i' },
  vlan_id: 40,
};

/** Orders on one kind of store. */
export function describeOrders(name: string, start: () => Promise<ConductorBench>): void {
  describe(`orders on ${name}`, function orderSuite() {
    this.timeout(60_000);
    let bench: ConductorBench;
    beforeEach(async () => {
      bench = await start();
    });
    afterEach(() => bench[Symbol.asyncDispose]());

    const stock = (count: number, fields: Partial<NodeRecord> = {}): Promise<NodeRecord[]> =>
      Promise.all(
        Array.from({ length: count }, () =>
          bench.node({
            provision_state: 'available',
            power_state: 'power off',
            resource_class: 'gold',
            ...fields,
          }),
        ),
      );

    const order = (
      count: number,
      request: Partial<OrderRequest> = {},
      project = 'p1',
      names: string[] = [],
    ): Promise<OrderRecord> =>
      bench.client.createOrder({ project, count, request: { ...WANTED, ...request } }, names, CALLER);

    const linesOf = ({ uuid }: OrderRecord) =>
      bench.store.order_lines.list({ where: { order_uuid: uuid }, sort_key: 'position' });

    const over = (one: OrderRecord, within_ms = 20_000): Promise<OrderRecord> =>
      eventually(async () => {
        const now = await bench.store.orders.get(one.uuid);
        if (now === null || now.state === 'open') {
          const lines = await linesOf(one);
          throw new Error(
            `It is open: ${lines.map(({ state, last_error }) => `${state} ${last_error}`).join('; ')}`,
          );
        }
        return now;
      }, within_ms);

    it('S74 take servers from stock, which leave the view of others', async () => {
      await bench.start();
      const nodes = await stock(3);
      await stock(1, { resource_class: 'silver' });
      await stock(1, { owner: 'p2' });
      const placed = await order(2, {}, 'p1', ['web-1', 'web-2']);
      expect((await over(placed)).state).to.equal('done');
      const lines = await linesOf(placed);
      expect(lines.map(({ state }) => state)).to.deep.equal(['done', 'done']);
      for (const line of lines) {
        expect(nodes.map(({ uuid }) => uuid)).to.include(line.server_uuid);
        const node = await bench.read({ uuid: line.server_uuid ?? '' });
        expect(node).to.deep.include({ lessee: 'p1', instance_uuid: line.uuid, provision_state: 'active' });
        expect(node.instance_name).to.equal(line.name);
        expect(await bench.store.servers.get(node.uuid)).to.deep.include({
          ...{ stage: 'in-use', order_uuid: placed.uuid, vlan_id: 40 },
        });
      }
      expect(await bench.store.servers.count({ scope: { project: 'p2' } })).to.equal(1);
    });

    it('S79 never give one server to two: 200 at once on the last 50', async () => {
      await bench.start('conductor-1');
      await bench.start('conductor-2');
      await stock(50);
      const placed = await Promise.all(Array.from({ length: 200 }, (_, n) => order(1, {}, `project-${n}`)));
      for (const one of placed) await over(one, 50_000);
      const lines = await bench.store.order_lines.list({});
      const done = lines.filter(({ state }) => state === 'done');
      expect(done).to.have.length(50);
      expect(new Set(done.map(({ server_uuid }) => server_uuid)).size).to.equal(50);
      const rest = lines.filter(({ state }) => state !== 'done');
      expect(new Set(rest.map(({ state, last_error }) => `${state}: ${last_error}`))).to.deep.equal(
        new Set(['failed: No server is left in stock that fits the order.']),
      );
    });

    it('S79 isolate what fails: a server that cannot be installed is tried again, then replaced', async () => {
      await bench.start();
      // No way to install it: the deploy interface is none that this build knows.
      const [bad] = await stock(1, { deploy_interface: 'ansible', automated_clean: false });
      const good = await stock(2);
      const placed = await order(3);
      expect((await over(placed)).state).to.equal('partial');
      const lines = await linesOf(placed);
      expect(lines.map(({ state }) => state).sort()).to.deep.equal(['done', 'done', 'failed']);
      const failed = lines.find(({ state }) => state === 'failed');
      expect(failed?.last_error).to.contain('ansible');
      expect(
        lines.filter(({ state }) => state === 'done').map(({ server_uuid }) => server_uuid),
      ).to.have.members(good.map(({ uuid }) => uuid));
      expect(await bench.read(bad as NodeRecord)).to.deep.include({ lessee: null, instance_uuid: null });
    });

    it('survive the death of the conductor that carries them out', async () => {
      const first = await bench.start('conductor-1');
      await stock(4);
      const placed = await order(4);
      await eventually(async () => {
        const lines = await linesOf(placed);
        if (lines.every(({ state }) => state === 'waiting')) throw new Error('Nothing has begun.');
      }, 5000);
      first.halt();
      await bench.start('conductor-2');
      expect((await over(placed, 40_000)).state).to.equal('done');
      expect(new Set((await linesOf(placed)).map(({ server_uuid }) => server_uuid)).size).to.equal(4);
    });

    it('without an image hand over the server as it is, under its own interface', async () => {
      await bench.start();
      const [node] = await stock(1);
      const placed = await order(1, { image: null });
      expect((await over(placed)).state).to.equal('done');
      expect(await bench.read(node as NodeRecord)).to.deep.include({
        ...{
          provision_state: 'active',
          deploy_interface: 'fake',
          instance_info: { deploy_interface: 'noop' },
        },
      });
    });

    it('that are cancelled leave what is delivered and give back the rest', async () => {
      // Nobody works: the order is cancelled before it begins.
      const conductor = await bench.start();
      await conductor[Symbol.asyncDispose]();
      await bench.store.conductors.register({
        ...{ hostname: 'conductor-1', conductor_group: '' },
        hardware_types: (await bench.store.conductors.get('conductor-1'))?.hardware_types ?? {},
      });
      const nodes = await stock(2);
      const placed = await order(2);
      await bench.store.orders.update(placed.uuid, { cancelled_at: await bench.store.now() });
      await bench.start('conductor-2');
      expect((await over(placed)).state).to.equal('cancelled');
      for (const node of nodes) expect((await bench.read(node)).lessee).to.equal(null);
    });

    it('S96 come back into stock when the customer returns them', async () => {
      await bench.start();
      const [node] = await stock(1);
      await over(await order(1));
      const active = await bench.read(node as NodeRecord);
      await bench.client.provision(active, 'deleted', {}, CALLER);
      const back = await bench.settled(active, 'available');
      expect(back).to.deep.include({ lessee: null, instance_uuid: null });
      expect(await bench.store.servers.get(back.uuid)).to.deep.include({
        stage: 'inventory',
        order_uuid: null,
      });
      expect((await over(await order(1, {}, 'p2'))).state).to.equal('done');
    });

    it('keep the quota of a project when they come at once', async () => {
      await bench.start();
      await stock(10);
      await bench.store.quotas.create({ project: 'p1', servers: 3 });
      const placed = await Promise.allSettled(Array.from({ length: 8 }, () => order(1)));
      const taken = placed.filter(({ status }) => status === 'fulfilled');
      expect(taken).to.have.length(3);
    });
  });
}
