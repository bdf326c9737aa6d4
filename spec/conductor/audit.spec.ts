import { expect } from 'chai';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

const WHO = { ...CALLER, user_id: 'alice', project_id: 'team', request_id: 'req-7' };

describe('the audit of requests', () => {
  let bench: ConductorBench;
  beforeEach(async () => {
    bench = await startConductorBench();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const said = async () =>
    (await bench.store.audit.list({ limit: 100 }))
      .toReversed()
      .map(({ action, detail, node_uuid, user, project, request_id }) => {
        expect({ user, project, request_id }).to.deep.equal({
          user: 'alice',
          project: 'team',
          request_id: 'req-7',
        });
        return { action, detail, node_uuid };
      });

  it('tells who raised a verb, changed power or fields, and deleted, without values', async () => {
    await bench.start();
    const { uuid: node_uuid, name } = await bench.node();
    const read = () => bench.read({ uuid: node_uuid });
    await bench.client.provision(await read(), 'manage', {}, WHO);
    await bench.settled({ uuid: node_uuid }, 'manageable');
    await bench.client.power(await read(), 'power on', null, WHO);
    await bench.settled({ uuid: node_uuid }, 'manageable');
    const driver_info = { ipmi_password: 'hunter2' };
    await bench.client.updateNode(await read(), { driver_info, description: 'd' }, WHO);
    await bench.client.call(await read(), 'set_boot_device', { boot_device: 'pxe', persistent: false }, WHO);
    await bench.client.deleteNode(await bench.settled({ uuid: node_uuid }, 'manageable'), WHO);
    expect(await said()).to.deep.equal([
      { action: 'provision', detail: { target: 'manage', from: 'enroll' }, node_uuid },
      { action: 'power', detail: { target: 'power on' }, node_uuid },
      { action: 'update', detail: { fields: ['driver_info', 'description'] }, node_uuid },
      { action: 'call', detail: { method: 'set_boot_device' }, node_uuid },
      { action: 'delete', detail: { name, from: 'manageable' }, node_uuid },
    ]);
    expect((await bench.store.audit.verify()).broken).to.equal(null);
  });

  it('has nothing of a request that was refused', async () => {
    await bench.start();
    const node = await bench.node();
    await bench.client.provision(node, 'active', {}, WHO).catch(() => undefined);
    await bench.client.deleteNode({ ...node, updated_at: 1 }, WHO).catch(() => undefined);
    const protected_ = await bench.node({ protected: true });
    await bench.client.deleteNode(protected_, WHO).catch(() => undefined);
    expect((await said()).filter(({ node_uuid }) => node_uuid === protected_.uuid)).to.deep.equal([]);
    expect((await said()).filter(({ action }) => action === 'provision')).to.deep.equal([]);
  });

  it('can be switched off', async () => {
    await bench[Symbol.asyncDispose]();
    bench = await startConductorBench({ audit: { enabled: false } });
    await bench.start();
    await bench.client.updateNode(await bench.node(), { description: 'd' }, WHO);
    expect(await said()).to.deep.equal([]);
  });
});
