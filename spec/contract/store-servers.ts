import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { New } from '../../db/store.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { ServerFacts, ServerRecord } from '../../lifecycle/server-record.ts';
import { needsAttention, stageOf } from '../../lifecycle/stages.ts';
import { PROVISION_STATES } from '../../lifecycle/states.ts';
import { newNode, uniqueName } from '../builders/records.ts';
import type { StoreBench } from './store-bench.ts';

const SAME = [
  'name',
  'owner',
  'lessee',
  'driver',
  'resource_class',
  'provision_state',
  'target_provision_state',
  'provision_updated_at',
  'power_state',
  'maintenance',
  'fault',
  'retired',
  'health',
] as const;

/** Changes of nodes that a server follows, besides its state. */
const NODE_CHANGES: readonly New<NodeRecord>[] = [
  { maintenance: true },
  { last_error: 'It broke.', fault: 'power failure' },
  { maintenance: false, fault: null },
  { last_error: null, health: 'Critical' },
  { health: 'OK', owner: 'a', lessee: 'b', power_state: 'power on', name: null },
  { driver_info: { redfish_address: 'https://bmc-7.example:8443/x', redfish_password: 'secret' } },
  { retired: true, resource_class: 'large', driver: 'ipmi' },
];

const SERVER_CHANGES: readonly Partial<ServerFacts>[] = [
  { order_uuid: randomUUID(), notes: '\u{1F680}' },
  { maintenance_side: 'customer' },
  { maintenance_side: 'provider', vlan_id: 12 },
  { maintenance_side: null, order_uuid: null },
  { quarantined: true, quarantine_reason: 'firmware', quarantine_differences: [{ what: 'firmware bios' }] },
  { quarantined: false, quarantine_reason: null, quarantine_differences: null },
  { stalled_at: 1_800_000_000_000 },
  { stalled_at: null, progressed_at: 1_800_000_000_001 },
];

