import { expect } from 'chai';
import { createNeutronClient, type NeutronClient } from '../../../conductor/neighbours/neutron-client.ts';
import { systemClock } from '../../../config/system-clock.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { openServiceSession, type ServiceSession } from '../../../net/service-session.ts';
import { type HttpStage, recorded, SERVICE, startHttpStage } from './http-stage.ts';

const PORT = '65c0ee9f-d634-4522-8954-51021b570b0d';
const NETWORK = 'a87cc70a-3e15-4acf-8205-9b711a3531b7';

describe('the Neutron client, on Neutron’s recorded answers', () => {
  let stage: HttpStage;
  let session: ServiceSession;
  let client: NeutronClient;
  const answers = recorded();
  const port = (changes: JsonObject) => ({ port: { ...(answers.port?.port as object), ...changes } });

  beforeEach(() => {
    stage = startHttpStage();
    const settings = { ...SERVICE, auth_url: '', endpoint_override: 'http://neutron.test' };
    session = openServiceSession('Neutron', ['network'], settings, systemClock);
    client = createNeutronClient(session);
  });
  afterEach(async () => {
    const left = stage.pending();
    stage[Symbol.dispose]();
    await session[Symbol.asyncDispose]();
    expect(left).to.deep.equal([]);
  });

  const neutron = () => stage.expect('http://neutron.test/v2.0');
  const codeOf = async (answer: Promise<unknown>) =>
    ((await answer.catch((error: unknown) => error)) as { code?: string }).code;

  it('reads the physical network of a port’s network', async () => {
    neutron().get(`/ports/${PORT}`).reply(200, answers.port);
    neutron().get(`/networks/${NETWORK}`).reply(200, answers.network);
    expect([...(await client.physicalNetworks(PORT))]).to.deep.equal(['public']);
  });

  it('reads the physical networks of all segments, where no address tells which', async () => {
    neutron().get(`/ports/${PORT}`).reply(200, answers.port);
    neutron().get(`/networks/${NETWORK}`).reply(200, answers.network_of_segments);
    neutron().get('/subnets/a0304c3a-4f08-4c43-88af-d796509c97d2').reply(200, answers.subnet);
    expect([...(await client.physicalNetworks(PORT))]).to.deep.equal(['public', 'default']);
  });

  it('reads the physical network of the segment that the port’s address is in', async () => {
    const segment_id = '53b7f8a4-1a3c-4b0c-a1f3-3f4a6b1f0a77';
    neutron().get(`/ports/${PORT}`).reply(200, answers.port);
    neutron().get(`/networks/${NETWORK}`).reply(200, answers.network_of_segments);
    neutron()
      .get('/subnets/a0304c3a-4f08-4c43-88af-d796509c97d2')
      .reply(200, { subnet: { ...(answers.subnet?.subnet as object), segment_id } });
    neutron().get(`/segments/${segment_id}`).reply(200, answers.segment);
    expect([...(await client.physicalNetworks(PORT))]).to.deep.equal(['rack7']);
  });

  it('knows a port that does not exist from one that cannot be read', async () => {
    neutron().get(`/ports/${PORT}`).reply(404, {});
    expect(await codeOf(client.physicalNetworks(PORT))).to.equal('NetworkError');
    neutron().get(`/ports/${PORT}`).reply(503, {});
    expect(await codeOf(client.physicalNetworks(PORT))).to.equal('NetworkError');
  });

  it('finds a network by uuid or by unique name', async () => {
    neutron().get(`/networks/${NETWORK}`).reply(200, answers.network);
    expect(await client.networkId(NETWORK)).to.equal(NETWORK);
    neutron()
      .get('/networks')
      .query({ name: 'net1' })
      .reply(200, { networks: [answers.network?.network] });
    expect(await client.networkId('net1')).to.equal(NETWORK);
    neutron()
      .get('/networks')
      .query({ name: 'two' })
      .reply(200, { networks: [{ id: 'a' }, { id: 'b' }] });
    expect(await codeOf(client.networkId('two'))).to.equal('InvalidParameterValue');
    neutron().get('/networks').query({ name: 'none' }).reply(200, { networks: [] });
    expect(await codeOf(client.networkId('none'))).to.equal('InvalidParameterValue');
  });

  it('takes a binding off to change the address, and puts it back', async () => {
    const sent: unknown[] = [];
    neutron().get(`/ports/${PORT}`).reply(200, answers.port);
    neutron()
      .put(`/ports/${PORT}`, (body) => sent.push((body as { port: unknown }).port) > 0)
      .times(3)
      .reply(200, answers.port);
    await client.setAddress(PORT, '52:54:00:00:00:01');
    const before = answers.port?.port as JsonObject;
    expect(sent).to.deep.equal([
      { 'binding:host_id': '', 'binding:profile': {} },
      { mac_address: '52:54:00:00:00:01' },
      { 'binding:host_id': before['binding:host_id'], 'binding:profile': before['binding:profile'] },
    ]);
  });

  it('leaves an address that is right already', async () => {
    neutron()
      .get(`/ports/${PORT}`)
      .reply(200, port({ mac_address: '52:54:00:00:00:01' }));
    await client.setAddress(PORT, '52:54:00:00:00:01');
  });

  it('unbinds, then gives the address back; a port that is gone is unbound', async () => {
    neutron()
      .put(`/ports/${PORT}`, { port: { 'binding:host_id': '', 'binding:profile': {} } })
      .reply(200, answers.port);
    neutron()
      .put(`/ports/${PORT}`, { port: { mac_address: null } })
      .reply(200, answers.port);
    await client.unbind(PORT, { reset_mac: true });
    neutron().put(`/ports/${PORT}`).reply(404, {});
    await client.unbind(PORT, { reset_mac: false });
  });

  it('unbinds before a binding only what is bound', async () => {
    neutron()
      .get(`/ports/${PORT}`)
      .reply(200, port({ 'binding:host_id': '' }));
    await client.unbindIfBound(PORT);
    neutron().get(`/ports/${PORT}`).reply(404, {});
    expect(await codeOf(client.unbindIfBound(PORT))).to.equal('NetworkError');
  });

  it('makes a port, tells its vif type, and repeats Neutron’s reason when it refuses', async () => {
    neutron()
      .post('/ports', { port: { network_id: NETWORK } })
      .reply(201, answers.port);
    expect(await client.createPort({ network_id: NETWORK })).to.equal(PORT);
    neutron()
      .put(`/ports/${PORT}`, { port: { device_owner: 'baremetal:none' } })
      .reply(200, answers.port);
    expect(await client.updatePort(PORT, { device_owner: 'baremetal:none' })).to.equal('unbound');
    neutron().post('/ports').reply(409, answers.refusal);
    const refused = await client.createPort({}).catch((error: unknown) => error);
    expect(refused).to.include({ code: 'NetworkError', status: 500 });
    expect(String(refused)).to.contain('mac address is in use');
  });

  it('deletes the ports of given addresses on one network', async () => {
    neutron()
      .get('/ports')
      .query({
        network_id: NETWORK,
        mac_address: ['52:54:00:00:00:01', '52:54:00:00:00:02'],
        fields: 'id',
      })
      .reply(200, { ports: [{ id: 'a' }, { id: 'b' }] });
    neutron().delete('/ports/a').reply(204);
    neutron().delete('/ports/b').reply(404, {});
    await client.deletePorts(NETWORK, ['52:54:00:00:00:01', '52:54:00:00:00:02']);
    await client.deletePorts(NETWORK, []);
  });
});
