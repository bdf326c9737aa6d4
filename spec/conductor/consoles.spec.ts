import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { callLink, watchLink } from '../../conductor/consoles/link-client.ts';
import type { ConsoleViewer } from '../../conductor/consoles/viewer.ts';
import { consoleTakeover } from '../../conductor/periodic/console-takeover.ts';
import { heartbeat } from '../../conductor/periodic/heartbeat.ts';
import type { Conductor } from '../../conductor/server.ts';
import { systemClock } from '../../config/system-clock.ts';
import { DriverError } from '../../drivers/contract.ts';
import { createIpmiDriver } from '../../drivers/ipmi/driver.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { type Rack, type RackServer, startRack } from '../../rack/rack.ts';
import { TestSerialLine } from '../builders/serial-line.ts';
import { QUICK_OPTIONS } from '../drivers/ipmi/ipmi-options.ts';
import { eventually } from '../services/eventually.ts';
import { CALLER, type ConductorBench, SILENT, startConductorBench } from './conductor-bench.ts';

const CONSOLE_NODE = {
  driver: 'ipmi',
  console_interface: 'ipmitool-socat',
  power_interface: 'ipmitool',
  management_interface: 'ipmitool',
} as const;

function watcher(
  data: (text: string) => unknown = () => undefined,
  ended: ConsoleViewer['ended'] = () => undefined,
): ConsoleViewer {
  return {
    data: (bytes) => {
      data(Buffer.from(bytes).toString('latin1'));
      return true;
    },
    ended,
  };
}

