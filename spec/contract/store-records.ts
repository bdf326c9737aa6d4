import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { ServiceError } from '../../lifecycle/errors.ts';
import {
  newHistory,
  newJob,
  newNode,
  newPort,
  newPortgroup,
  uniqueAddress,
  uniqueName,
} from '../builders/records.ts';
import type { StoreBench } from './store-bench.ts';

const refusal = (work: Promise<unknown>): Promise<ServiceError> =>
  work.then(
    () => {
      throw new Error('It was not refused.');
    },
    (error: ServiceError) => error,
  );

export function describeStoreRecords(bench: () => StoreBench): void {
  describe('records', () => {
    it('come back as they were written, and as create told them', async () => {
      const { nodes } = bench().store;
      const written = newNode({
        driver_info: { ipmi_address: '127.0.0.1', deep: { list: [1, 'two', null, { three: 3.5 }] } },
        properties: { capabilities: 'boot_mode:uefi' },
        extra: { __proto__x: 1, ключ: 'значение' },
        automated_clean: false,
        maintenance: true,
        provision_updated_at: 1_795_000_000_123,
        traits: ['CUSTOM_B', 'CUSTOM_A', 'CUSTOM_B'],
      });
      const created = await nodes.create(written);
      expect(created).to.deep.include({ ...written, traits: ['CUSTOM_A', 'CUSTOM_B'] });
      expect(await nodes.get(created.uuid)).to.deep.equal(created);
      expect(await nodes.getByName(String(written.name))).to.deep.equal(created);
    });

    it("begin with the columns' defaults, a new uuid and the database's time", async () => {
      const { store } = bench();
      const before = await store.now();
      const node = await store.nodes.create(newNode());
      const after = await store.now();
      expect(node.created_at).to.be.within(before, after);
      expect(node).to.deep.include({
        provision_state: 'enroll',
        updated_at: null,
        power_state: null,
        automated_clean: null,
        maintenance: false,
        traits: [],
        instance_info: {},
        conductor_group: '',
      });
      const port = await store.ports.create(newPort(node.uuid));
      expect(port).to.deep.include({ pxe_enabled: true, is_smartnic: false, extra: {}, name: null });
      expect(await store.ports.get(port.uuid)).to.deep.equal(port);
    });

    it('keep a uuid that is given', async () => {
      const uuid = randomUUID();
      expect(await bench().store.nodes.create(newNode({ uuid }))).to.have.property('uuid', uuid);
    });

    it('are null when they are not there', async () => {
      const { nodes, chassis, history, jobs, conductors, inventory } = bench().store;
      expect(await nodes.get(randomUUID())).to.equal(null);
      expect(await nodes.getByName('nobody')).to.equal(null);
      expect(await chassis.getByName('chassis have no names')).to.equal(null);
      expect(await history.get(randomUUID())).to.equal(null);
      expect(await jobs.get(987_654)).to.equal(null);
      expect(await conductors.get('nobody')).to.equal(null);
      expect(await inventory.get(randomUUID())).to.equal(null);
      expect(await nodes.update(randomUUID(), { owner: 'x' })).to.equal(null);
      expect(await nodes.delete(randomUUID())).to.equal(false);
    });

    it('change field by field, with the time of the change', async () => {
      const { nodes } = bench().store;
      const node = await nodes.create(newNode({ owner: 'a', extra: { kept: true } }));
      const changed = await nodes.update(node.uuid, { owner: null, description: '', last_error: 'broke' });
      expect(changed).to.deep.include({
        owner: null,
        description: '',
        last_error: 'broke',
        extra: { kept: true },
      });
      expect(changed?.updated_at).to.be.at.least(node.created_at);
      expect(await nodes.get(node.uuid)).to.deep.equal(changed);
    });

    it('change without being read back, under the same guard', async () => {
      const { nodes } = bench().store;
      const { uuid } = await nodes.create(newNode());
      expect(await nodes.change(uuid, { owner: 'x', driver_info: { a: 1 } }, { owner: null })).to.equal(true);
      const changed = await nodes.get(uuid);
      expect(changed).to.deep.include({ owner: 'x', driver_info: { a: 1 } });
      expect(changed?.updated_at).to.be.a('number');
      expect(await nodes.change(uuid, { owner: 'y' }, { owner: null })).to.equal(false);
      expect(await nodes.get(uuid)).to.deep.equal(changed);
    });

    it('change only while they match the guard', async () => {
      const { nodes } = bench().store;
      const node = await nodes.create(newNode());
      const free = { reservation: null, provision_state: ['enroll', 'manageable'] as const };
      const taken = await nodes.update(node.uuid, { reservation: 'c1' }, free);
      expect(taken).to.have.property('reservation', 'c1');
      expect(await nodes.update(node.uuid, { reservation: 'c2' }, free)).to.equal(null);
      expect(await nodes.update(node.uuid, { reservation: 'c2' }, { reservation: [] })).to.equal(null);
      expect(await nodes.update(node.uuid, { maintenance: true }, { maintenance: true })).to.equal(null);
      expect(await nodes.get(node.uuid)).to.deep.equal(taken);
      const freed = await nodes.update(node.uuid, { reservation: null }, { reservation: [null, 'c1'] });
      expect(freed).to.have.property('reservation', null);
    });

    it('are taken by one of many who want them at once', async () => {
      const { nodes } = bench().store;
      const node = await nodes.create(newNode());
      const hosts = Array.from({ length: 20 }, (_, n) => `host-${n}`);
      const all = await Promise.all(
        hosts.map((reservation) => nodes.update(node.uuid, { reservation }, { reservation: null })),
      );
      const winners = all.filter((one) => one !== null);
      expect(winners).to.have.length(1);
      expect((await nodes.get(node.uuid))?.reservation).to.equal(winners[0]?.reservation);
    });

    it('take emoji, quotes, long texts and big JSON', async () => {
      const { nodes } = bench().store;
      const name = uniqueName('\u{1F680}é漢字');
      const big = {
        text: `\u{1F4BE}'"\\\0\n`.repeat(60_000),
        list: Array.from({ length: 20_000 }, (_, n) => n),
      };
      const node = await nodes.create(newNode({ name, extra: big, last_error: '\u{1F525}'.repeat(40_000) }));
      const read = await nodes.getByName(name);
      expect(read?.extra).to.deep.equal(big);
      expect(read?.last_error).to.equal(node.last_error);
    });

    it('are told apart by every byte of their names', async () => {
      const { nodes } = bench().store;
      const name = uniqueName('Straße');
      const names = [
        name,
        name.toLowerCase(),
        name.toUpperCase(),
        `${name} `,
        name.normalize('NFD'),
        `${name}\u0301`,
      ];
      const distinct = [...new Set(names)];
      for (const one of distinct) await nodes.create(newNode({ name: one }));
      for (const one of distinct) expect(await nodes.getByName(one)).to.have.property('name', one);
      expect(await nodes.getByName(`${name}  `)).to.equal(null);
    });

    it('refuse names of fields that are not theirs', async () => {
      const { nodes } = bench().store;
      const bad = { '`; DROP TABLE nodes; --': 1 } as object;
      const refused = [
        () => nodes.list({ where: bad }),
        () => nodes.create(bad),
        () => nodes.update(randomUUID(), bad),
      ];
      for (const one of refused) expect(await refusal(one())).to.be.instanceOf(TypeError);
      expect(await refusal(nodes.list({ sort_key: 'extra' }))).to.be.instanceOf(TypeError);
      expect(await refusal(nodes.list({ where: { traits: [] } }))).to.be.instanceOf(TypeError);
    });
  });

  describe('unique keys', () => {
    it('name the record, the field and the value that are taken', async () => {
      const { nodes, ports, portgroups, allocations, deploy_templates, runbooks } = bench().store;
      const node = await nodes.create(newNode({ instance_uuid: randomUUID() }));
      const port = await ports.create(newPort(node.uuid, { name: uniqueName('port') }));
      const address = uniqueAddress();
      const portgroup = await portgroups.create(newPortgroup(node.uuid, { address }));
      const name = uniqueName('CUSTOM');
      for (const table of [allocations, deploy_templates, runbooks]) await table.create({ name });

      const cases: [() => Promise<unknown>, string][] = [
        [() => nodes.create(newNode({ uuid: node.uuid })), `node with uuid ${node.uuid}`],
        [() => nodes.create(newNode({ name: node.name })), `node with name ${node.name}`],
        [
          () => nodes.create(newNode({ instance_uuid: node.instance_uuid })),
          `node with instance_uuid ${node.instance_uuid}`,
        ],
        [
          () => ports.create(newPort(node.uuid, { uuid: randomUUID(), address: port.address })),
          `port with address ${port.address}`,
        ],
        [() => ports.create(newPort(node.uuid, { name: port.name })), `port with name ${port.name}`],
        [() => portgroups.create(newPortgroup(node.uuid, { address })), `portgroup with address ${address}`],
        [
          () => portgroups.create(newPortgroup(node.uuid, { name: portgroup.name })),
          `portgroup with name ${portgroup.name}`,
        ],
        [() => allocations.create({ name }), `allocation with name ${name}`],
        [() => deploy_templates.create({ name, steps: [] }), `deploy template with name ${name}`],
        [() => runbooks.create({ name, steps: [] }), `runbook with name ${name}`],
      ];
      for (const [work, told] of cases) {
        const error = await refusal(work());
        expect(error.message).to.equal(`A ${told} already exists.`);
        expect(error).to.include({ code: 'AlreadyExists', status: 409 });
      }
    });

    it('hold for changes too, and change nothing', async () => {
      const { nodes } = bench().store;
      const [one, other] = [await nodes.create(newNode()), await nodes.create(newNode())];
      const error = await refusal(nodes.update(one.uuid, { name: other.name, owner: 'x' }));
      expect(error.message).to.equal(`A node with name ${other.name} already exists.`);
      expect(await nodes.get(one.uuid)).to.deep.equal(one);
    });

    it('hold for volumes by two columns', async () => {
      const { nodes, volume_connectors, volume_targets } = bench().store;
      const { uuid: node_uuid } = await nodes.create(newNode());
      const connector = { node_uuid, type: 'iqn', connector_id: uniqueName('iqn') };
      const target = { node_uuid, volume_type: 'iscsi', boot_index: 0, volume_id: 'v' };
      await volume_connectors.create(connector);
      await volume_targets.create(target);
      expect((await refusal(volume_connectors.create(connector))).message).to.equal(
        `A volume connector with type and connector_id iqn and ${connector.connector_id} already exists.`,
      );
      expect((await refusal(volume_targets.create(target))).message).to.equal(
        `A volume target with node_uuid and boot_index ${node_uuid} and 0 already exists.`,
      );
      const second = await volume_targets.create({ ...target, boot_index: 1 });
      expect((await refusal(volume_targets.update(second.uuid, { boot_index: 0 }))).code).to.equal(
        'AlreadyExists',
      );
    });

    it('allow many records without a name', async () => {
      const { nodes } = bench().store;
      await nodes.create(newNode({ name: null }));
      expect(await nodes.create(newNode({ name: null }))).to.have.property('name', null);
    });
  });

  describe('references', () => {
    it('to a node that is gone are refused', async () => {
      const { ports, history, nodes } = bench().store;
      const gone = randomUUID();
      for (const work of [
        () => ports.create(newPort(gone)),
        () => history.add(newHistory(gone)),
        () => nodes.addTrait(gone, 'X'),
      ]) {
        const error = await refusal(work());
        expect(error).to.include({ code: 'NotFound', message: `Node ${gone} could not be found.` });
      }
    });

    it('to a chassis keep it from being deleted', async () => {
      const { nodes, chassis } = bench().store;
      const { uuid } = await chassis.create({ description: 'rack 1' });
      const node = await nodes.create(newNode({ chassis_uuid: uuid }));
      expect((await refusal(chassis.delete(uuid))).code).to.equal('Conflict');
      await nodes.delete(node.uuid);
      expect(await chassis.delete(uuid)).to.equal(true);
    });

    it('go with the node', async () => {
      const { store, database } = bench();
      const { uuid } = await store.nodes.create(newNode({ traits: ['CUSTOM_X'] }));
      const portgroup = await store.portgroups.create(newPortgroup(uuid));
      await store.ports.create(newPort(uuid, { portgroup_uuid: portgroup.uuid }));
      await store.history.add(newHistory(uuid));
      await store.inventory.put(uuid, { inventory: {}, plugin_data: {} });
      await store.bios_settings.replace(uuid, [{ name: 'a' }]);
      await store.firmware_components.replace(uuid, [{ component: 'bmc', initial_version: '1' }]);
      await store.hardware_readings.put(uuid, { bios_read_at: 1 });
      await store.volume_targets.create({
        node_uuid: uuid,
        volume_type: 'iscsi',
        boot_index: 0,
        volume_id: 'v',
      });
      const connector_id = uniqueName('iqn');
      await store.volume_connectors.create({ node_uuid: uuid, type: 'iqn', connector_id });
      await store.allocations.create({ node_uuid: uuid });
      const { id } = await store.jobs.insert(newJob({ node_uuid: uuid }));
      const step = {
        job_id: id,
        step_index: 0,
        interface: 'power',
        step: 'on',
        fencing_token: 0,
        conductor: 'c',
      };
      await store.jobs.startStep(step);

      expect(await store.nodes.delete(uuid)).to.equal(true);
      for (const table of SATELLITES) {
        const rows = await database.query(`SELECT * FROM ${table} WHERE node_uuid = ?`, [uuid]);
        expect(rows, table).to.deep.equal([]);
      }
      expect(await store.jobs.journal(id)).to.deep.equal([]);
    });

    it('of a port to its port group end with the group', async () => {
      const { nodes, ports, portgroups } = bench().store;
      const node = await nodes.create(newNode());
      const group = await portgroups.create(newPortgroup(node.uuid));
      const port = await ports.create(newPort(node.uuid, { portgroup_uuid: group.uuid }));
      await portgroups.delete(group.uuid);
      expect(await ports.get(port.uuid)).to.have.property('portgroup_uuid', null);
    });
  });

  describe('transactions', () => {
    it('write all or nothing', async () => {
      const { store } = bench();
      const node = await store.nodes.create(newNode());
      const port = newPort(node.uuid);
      const error = await refusal(
        store.transaction(async (tables) => {
          await tables.nodes.update(node.uuid, { owner: 'x' });
          await tables.ports.create(port);
          await tables.nodes.setTraits(node.uuid, ['CUSTOM_X']);
          await tables.ports.create(port);
        }),
      );
      expect(error.code).to.equal('AlreadyExists');
      expect(await store.nodes.get(node.uuid)).to.deep.equal(node);
      expect(await store.ports.list({ where: { node_uuid: node.uuid } })).to.deep.equal([]);
    });

    it('resolve with what the work resolved with, and see their own writes', async () => {
      const { store } = bench();
      const node = await store.nodes.create(newNode());
      const seen = await store.transaction(async (tables) => {
        await tables.nodes.update(node.uuid, { owner: 'x' });
        return (await tables.nodes.get(node.uuid))?.owner;
      });
      expect(seen).to.equal('x');
    });

    it('carry out what is issued together in its order', async () => {
      const { store } = bench();
      const node = await store.nodes.create(newNode());
      const [changed, seen, updated] = await store.transaction((tables) =>
        Promise.all([
          tables.nodes.change(node.uuid, { owner: 'x' }),
          tables.nodes.get(node.uuid),
          tables.nodes.update(node.uuid, { lessee: 'y' }, { owner: 'x' }),
        ]),
      );
      expect(changed).to.equal(true);
      expect(seen).to.include({ owner: 'x', lessee: null });
      expect(updated).to.include({ owner: 'x', lessee: 'y' });
      expect(await store.nodes.get(node.uuid)).to.deep.equal(updated);
    });

    it('say which of several writes was refused, and write none of them', async () => {
      const { store } = bench();
      const node = await store.nodes.create(newNode());
      const port = await store.ports.create(newPort(node.uuid));
      const error = await refusal(
        store.transaction((tables) =>
          Promise.all([
            tables.nodes.change(node.uuid, { owner: 'x' }),
            tables.history.add(newHistory(node.uuid)),
            tables.ports.create(newPort(node.uuid, { uuid: randomUUID(), address: port.address })),
            tables.history.add(newHistory(node.uuid)),
          ]),
        ),
      );
      expect(error).to.include({ code: 'AlreadyExists' });
      expect(error.message).to.include(String(port.address));
      expect(await store.nodes.get(node.uuid)).to.deep.equal(node);
      expect(await store.history.list(node.uuid)).to.deep.equal([]);
    });

    it('send nothing once they have ended', async () => {
      const { store } = bench();
      const node = await store.nodes.create(newNode());
      const late = await store.transaction(async (tables) => {
        await tables.nodes.change(node.uuid, { owner: 'x' });
        return tables;
      });
      await refusal(late.nodes.change(node.uuid, { owner: 'late' }));
      expect(await store.nodes.get(node.uuid)).to.have.property('owner', 'x');
    });

    it('do not mix with statements outside of them', async () => {
      const { store } = bench();
      const node = await store.nodes.create(newNode({ owner: 'first' }));
      let outside: Promise<unknown> = Promise.resolve();
      await refusal(
        store.transaction(async (tables) => {
          await tables.nodes.update(node.uuid, { owner: 'never' });
          outside = store.nodes.create(newNode({ description: node.uuid }));
          throw new Error('roll back');
        }),
      );
      await outside;
      expect(await store.nodes.get(node.uuid)).to.have.property('owner', 'first');
      expect(await store.nodes.list({ description_contains: node.uuid })).to.have.length(1);
    });

    it('count together though many run at once', async () => {
      const { store } = bench();
      const node = await store.nodes.create(newNode());
      const add = () =>
        store.transaction(async (tables) => {
          // The guarded write locks the row, so the read after it is the newest.
          await tables.nodes.update(node.uuid, { last_error: 'counting' });
          const count = Number((await tables.nodes.get(node.uuid))?.extra.count ?? 0);
          await tables.nodes.update(node.uuid, { extra: { count: count + 1 } });
        });
      await Promise.all(Array.from({ length: 25 }, add));
      expect((await store.nodes.get(node.uuid))?.extra).to.deep.equal({ count: 25 });
    });
  });
}

const SATELLITES = [
  'ports',
  'portgroups',
  'node_history',
  'node_inventory',
  'node_traits',
  'bios_settings',
  'firmware_components',
  'hardware_readings',
  'volume_targets',
  'volume_connectors',
  'allocations',
  'jobs',
];
