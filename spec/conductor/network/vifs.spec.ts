import { expect } from 'chai';
import { CALLER, type ConductorBench, startConductorBench } from '../conductor-bench.ts';

describe('VIFs of a flat network', () => {
  let bench: ConductorBench;
  beforeEach(async () => {
    bench = await startConductorBench();
    await bench.start();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  it('go with the instance when it is torn down', async () => {
    const node = await bench.node({ network_interface: 'flat', provision_state: 'active' });
    const { uuid } = await bench.store.ports.create({
      node_uuid: node.uuid,
      address: '52:54:00:00:00:01',
      extra: { vif_port_id: 'v1', a: 'b' },
    });
    await bench.client.call(node, 'vif_attach', { vif: { id: 'v1' } }, CALLER);
    expect(await bench.client.call(node, 'vif_list', {}, CALLER)).to.deep.equal({ vifs: [{ id: 'v1' }] });
    await bench.client.provision(await bench.read(node), 'deleted', {}, CALLER);
    await bench.settled(node, 'available');
    const port = await bench.store.ports.get(uuid);
    expect([port?.internal_info, port?.extra]).to.deep.equal([{}, { a: 'b' }]);
  });

  it('are attached one at a time, each to a port of its own', async () => {
    const node = await bench.node({ network_interface: 'flat' });
    for (const address of ['52:54:00:00:00:01', '52:54:00:00:00:02'])
      await bench.store.ports.create({ node_uuid: node.uuid, address });
    await Promise.all(
      ['v1', 'v2'].map((id) => bench.client.call(node, 'vif_attach', { vif: { id } }, CALLER)),
    );
    const { vifs } = await bench.client.call(node, 'vif_list', {}, CALLER);
    expect(vifs.map(({ id }) => id).sort()).to.deep.equal(['v1', 'v2']);
  });

  it('say which network interface is missing', async () => {
    const node = await bench.node({ network_interface: 'unheard-of' });
    const refused = await bench.client.call(node, 'vif_list', {}, CALLER).catch((error: unknown) => error);
    expect(refused).to.have.property('code', 'UnsupportedDriverExtension');
    expect(String(refused)).to.contain('unheard-of');
  });
});