async function expectError(promise: Promise<unknown> | undefined, code: string): Promise<void> {
  const error: unknown = await promise?.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).to.be.instanceOf(DriverError);
  expect((error as DriverError).code, String(error)).to.equal(code);
}

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
    node = await bench.node({ ...CONSOLE_NODE, driver_info: server.driver_info });
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

  /** The console of somebody who does not ask us, taken from whoever has it. */
  const sol = async (): Promise<AsyncDisposable> => {
    const driver = createIpmiDriver({ clock: systemClock, log: SILENT }, QUICK_OPTIONS);
    const parsed = driver.parse(server.driver_info);
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    const call = { timeout_ms: 5000 };
    const connection = await driver.connect(parsed.info, call);
    const stream = await connection.serialConsole?.open({ ...call, take_over: true });
    return {
      [Symbol.asyncDispose]: async () => {
        await stream?.[Symbol.asyncDispose]();
        await driver[Symbol.asyncDispose]();
      },
    };
  };
  /** The conductor that has the console. */
  const homeOf = async (): Promise<unknown> => {
    const { serial_console } = (await bench.read(node)).driver_internal_info;
    return (serial_console as JsonObject | undefined)?.conductor;
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
    const theirs = await sol();
    const session = server.bmc.sol.session;
    await systemClock.sleep(1500);
    expect(server.bmc.sol.session).to.equal(session);
    await theirs[Symbol.asyncDispose]();
    await eventually(() => expect(server.bmc.sol.session).not.to.equal(null));
  });

  it('is one session to the BMC for all who look, by TCP and by other means, at any conductor', async () => {
    const others = [conductor, await bench.start('conductor-2'), await bench.start('conductor-3')];
    await turn(true);
    const tcp = await view();
    const seen = others.map(() => '');
    const seats = await Promise.all(
      others.map(({ consoles }, at) =>
        consoles.attach(
          node,
          watcher((text) => (seen[at] += text)),
          false,
        ),
      ),
    );
    line.print('login: ');
    await eventually(() => expect([tcp.seen(), ...seen]).to.deep.equal(Array(4).fill('login: ')));
    const call = { timeout_ms: 5000 };
    for (const [at, seat] of seats.entries()) await seat.write(Buffer.from(`${at}\r`), call);
    expect(line.typed).to.equal('0\r1\r2\r');
    await seats[1]?.sendBreak(call);
    expect(server.bmc.sol.counts.breaks).to.equal(1);
    // It is open without being enabled as long as somebody looks, and no longer.
    await turn(false);
    line.print('still');
    await eventually(() => expect(seen).to.deep.equal(Array(3).fill('login: still')));
    expect(tcp.seen()).to.equal('login: ');
    for (const seat of seats) seat.detach();
    await eventually(() => expect(server.bmc.sol.session).to.equal(null));
  });

  it('tells those at another conductor how it ended, and what was not typed', async () => {
    const others = [conductor, await bench.start('conductor-2')];
    const ends: string[] = [];
    const seats = await Promise.all(
      others.map(({ consoles }) =>
        consoles.attach(
          node,
          watcher(
            () => undefined,
            (reason) => ends.push(reason),
          ),
          false,
        ),
      ),
    );
    await expectError(
      others[1]?.consoles.attach({ ...node, uuid: randomUUID() }, watcher(), false),
      'rejected',
    );
    server.bmc.sol.deactivate(null);
    await eventually(() => expect(ends).to.deep.equal(['ended', 'ended']));
    for (const seat of seats)
      await expectError(seat.write(Buffer.from('x'), { timeout_ms: 5000 }), 'unreachable');
    const theirs = await sol();
    await expectError(others[0]?.consoles.attach(node, watcher(), false), 'busy');
    await expectError(others[1]?.consoles.attach(node, watcher(), false), 'busy');
    const [seat] = await Promise.all(others.map(({ consoles }) => consoles.attach(node, watcher(), true)));
    await seat?.write(Buffer.from('mine'), { timeout_ms: 5000 });
    expect(line.typed).to.equal('mine');
    await theirs[Symbol.asyncDispose]();
  });

  it('shows nothing to who has not the secret', async () => {
    await turn(true);
    const link = await bench.store.console_links.getByConductor('conductor-1');
    if (link === null) throw new Error('no link');
    for (const secret of ['00'.repeat(32), ''])
      await expectError(
        watchLink(
          { ...link, secret },
          { ask: 'attach', node: node.uuid, take_over: false },
          watcher(),
          systemClock,
        ),
        'unreachable',
      );
    await expectError(
      callLink({ ...link, secret: 'ff' }, { ask: 'release', node: node.uuid }),
      'unreachable',
    );
    expect(server.bmc.sol.session).not.to.equal(null);
  });

  it('is taken over by another conductor when its own dies, and opened by one that starts again', async () => {
    await bench[Symbol.asyncDispose]();
    bench = await startConductorBench(
      {
        DEFAULT: { enabled_hardware_types: ['ipmi'] },
        console: { takeover_interval: 0.2 },
        conductor: { heartbeat_timeout: 1, heartbeat_interval: 0.2, poll_interval: 0.2 },
      },
      { driver: createIpmiDriver({ clock: systemClock, log: SILENT }, QUICK_OPTIONS) },
    );
    const options = { periodics: [heartbeat, consoleTakeover] };
    const two = { one: await bench.start('one', options), two: await bench.start('two', options) };
    node = await bench.node({ ...CONSOLE_NODE, driver_info: server.driver_info });
    await turn(true);
    const home = (await info()) === null ? 'none' : await homeOf();
    const dies = home === 'one' ? two.one : two.two;
    const session = server.bmc.sol.session;
    // Nobody asks for it.
    dies.halt();
    await eventually(() => expect(server.bmc.sol.session).to.be.an('object').and.not.equal(session), 8000);
    line.print('here');
    const viewer = await view();
    await eventually(() => expect(viewer.seen()).to.equal('here'));
    const lives = home === 'one' ? two.two : two.one;
    await lives[Symbol.asyncDispose]();
    expect(server.bmc.sol.session).to.equal(null);
    await bench.start(lives.hostname, options);
    await eventually(() => expect(server.bmc.sol.session).not.to.equal(null), 8000);
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
