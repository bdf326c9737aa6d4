import { expect } from 'chai';
import { Agent, request } from 'undici';
import { systemClock } from '../../../config/system-clock.ts';
import {
  type RedfishRack,
  type RedfishServer,
  startRedfishRack,
} from '../../../rack/redfish/redfish-rack.ts';

describe('the Redfish stand-in', () => {
  let rack: RedfishRack;
  let server: RedfishServer;
  let agent: Agent;

  beforeEach(async () => {
    rack = await startRedfishRack({ count: 1, clock: systemClock, delays_ms: { soft_off: 0 } });
    server = rack.servers[0] as RedfishServer;
    agent = new Agent({ connect: { ca: rack.ca } });
  });
  afterEach(async () => {
    await agent.close();
    await rack[Symbol.asyncDispose]();
  });

  const ask = async (
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body: object | null = null,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; headers: Record<string, unknown>; body: string }> => {
    const reply = await request(server.redfish.url + path, {
      method,
      dispatcher: agent,
      headers,
      body: body === null ? null : JSON.stringify(body),
    });
    return { status: reply.statusCode, headers: reply.headers, body: await reply.body.text() };
  };
  const basic = (): Record<string, string> => ({
    authorization: `Basic ${Buffer.from(`${server.username}:${server.password}`).toString('base64')}`,
  });

  it('shows nothing but its root without credentials (DSP0266 13.3)', async () => {
    expect((await ask('GET', '/redfish/v1/')).status).to.equal(200);
    for (const path of ['/redfish/v1/Systems', '/redfish/v1/Nowhere'])
      expect((await ask('GET', path)).status, path).to.equal(401);
  });

  it('has links only to what is there', async () => {
    const seen = new Set<string>();
    const follow = async (path: string): Promise<void> => {
      if (seen.has(path)) return;
      seen.add(path);
      const reply = await ask('GET', path, null, basic());
      // The sessions themselves are nobody's to list.
      if (path.endsWith('/Sessions')) return;
      expect(reply.status, path).to.equal(200);
      for (const [, link = ''] of reply.body.matchAll(/"@odata\.id":"([^"#]+)"/g)) await follow(link);
    };
    await follow('/redfish/v1/');
    expect(seen.size).to.be.greaterThan(8);
  });

  it('opens and closes sessions', async () => {
    const sessions = '/redfish/v1/SessionService/Sessions';
    expect((await ask('POST', sessions, { UserName: server.username, Password: 'no' })).status).to.equal(401);
    const opened = await ask('POST', sessions, { UserName: server.username, Password: server.password });
    expect(opened.status).to.equal(201);
    const token = { 'x-auth-token': String(opened.headers['x-auth-token']) };
    expect((await ask('GET', '/redfish/v1/Systems', null, token)).status).to.equal(200);
    expect((await ask('DELETE', String(opened.headers.location), null, token)).status).to.equal(204);
    expect((await ask('GET', '/redfish/v1/Systems', null, token)).status).to.equal(401);
  });

  it('changes power, and refuses what the server cannot do', async () => {
    const reset = (ResetType: string) =>
      ask('POST', '/redfish/v1/Systems/node-7c/Actions/ComputerSystem.Reset', { ResetType }, basic());
    expect((await reset('On')).status).to.equal(204);
    expect(server.machine.power).to.equal('on');
    expect((await reset('On')).status).to.equal(409);
    const refused = await reset('Explode');
    expect(refused.status).to.equal(400);
    expect(JSON.parse(refused.body)).to.have.nested.property('error.@Message\\.ExtendedInfo');
  });

  it('takes a change with the newest ETag only', async () => {
    const path = '/redfish/v1/Chassis/sled-7c';
    const etag = String((await ask('GET', path, null, basic())).headers.etag);
    const change = (IndicatorLED: string) =>
      ask('PATCH', path, { IndicatorLED }, { ...basic(), 'if-match': etag });
    expect((await change('Blinking')).status).to.equal(204);
    expect((await change('Off')).status).to.equal(412);
    expect(server.redfish.state.chassis_lamp).to.equal('Blinking');
    expect((await ask('PATCH', path, { SKU: '1' }, basic())).status).to.equal(400);
  });

  it('makes tasks of actions when it is told to', async () => {
    server.redfish.faults = { task: { looks: 1, end: 'Completed' } };
    const manager = '/redfish/v1/Managers/controller-7c';
    const accepted = await ask(
      'POST',
      `${manager}/VirtualMedia/Cd/Actions/VirtualMedia.InsertMedia`,
      { Image: 'http://127.0.0.1/a.iso' },
      basic(),
    );
    expect(accepted.status).to.equal(202);
    const monitor = String(accepted.headers.location);
    const statuses: number[] = [];
    for (let look = 0; look < 3; look += 1) statuses.push((await ask('GET', monitor, null, basic())).status);
    expect(statuses).to.deep.equal([202, 204, 404]);
  });

  it('keeps what was asked, without what was secret in it', async () => {
    const login = { UserName: server.username, Password: server.password };
    await ask('POST', '/redfish/v1/SessionService/Sessions', login);
    expect(JSON.stringify(server.redfish.requests)).not.to.contain(server.password);
    await ask('GET', '/redfish/v1/', null, basic());
    expect(server.redfish.requests.at(-1)).to.deep.equal({
      method: 'GET',
      path: '/redfish/v1/',
      credentials: 'basic',
      body: null,
    });
  });
});
