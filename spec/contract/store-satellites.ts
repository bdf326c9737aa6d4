import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { newHistory, newNode, uniqueName } from '../builders/records.ts';
import type { StoreBench } from './store-bench.ts';

export function describeStoreSatellites(bench: () => StoreBench): void {
  describe('traits', () => {
    it('are set, added and removed, and stamp the node', async () => {
      const { nodes } = bench().store;
      const { uuid } = await nodes.create(newNode());
      const traits = async () => (await nodes.get(uuid))?.traits;
      await nodes.setTraits(uuid, ['HW_B', 'HW_A', 'HW_A']);
      expect(await traits()).to.deep.equal(['HW_A', 'HW_B']);
      expect((await nodes.get(uuid))?.updated_at).to.be.a('number');
      await nodes.addTrait(uuid, 'CUSTOM_C');
      await nodes.addTrait(uuid, 'CUSTOM_C');
      expect(await traits()).to.deep.equal(['CUSTOM_C', 'HW_A', 'HW_B']);
      expect(await nodes.removeTrait(uuid, 'HW_A')).to.equal(true);
      expect(await nodes.removeTrait(uuid, 'HW_A')).to.equal(false);
      await nodes.setTraits(uuid, []);
      expect(await traits()).to.deep.equal([]);
    });

    it('survive being added by many at once', async () => {
      const { nodes } = bench().store;
      const { uuid } = await nodes.create(newNode());
      await Promise.all(Array.from({ length: 12 }, (_, n) => nodes.addTrait(uuid, `CUSTOM_${n % 3}`)));
      expect((await nodes.get(uuid))?.traits).to.deep.equal(['CUSTOM_0', 'CUSTOM_1', 'CUSTOM_2']);
    });

    it('change with other fields under one guard', async () => {
      const { nodes } = bench().store;
      const { uuid } = await nodes.create(newNode({ traits: ['CUSTOM_A'] }));
      const changed = await nodes.update(uuid, { traits: ['CUSTOM_B'], owner: 'x' }, { owner: null });
      expect(changed).to.deep.include({ traits: ['CUSTOM_B'], owner: 'x' });
      expect(await nodes.update(uuid, { traits: [] }, { owner: null })).to.equal(null);
      expect((await nodes.get(uuid))?.traits).to.deep.equal(['CUSTOM_B']);
    });
  });

  describe('node history', () => {
    it('is listed per node in order', async () => {
      const { nodes, history } = bench().store;
      const [one, other] = [await nodes.create(newNode()), await nodes.create(newNode())];
      for (let n = 0; n < 5; n++)
        await history.add(newHistory(one.uuid, { event: `e${n}`, severity: 'ERROR' }));
      await history.add(newHistory(other.uuid));
      const all = await history.list(one.uuid);
      expect(all.map((entry) => entry.event)).to.deep.equal(['e0', 'e1', 'e2', 'e3', 'e4']);
      expect(await history.get(all[0]?.uuid ?? '')).to.deep.equal(all[0]);
      const page = await history.list(one.uuid, { after_id: all[1]?.id ?? 0, limit: 2 });
      expect(page.map((entry) => entry.event)).to.deep.equal(['e2', 'e3']);
      const newest = await history.list(one.uuid, { sort_dir: 'desc', limit: 1 });
      expect(newest[0]?.event).to.equal('e4');
    });

    it('is trimmed to the newest entries of each node, a batch at a time', async () => {
      const { nodes, history } = bench().store;
      const [long, short] = [await nodes.create(newNode()), await nodes.create(newNode())];
      const keep = 30;
      for (let n = 0; n < keep + 7; n++) await history.add(newHistory(long.uuid, { event: `e${n}` }));
      for (let n = 0; n < 3; n++) await history.add(newHistory(short.uuid));
      expect(await history.trim(keep, 5)).to.equal(5);
      expect((await history.list(long.uuid, { limit: 1 }))[0]?.event).to.equal('e5');
      expect(await history.trim(keep, 5)).to.equal(2);
      expect(await history.trim(keep, 5)).to.equal(0);
      expect(await history.list(long.uuid)).to.have.length(keep);
      expect(await history.list(short.uuid)).to.have.length(3);
    });
  });

  describe('BIOS settings and firmware components', () => {
    it('become what was found; what stays keeps its age', async () => {
      const { nodes, bios_settings } = bench().store;
      const { uuid } = await nodes.create(newNode());
      await bios_settings.replace(uuid, [
        { name: 'b', value: '1', unique: true, allowable_values: ['1', '2'], lower_bound: 1 },
        { name: 'a', value: null },
        { name: 'c', value: 'same' },
      ]);
      const before = await bios_settings.list(uuid);
      expect(before.map((row) => row.name)).to.deep.equal(['a', 'b', 'c']);
      expect(before[1]).to.deep.include({
        value: '1',
        unique: true,
        allowable_values: ['1', '2'],
        lower_bound: 1,
      });
      expect(before[0]).to.deep.include({ allowable_values: null, read_only: null });

      await bios_settings.replace(uuid, [
        { name: 'b', value: '2' },
        { name: 'c', value: 'same' },
        { name: 'd', value: 'new' },
      ]);
      const after = await bios_settings.list(uuid);
      expect(after.map((row) => [row.name, row.value])).to.deep.equal([
        ['b', '2'],
        ['c', 'same'],
        ['d', 'new'],
      ]);
      expect(after[0]).to.include({ id: before[1]?.id, created_at: before[1]?.created_at, unique: null });
      expect(after[0]?.updated_at).to.be.a('number');
      expect(after[1]).to.deep.equal(before[2]);
    });

    it('hold firmware versions by component', async () => {
      const { nodes, firmware_components } = bench().store;
      const { uuid } = await nodes.create(newNode());
      await firmware_components.replace(uuid, [
        { component: 'bmc', initial_version: '1', current_version: '2' },
      ]);
      const [row] = await firmware_components.list(uuid);
      expect(row).to.include({ component: 'bmc', initial_version: '1', current_version: '2', vendor: null });
      await firmware_components.replace(uuid, []);
      expect(await firmware_components.list(uuid)).to.deep.equal([]);
    });
  });

  describe('inventory', () => {
    it('is replaced by each inspection', async () => {
      const { nodes, inventory } = bench().store;
      const { uuid } = await nodes.create(newNode());
      await inventory.put(uuid, { inventory: { cpu: 1 }, plugin_data: { a: [] } });
      const first = await inventory.get(uuid);
      expect(first).to.deep.include({ inventory: { cpu: 1 }, plugin_data: { a: [] }, updated_at: null });
      await inventory.put(uuid, { inventory: { cpu: 2 }, plugin_data: {} });
      const second = await inventory.get(uuid);
      expect(second).to.deep.include({ id: first?.id, inventory: { cpu: 2 }, plugin_data: {} });
      expect(second?.updated_at).to.be.a('number');
    });

    it('of a node that is gone is refused', async () => {
      const gone = randomUUID();
      const put = bench().store.inventory.put(gone, { inventory: {}, plugin_data: {} });
      const error = await put.then(
        () => null,
        (refused: unknown) => refused,
      );
      expect(error).to.include({ code: 'NotFound' });
    });
  });

  describe('conductors', () => {
    it('register, beat, go offline and come back', async () => {
      const { conductors } = bench().store;
      const hostname = uniqueName('host');
      const alive = async () => (await conductors.listAlive(60_000)).some((one) => one.hostname === hostname);
      expect(await conductors.heartbeat(hostname)).to.equal(false);
      const first = await conductors.register({ hostname, conductor_group: 'g', hardware_types: {} });
      expect(first).to.include({ hostname, conductor_group: 'g', online: true });
      expect(await alive()).to.equal(true);
      await conductors.setOffline(hostname);
      expect(await alive()).to.equal(false);
      expect(await conductors.get(hostname)).to.include({ online: false });
      const second = await conductors.register({ hostname, conductor_group: 'h', hardware_types: {} });
      expect(second).to.include({ id: first.id, conductor_group: 'h', online: true });
      expect(await conductors.heartbeat(hostname)).to.equal(true);
      expect(
        (await conductors.list({ where: { conductor_group: 'h' } })).map((one) => one.hostname),
      ).to.include(hostname);
    });

    it('are dead once their last heartbeat is older than the timeout', async () => {
      const { database, store } = bench();
      const hostname = uniqueName('host');
      await store.conductors.register({ hostname, conductor_group: '', hardware_types: {} });
      await database.query('UPDATE conductors SET heartbeat_at = heartbeat_at - 60000 WHERE hostname = ?', [
        hostname,
      ]);
      const alive = async (timeout_ms: number) =>
        (await store.conductors.listAlive(timeout_ms)).some((one) => one.hostname === hostname);
      expect(await alive(59_000)).to.equal(false);
      expect(await alive(3_600_000)).to.equal(true);
    });
  });
}
