import { expect } from 'chai';
import type { JsonObject } from '../../lifecycle/json.ts';
import { newJob, newNode, testKeys, uniqueName } from '../builders/records.ts';
import type { StoreBench } from './store-bench.ts';

const SECRET = 'correct horse battery staple';

const driver_info: JsonObject = {
  ipmi_address: '127.0.0.1',
  ipmi_password: SECRET,
  snmp_auth_key: SECRET,
  deep: { Some_Token: { any: [SECRET] }, list: [{ admin_pass: SECRET }] },
  number_token: 42,
  agent_secret_token_pregenerated: true,
  $secret: SECRET,
};

const failure = (work: Promise<unknown>): Promise<Error & { code?: string }> =>
  work.then(
    () => new Error('It did not fail.'),
    (error: Error) => error,
  );

export function describeStoreSecrets(bench: () => StoreBench): void {
  describe('secrets', () => {
    it('come back in clear and are nowhere in the tables', async () => {
      const { store, database } = bench();
      const node = await store.nodes.create(
        newNode({
          driver_info,
          driver_internal_info: { agent_secret_token: SECRET },
          instance_info: { configdrive: SECRET, image_url: `http://h/?sig=${SECRET}`, shown: 'image_source' },
          deploy_step: { args: { password: SECRET } },
        }),
      );
      expect((await store.nodes.get(node.uuid))?.driver_info).to.deep.equal(driver_info);
      const changed = await store.nodes.update(node.uuid, {
        instance_info: { configdrive: { meta: SECRET } },
      });
      expect(changed?.instance_info).to.deep.equal({ configdrive: { meta: SECRET } });
      const target = { node_uuid: node.uuid, volume_type: 'iscsi', boot_index: 0, volume_id: 'v' };
      await store.volume_targets.create({ ...target, properties: { auth_password: SECRET } });
      const conductor_group = uniqueName('group');
      const args = { rescue_password: SECRET, clean_steps: [{ args: { password: SECRET } }] };
      const { id } = await store.jobs.insert(newJob({ node_uuid: node.uuid, conductor_group, args }));
      const [taken] = await store.jobs.claim({
        claimed_by: 'c',
        conductor_group,
        lease_ms: 60_000,
        limit: 1,
      });
      expect(taken?.job.args).to.deep.equal(args);
      await store.jobs.update(
        { job_id: id, claimed_by: 'c', fencing_token: 1 },
        { step_data: { token: SECRET }, result: { password: SECRET } },
      );
      expect(await store.jobs.get(id)).to.deep.include({
        step_data: { token: SECRET },
        result: { password: SECRET },
      });

      for (const table of ['nodes', 'volume_targets', 'jobs']) {
        const raw = JSON.stringify(await database.query(`SELECT * FROM ${table}`));
        expect(raw).to.not.include(SECRET);
        for (const [from, to] of [
          [0, 9],
          [9, 21],
        ])
          expect(raw).to.not.include(Buffer.from(SECRET.slice(from, to)).toString('base64').slice(0, 10));
      }
      const [row] = await database.query('SELECT driver_info FROM nodes WHERE uuid = ?', [node.uuid]);
      expect(row?.driver_info).to.include('"ipmi_address":"127.0.0.1"').and.include('pregenerated":true');
    });

    it('are not read from the place of another record or field', async () => {
      const { store, database } = bench();
      const [one, other] = [
        await store.nodes.create(newNode({ driver_info: { ipmi_password: 'one', redfish_password: 'two' } })),
        await store.nodes.create(newNode({ driver_info: { ipmi_password: 'three' } })),
      ];
      const raw = async (uuid: string) =>
        String(
          (await database.query('SELECT driver_info FROM nodes WHERE uuid = ?', [uuid]))[0]?.driver_info,
        );
      const put = (uuid: string, column: string, text: string) =>
        database.query(`UPDATE nodes SET ${column} = ? WHERE uuid = ?`, [text, uuid]);

      const text = await raw(one.uuid);
      const swaps: [string, string, string][] = [
        [other.uuid, 'driver_info', text],
        [other.uuid, 'instance_info', text],
        [
          one.uuid,
          'driver_info',
          text.replace('ipmi_password', 'x').replace('redfish_password', 'ipmi_password'),
        ],
        [
          one.uuid,
          'driver_info',
          text.replace(/(:[A-Za-z0-9+/]{30})(.)/, (_, head, c) => head + (c === 'A' ? 'B' : 'A')),
        ],
      ];
      for (const [uuid, column, moved] of swaps) {
        expect(moved, column).to.not.equal(await raw(uuid));
        const before = await raw(uuid);
        await put(uuid, column, moved);
        const error = await failure(store.nodes.get(uuid));
        expect(error).to.include({ code: 'SecretUnreadable' });
        expect(error.message).to.include(uuid).and.include(column).and.not.include('three');
        await put(uuid, column, column === 'driver_info' ? before : '{}');
      }
      expect((await store.nodes.get(one.uuid))?.driver_info).to.deep.equal(one.driver_info);
    });

    it('that look like ours but were written by a client stay what they are', async () => {
      const { nodes } = bench().store;
      const info = { shown: { $secret: 'abc:def' }, list: [{ $secret: { $secret: 'x' } }] };
      const node = await nodes.create(newNode({ driver_info: info, extra: { $secret: 'plain' } }));
      expect(await nodes.get(node.uuid)).to.deep.include({ driver_info: info, extra: { $secret: 'plain' } });
    });

    it('are encrypted again with a new key, and then need the old one no more', async () => {
      const own = await bench().another(testKeys(1));
      const made = await own.nodes.create(newNode({ driver_info: { ipmi_password: SECRET } }));
      const job = await own.jobs.insert(
        newJob({ args: { password: SECRET }, conductor_group: uniqueName('g') }),
      );
      await own.nodes.create(newNode({ driver_info: { no: 'secret' } }));

      const both = await bench().another(testKeys(2, 1));
      expect((await both.nodes.get(made.uuid))?.driver_info).to.deep.equal({ ipmi_password: SECRET });
      expect(await both.rotateSecrets()).to.be.at.least(2);
      expect(await both.rotateSecrets()).to.equal(0);

      const after = await bench().another(testKeys(2));
      expect(await after.nodes.get(made.uuid)).to.deep.equal(made);
      expect((await after.jobs.get(job.id))?.args).to.deep.equal({ password: SECRET });
      const lost = await failure(own.nodes.get(made.uuid));
      expect(lost).to.include({ code: 'SecretUnreadable', status: 500 });
      expect(lost.message).to.include(testKeys(2).current.id).and.include(made.uuid).and.not.include(SECRET);
      const listed = await own.nodes.list({
        where: { uuid: made.uuid },
        fields: ['name', 'provision_state'],
      });
      expect(listed).to.have.length(1);
      const back = await bench().another(testKeys(1, 2));
      expect(await back.rotateSecrets()).to.be.at.least(2);
    });
  });
}
