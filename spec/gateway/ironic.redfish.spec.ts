import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../config/project-root.ts';
import { systemClock } from '../../config/system-clock.ts';
import { createRedfishDriver } from '../../drivers/redfish/driver.ts';
import { leasesOver } from '../../gateway/leases.ts';
import { createRedfishGateway } from '../../gateway/redfish/gateway.ts';
import { openUpstream } from '../../gateway/redfish/upstream.ts';
import { createWatch } from '../../gateway/watch.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { type RedfishServer, startRedfishRack } from '../../rack/redfish/redfish-rack.ts';
import { serveLifecycle } from '../api/lifecycle/lifecycle-bench.ts';
import { SILENT, settingsWith, startConductorBench } from '../conductor/conductor-bench.ts';
import { run } from '../services/process.ts';
import { P1, startIpmiBench } from './ipmi-bench.ts';

const SCENARIO = join(projectRoot, 'spec/gateway/ironic-drivers.py');
/** Debian's own Python, which has the packages. */
const PYTHON = '/usr/bin/python3';

async function ironic(driver: 'ipmi' | 'redfish', driver_info: JsonObject): Promise<JsonObject> {
  const { code, stdout, stderr } = await run({
    command: PYTHON,
    args: [SCENARIO, driver],
    env: { PATH: process.env.PATH, HOME: '/nonexistent', PYTHONWARNINGS: 'ignore' },
    input: JSON.stringify(driver_info),
  });
  expect(code, stderr.slice(-3000)).to.equal(0);
  return JSON.parse(stdout) as JsonObject;
}

const TOUR = ['power on', 'power off', 'power on'];

describe('S84 the drivers of a stock Ironic through the gateway', function () {
  this.timeout(120_000);

  it('switch the power, set what boots and read sensors by ipmitool', async () => {
    await using gateway = await startIpmiBench();
    gateway.server.machine.forcePower('on');
    const { username, password } = await gateway.lease(await gateway.node());
    const said = await ironic('ipmi', {
      ...{ ipmi_address: '127.0.0.1', ipmi_port: gateway.listener.port, ipmi_cipher_suite: '17' },
      ...{ ipmi_username: username, ipmi_password: password },
    });
    expect(said.power).to.deep.equal(TOUR);
    expect(said.boot).to.deep.equal({ boot_device: 'pxe', persistent: false });
    expect(said.sensors).to.include.members(['Fan', 'Temperature', 'Voltage']);
    expect(said.raw, 'what the gateway does not pass on').to.equal('IPMIFailure');
    expect(gateway.server.machine.power).to.equal('on');
    expect(gateway.server.bmc.users.map(({ name }) => name)).not.to.include('b');
  });

  it('switch the power, set what boots, insert media and read sensors by sushy', async () => {
    await using rack = await startRedfishRack({
      ...{ count: 1, clock: systemClock, delays_ms: { soft_off: 0 }, boot_url: () => 'http://127.0.0.1:1' },
    });
    const [bmc] = rack.servers;
    if (bmc === undefined) throw new Error('The rack is empty.');
    bmc.machine.forcePower('on');
    await using through = await serveRedfish(bmc);
    const { username, password } = await through.lease();
    const said = await ironic('redfish', {
      ...{ redfish_address: through.url, redfish_username: username, redfish_password: password },
      redfish_auth_type: 'session',
    });
    expect(said.power).to.deep.equal(TOUR);
    expect(said.boot).to.deep.equal({ boot_device: 'pxe', persistent: false });
    expect(said.media).to.deep.equal(['http://images.example/deploy.iso']);
    expect(said.sensors).to.include.members(['Fan', 'Temperature']);
    const asked = bmc.redfish.requests.map(({ path }) => path);
    expect(asked.some((path) => path.endsWith('VirtualMedia.InsertMedia'))).to.equal(true);
    expect(bmc.redfish.state.media.every(({ image }) => image === null)).to.equal(true);
  });
});

async function serveRedfish({ redfish_info }: RedfishServer) {
  const bench = await startConductorBench(
    {
      DEFAULT: { enabled_hardware_types: ['redfish'] },
      gateway: { public_endpoint: 'https://gateway.example' },
    },
    {
      driver: createRedfishDriver(
        { clock: systemClock, log: SILENT },
        settingsWith({ redfish: { auth_type: 'basic' } }).redfish,
      ),
    },
  );
  const api = await serveLifecycle(bench);
  await bench.start();
  const { store } = bench;
  const node = await bench.node({
    ...{ driver: 'redfish', provision_state: 'active', lessee: 'p1' },
    ...{ power_interface: 'redfish', management_interface: 'redfish' },
    driver_info: { ...redfish_info, redfish_verify_ca: false },
  });
  const upstream = openUpstream();
  const watch = createWatch((uuids) => leasesOver(store, uuids), systemClock);
  const listener: Server = createServer(
    createRedfishGateway({ store, upstream, watch, log: SILENT, audit: true }),
  );
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    async lease() {
      const made = await api.ask('POST', `/v1/servers/${node.uuid}/bmc-leases`, { access: 'gateway' }, P1);
      return { username: String(made.body.username), password: String(made.body.password) };
    },
    async [Symbol.asyncDispose]() {
      listener.closeAllConnections();
      listener.close();
      await watch[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
      await bench[Symbol.asyncDispose]();
    },
  };
}
