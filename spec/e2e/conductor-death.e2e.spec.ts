import { expect } from 'chai';
import { logIn, type PublicApi } from '../../bin/demo/public-api.ts';
import { systemClock } from '../../config/system-clock.ts';
import { type Rack, startRack } from '../../rack/rack.ts';
import { eventually } from '../services/eventually.ts';
import type { Child } from '../services/process.ts';
import { type Deployment, startDeployment } from './deployment.ts';

interface NodeView {
  provision_state: string;
  last_error: string | null;
  reservation: string | null;
}

describe('a conductor that is killed', function () {
  this.timeout(180_000);
  let deployment: Deployment;
  let rack: Rack;
  let api: PublicApi;

  before(async () => {
    // The deployment's own conductor serves another group, so that the spec decides who works.
    deployment = await startDeployment({
      conductor: {
        lease_timeout: 2,
        heartbeat_interval: 1,
        heartbeat_timeout: 3,
        poll_interval: 1,
        conductor_group: 'elsewhere',
      },
    });
    rack = await startRack({
      count: 1,
      clock: systemClock,
      boot_url: () => deployment.boot_url,
      // Long enough for the spec to strike while a step runs.
      delays_ms: { power: 1500 },
    });
    const { auth_url, username, password } = deployment.operator;
    api = await logIn(auth_url, { name: username, password, project: null });
  });
  after(async () => {
    await rack?.[Symbol.asyncDispose]();
    await deployment?.[Symbol.asyncDispose]();
  });

  const startConductor = async (host: string): Promise<Child> => await deployment.startConductor(host);
  const read = async (): Promise<NodeView> =>
    await api.request('GET', '/v1/nodes/n?fields=provision_state,last_error,reservation');
  const raise = async (target: string): Promise<void> => {
    await api.request('PUT', '/v1/nodes/n/states/provision', { target });
  };
  const reaches = async (wished: string): Promise<void> => {
    await eventually(async () => {
      const { provision_state, last_error } = await read();
      expect({ provision_state, last_error }).to.deep.equal({ provision_state: wished, last_error: null });
    }, 60_000);
  };

  it('is followed by another one, which takes the node to where it was to go', async () => {
    const [server] = rack.servers;
    if (server === undefined) throw new Error('The rack is empty.');
    const first = await startConductor('first');
    const { uuid } = await api.request<{ uuid: string }>('POST', '/v1/nodes', {
      name: 'n',
      driver: 'ipmi',
      driver_info: server.driver_info,
    });
    await api.request('POST', '/v1/ports', { node_uuid: uuid, address: server.machine.identity.macs[0] });
    await raise('manage');
    await reaches('manageable');
    await raise('provide');
    await server.machine.until(({ events }) => events.some(({ event }) => event === 'power command'));
    expect((await read()).reservation).to.equal('first');
    await first.kill();
    expect(await read()).to.deep.include({
      provision_state: 'cleaning',
      reservation: 'first',
      last_error: null,
    });
    await startConductor('second');
    await reaches('available');
    expect((await read()).reservation).to.equal(null);
    expect(server.machine.power).to.equal('off');
  });
});