export function describeStoreServers(bench: () => StoreBench): void {
  describe('servers', () => {
    /** Both records, after checking that one follows from the other. */
    async function truth(uuid: string): Promise<ServerRecord> {
      const { nodes, servers } = bench().store;
      const [node, server] = [await nodes.get(uuid), await servers.get(uuid)];
      if (node === null || server === null) throw new Error('A record is missing.');
      for (const field of SAME) expect(server[field], field).to.equal(node[field]);
      expect(server.troubled).to.equal(node.last_error !== null);
      expect(server.stage, node.provision_state).to.equal(stageOf(server));
      expect(server.attention, node.provision_state).to.equal(needsAttention(server));
      return server;
    }

    it('are made with their node, whoever makes it', async () => {
      const node = await bench().store.nodes.create(
        newNode({ owner: 'p', driver_info: { ipmi_address: '127.0.0.9', ipmi_password: 'x' } }),
      );
      const server = await truth(node.uuid);
      expect(server).to.deep.include({ bmc_address: '127.0.0.9', stage: 'registration', attention: false });
      expect(server).to.deep.include({ notes: null, vlan_id: null, disposal: null, maintenance_side: null });
      expect(server.updated_at).to.equal(server.created_at);
      expect(server.stage_changed_at).to.equal(server.created_at);
    });

    it('have the stage of their node in every state, whatever else changes', async () => {
      const { nodes, servers } = bench().store;
      const { uuid } = await nodes.create(newNode());
      for (const [index, provision_state] of PROVISION_STATES.entries()) {
        await nodes.change(uuid, { provision_state });
        await truth(uuid);
        for (const changes of NODE_CHANGES) {
          if (index % 2 === 0) await nodes.update(uuid, changes);
          else await nodes.change(uuid, changes);
          await truth(uuid);
        }
        for (const changes of SERVER_CHANGES) {
          const changed = await servers.update(uuid, changes);
          expect(changed).to.deep.include(changes);
          expect(await truth(uuid)).to.deep.equal(changed);
        }
      }
    });

    it('are in deletion from the undeployment until they are in stock again', async () => {
      const { nodes, servers } = bench().store;
      const { uuid } = await nodes.create(newNode({ provision_state: 'available' }));
      await servers.update(uuid, { order_uuid: randomUUID() });
      const seen: string[] = [];
      for (const provision_state of ['active', 'deleting', 'cleaning', 'clean wait', 'available'] as const) {
        const before = (await truth(uuid)).stage_changed_at;
        await nodes.update(uuid, { provision_state });
        const { stage, stage_changed_at } = await truth(uuid);
        if (seen.at(-1) === stage) expect(stage_changed_at).to.equal(before);
        seen.push(stage);
      }
      expect(seen).to.deep.equal(['in-use', 'deletion', 'deletion', 'deletion', 'inventory']);
      expect((await truth(uuid)).order_uuid).to.equal(null);
      // A first cleaning is no deletion.
      await nodes.update(uuid, { provision_state: 'cleaning' });
      expect((await truth(uuid)).stage).to.equal('inventory');
    });

    it('change only as guarded, and not at all when the node does not', async () => {
      const { nodes, servers } = bench().store;
      const { uuid } = await nodes.create(newNode());
      const order_uuid = randomUUID();
      const all = await Promise.all(
        Array.from({ length: 10 }, () => servers.update(uuid, { order_uuid }, { order_uuid: null })),
      );
      expect(all.filter((one) => one !== null)).to.have.length(1);
      expect(await nodes.change(uuid, { power_state: 'power on' }, { owner: 'nobody' })).to.equal(false);
      expect(await nodes.update(uuid, { power_state: 'power on' }, { owner: 'nobody' })).to.equal(null);
      expect((await truth(uuid)).power_state).to.equal(null);
      expect(await servers.update(randomUUID(), { notes: 'x' })).to.equal(null);
    });

    it('go with their node and are remembered for a while; those disposed of stay', async () => {
      const { store } = bench();
      const owner = uniqueName('owner');
      const gone = await store.nodes.create(newNode({ owner }));
      const disposed = await store.nodes.create(newNode());
      const since = await store.now();
      const disposal = { by: 'carrier', certificates: [1] };
      await store.servers.update(disposed.uuid, { disposed_at: since, disposed_by: 'me', disposal });
      expect(await store.nodes.delete(gone.uuid)).to.equal(true);
      expect(await store.nodes.delete(disposed.uuid)).to.equal(true);
      expect(await store.servers.get(gone.uuid)).to.equal(null);
      expect(await store.servers.get(disposed.uuid)).to.deep.include({ stage: 'disposed', disposal });
      const removed = (await store.servers.removedSince(since, 1000)).map(({ uuid }) => uuid);
      expect(removed).to.include(gone.uuid).and.not.include(disposed.uuid);
      expect(await store.servers.trimRemoved(3_600_000, 10)).to.equal(0);
      expect(await store.servers.trimRemoved(-1000, 1000)).to.be.at.least(1);
      expect(await store.servers.removedSince(since, 1000)).to.deep.equal([]);
      await store.nodes.create(newNode({ uuid: gone.uuid }));
      await store.nodes.create(newNode({ uuid: disposed.uuid })).then(
        () => expect.fail('The uuid of a server that was disposed of was taken again.'),
        (error: { code: string }) => expect(error.code).to.equal('AlreadyExists'),
      );
    });

    it('are listed, counted and searched within a project', async () => {
      const { store } = bench();
      const [mine, yours] = [uniqueName('mine'), uniqueName('yours')];
      const made: string[] = [];
      for (let n = 0; n < 6; n++) {
        const { uuid } = await store.nodes.create(
          newNode({
            name: uniqueName(`Straße-${n}`),
            [n % 2 === 0 ? 'owner' : 'lessee']: n < 4 ? mine : yours,
            provision_state: n % 3 === 0 ? 'active' : 'deploy failed',
            driver_info: { redfish_address: `https://10.9.${n}.1` },
          }),
        );
        await store.servers.update(uuid, { serial_number: `SN-${n}%_`, vendor: 'v' });
        made.push(uuid);
      }
      const of = async (search: string) =>
        (await store.servers.list({ scope: { project: mine }, search })).map(({ uuid }) => uuid);
      expect(await of((made[0] ?? '').slice(0, 20).toUpperCase())).to.deep.equal([made[0]]);
      expect(await of('10.9.2')).to.deep.equal([made[2]]);
      expect(await of('n-3%_')).to.deep.equal([made[3]]);
      expect(await of('straße')).to.deep.equal(made.slice(0, 4));
      expect(await of('%')).to.deep.equal(made.slice(0, 4));
      expect(await of('SN-5')).to.deep.equal([]);
      const counts = await store.servers.countByStage({ scope: { project: mine } });
      expect(counts['in-use']).to.deep.equal({ count: 2, attention: 0 });
      expect(counts.building).to.deep.equal({ count: 2, attention: 2 });
      expect(counts.disposed).to.deep.equal({ count: 0, attention: 0 });
      expect(await store.servers.count({ scope: { project: yours }, where: { vendor: 'v' } })).to.equal(2);
    });

    it('are found by the time of their last change', async () => {
      const { store } = bench();
      const owner = uniqueName('owner');
      const first = await store.nodes.create(newNode({ owner }));
      const second = await store.nodes.create(newNode({ owner }));
      const since = await store.now();
      await store.servers.update(first.uuid, { notes: 'new' });
      const changed = await store.servers.changedSince(since, 10, { project: owner });
      expect(changed.map(({ uuid }) => uuid)).to.include(first.uuid);
      const oldest = await store.servers.changedSince(0, 1, { project: owner });
      expect(oldest).to.have.length(1);
      expect([first.uuid, second.uuid]).to.include(oldest[0]?.uuid);
    });
  });
}
