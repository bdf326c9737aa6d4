import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Conductor } from '../../conductor/server.ts';
import { systemClock } from '../../config/system-clock.ts';
import { createIpmiDriver } from '../../drivers/ipmi/driver.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { type Rack, type RackServer, startRack } from '../../rack/rack.ts';
import { TestSerialLine } from '../builders/serial-line.ts';
import { QUICK_OPTIONS } from '../drivers/ipmi/ipmi-options.ts';
import { eventually } from '../services/eventually.ts';
import { CALLER, type ConductorBench, SILENT, startConductorBench } from './conductor-bench.ts';

describe('serial consoles: ipmitool-socat', () => {
  let folder: string;
  let rack: Rack;
  let server: RackServer;
  let line: TestSerialLine;
  let bench: ConductorBench;
  let conductor: Conductor;
  let node: NodeRecord;
  const viewers: Socket[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-consoles-'));
    rack = await startRack({ count: 1, clock: systemClock });
    const [first] = rack.servers;
    if (first === undefined) throw new Error('no server');
    server = first;
    line = new TestSerialLine();
    server.bmc.serial = line;
    bench = await startConductorBench(
      { DEFAULT: { enabled_hardware_types: ['ipmi'] }, console: { log_directory: folder } },
      { driver: createIpmiDriver({ clock: systemClock, log: SILENT }, QUICK_OPTIONS) },
    );
    conductor = await bench.start();
    node = await bench.node({
      driver: 'ipmi',
      driver_info: server.driver_info,
      console_interface: 'ipmitool-socat',
      power_interface: 'ipmitool',
      management_interface: 'ipmitool',
    });
  });
  afterEach(async () => {
    for (const viewer of viewers.splice(0)) viewer.destroy();
    await bench[Symbol.asyncDispose]();
    await rack[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const turn = async (enabled: boolean): Promise<NodeRecord> => {
    await bench.client.changeHardware(await bench.read(node), { kind: 'console', enabled }, CALLER);
    return eventually(async () => {
      const now = await bench.read(node);
      expect(now.reservation).to.equal(null);
      return now;
    });
  };
  const info = async () => bench.client.call(await bench.read(node), 'get_console', {}, CALLER);
  const view = async (): Promise<{ seen: () => string; socket: Socket }> => {
    const told = await info();
    if (told === null) throw new Error('no console');
    const { hostname, port } = new URL(told.url);
    const socket = connect(Number(port), hostname);
    viewers.push(socket);
    await once(socket, 'connect');
    let seen = '';
    socket.on('data', (bytes) => {
      seen += bytes.toString('latin1');
    });
    socket.on('error', () => undefined);
    return { seen: () => seen, socket };
  };

  it('is told as Ironic tells it, shown to several viewers, logged, and stopped', async () => {
    const enabled = await turn(true);
    expect([enabled.last_error, enabled.console_enabled]).to.deep.equal([null, true]);
    const told = await info();
    expect(told?.type).to.equal('socat');
    expect(told?.url).to.match(/^tcp:\/\/127\.0\.0\.1:\d+$/);
    const one = await view();
    const two = await view();
    line.print('login: ');
    await eventually(() => expect([one.seen(), two.seen()]).to.deep.equal(['login: ', 'login: ']));
    one.socket.write('root\r');
    two.socket.write('secret\r');
    await eventually(() => expect(line.typed).to.have.lengthOf('root\rsecret\r'.length));
    // Who comes later sees what was printed last.
    const three = await view();
    await eventually(() => expect(three.seen()).to.equal('login: '));
    await eventually(async () =>
      expect(await readFile(join(folder, `${node.uuid}.log`), 'latin1')).to.equal('login: '),
    );
    const closed = once(one.socket, 'close');
    expect((await turn(false)).console_enabled).to.equal(false);
    await closed;
    expect(server.bmc.sol.session).to.equal(null);
    expect((await bench.read(node)).driver_internal_info).not.to.have.property('serial_console');
  });

  it('listens where ipmi_terminal_port says', async () => {
    await turn(true);
    const port = Number(new URL((await info())?.url ?? '').port);
    await turn(false);
    await bench.store.nodes.update(node.uuid, {
      driver_info: { ...server.driver_info, ipmi_terminal_port: port },
    });
    await turn(true);
    expect((await info())?.url).to.equal(`tcp://127.0.0.1:${port}`);
  });

  it('goes on after the BMC restarted', async () => {
    await turn(true);
    const viewer = await view();
    server.bmc.reset('cold');
    viewer.socket.write('x');
    await eventually(() => expect(server.bmc.sol.session).not.to.equal(null));
    line.print('back');
    await eventually(() => expect(viewer.seen()).to.match(/back$/));
  });

  it('is not taken back from an operator who took it, until he leaves', async () => {
    await turn(true);
    const driver = createIpmiDriver({ clock: systemClock, log: SILENT }, QUICK_OPTIONS);
    const parsed = driver.parse(server.driver_info);
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    const call = { timeout_ms: 5000 };
    const connection = await driver.connect(parsed.info, call);
    const theirs = await connection.serialConsole?.open({ ...call, take_over: true });
    const session = server.bmc.sol.session;
    await systemClock.sleep(1500);
    expect(server.bmc.sol.session).to.equal(session);
    await theirs?.[Symbol.asyncDispose]();
    await driver[Symbol.asyncDispose]();
    await eventually(() => expect(server.bmc.sol.session).not.to.equal(null));
  });

  it('is opened anew by the next question when its conductor ended', async () => {
    await turn(true);
    await conductor[Symbol.asyncDispose]();
    expect(server.bmc.sol.session).to.equal(null);
    await bench.start('conductor-2');
    expect((await info())?.type).to.equal('socat');
    expect(server.bmc.sol.session).not.to.equal(null);
    expect((await bench.read(node)).driver_internal_info.serial_console).to.include({
      conductor: 'conductor-2',
    });
  });

  it('says why it cannot be opened', async () => {
    server.bmc.sol.parameters.set(1, Uint8Array.of(0));
    const { last_error, console_enabled } = await turn(true);
    expect(console_enabled).to.equal(false);
    expect(last_error).to.include('Serial over LAN is disabled');
  });
});
