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
import { eventually } from '../services/eventually.ts';
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

/** Of the stand-in's system, as its path ends. */
const SYSTEM_NAME = 'node-7c';
const TOUR = ['power on', 'power off', 'power on'];

describe('S84 the drivers of a stock Ironic through the gateway', function () {
  this.timeout(120_000);

  it('switch the power, set what boots, read sensors and open the console by ipmitool', async () => {
    await using gateway = await startIpmiBench();
    gateway.server.machine.forcePower('on');
    const { username, password } = await gateway.lease(await gateway.node());
    const { line, listener } = gateway;
    // The server answers when it is asked.
    const answered = eventually(() => expect(line.typed).to.include('uname'), 50_000).then(() =>
      line.print('Linux 6.1'),
    );
    const said = await ironic('ipmi', {
      ...{ ipmi_address: '127.0.0.1', ipmi_port: listener.port, ipmi_cipher_suite: '17' },
      ...{ ipmi_username: username, ipmi_password: password },
    });
    await answered;
    expect(said.console).to.equal(true);
    await eventually(() => expect(gateway.server.bmc.sol.session).to.equal(null));
    expect(said.power).to.deep.equal(TOUR);
    expect(said.boot).to.deep.equal({ boot_device: 'pxe', persistent: false });
    expect(said.sensors).to.include.members(['Fan', 'Temperature', 'Voltage']);
    expect(said.raw, 'what the gateway does not pass on').to.equal('IPMIFailure');
    expect(gateway.server.machine.power).to.equal('on');
    expect(gateway.server.bmc.users.map(({ name }) => name)).not.to.include('b');
  });

  it('do by sushy all that a deployment asks of a BMC: power, media, what boots once and for good, sensors', async () => {
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
    expect(said.deployed).to.deep.equal(['power on', { boot_device: 'disk', persistent: true }]);
    const changes = bmc.redfish.requests.filter(({ method }) => method === 'POST' || method === 'PATCH');
    const names = changes.map(({ method, path }) => `${method} ${path.split('/').at(-1)}`);
    expect(names.slice(names.lastIndexOf('POST VirtualMedia.InsertMedia'))).to.deep.equal([
      'POST VirtualMedia.InsertMedia',
      `PATCH ${SYSTEM_NAME}`,
      'POST ComputerSystem.Reset',
      'POST VirtualMedia.EjectMedia',
      `PATCH ${SYSTEM_NAME}`,
      // Off and on again, and off.
      ...Array<string>(3).fill('POST ComputerSystem.Reset'),
    ]);
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
