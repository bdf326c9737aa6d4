import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { expect } from 'chai';
import { WebSocketServer } from 'ws';
import { systemClock } from '../../../config/system-clock.ts';
import { type CallOptions, DriverError } from '../../../drivers/contract.ts';
import { createRedfishDriver } from '../../../drivers/redfish/driver.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { selfSignedCertificate } from '../../../rack/certificate.ts';
import type { RedfishServer } from '../../../rack/redfish/redfish-rack.ts';
import { PlainScreen } from '../../../rack/screen/plain-screen.ts';
import { eventually, everythingOf, openSockets, recordingContext } from '../../contract/driver-bench.ts';
import { PASSWORD, QUICK_OPTIONS, type QuickRack, quickRack, WRONG_PASSWORD } from './redfish-bench.ts';

const PATIENT: CallOptions = { timeout_ms: 10_000 };
const HURRIED: CallOptions = { timeout_ms: 400 };
const RETURN_KEY = 0xff0d;

describe('redfish driver: the graphical console', () => {
  let rack: QuickRack;
  let server: RedfishServer;
  let screen: PlainScreen;
  let driver: ReturnType<typeof createRedfishDriver>;
  let sockets_before: number;

  beforeEach(async () => {
    screen = new PlainScreen('node-7c', 0x336699);
    rack = await quickRack({ count: 1, screen: () => screen });
    server = rack.server(0);
    sockets_before = openSockets();
    driver = createRedfishDriver(recordingContext().context, { ...QUICK_OPTIONS, session_idle_timeout: 0 });
  });
  afterEach(async () => {
    await driver[Symbol.asyncDispose]();
    await rack[Symbol.asyncDispose]();
  });

  async function open(options: CallOptions = PATIENT, more: JsonObject = {}): Promise<Duplex> {
    const parsed = driver.parse({ ...rack.driver_info(0), ...more });
    if (!('info' in parsed)) throw new Error(parsed.problems.join());
    await using connection = await driver.connect(parsed.info, PATIENT);
    const stream = await connection.graphicalConsole?.connect(options);
    if (stream === undefined) throw new Error('no graphical console');
    return stream;
  }

  async function refused(options: CallOptions = PATIENT, more: JsonObject = {}): Promise<DriverError> {
    try {
      (await open(options, more)).destroy();
    } catch (error) {
      if (error instanceof DriverError) return error;
      throw error;
    }
    throw new Error('it was opened');
  }

  it('is RFB from its first word on, both ways; the session on the BMC ends with it', async () => {
    const stream = await open();
    const name = await shakeHands(stream);
    expect(name).to.equal('node-7c');
    stream.write(Buffer.from([4, 1, 0, 0, 0, 0, RETURN_KEY >> 8, RETURN_KEY & 0xff]));
    // FramebufferUpdateRequest, the whole screen.
    stream.write(Buffer.from([3, 0, 0, 0, 0, 0, 0, 64, 0, 48]));
    const update = await bytes(stream, 16 + 64 * 48 * 4);
    expect(update.readUInt32LE(16)).to.equal(0x336699);
    expect(screen.keys).to.deep.equal([RETURN_KEY]);
    expect(server.redfish.open_sessions).to.equal(1);
    stream.destroy();
    await eventually(
      () => [server.redfish.open_sessions, server.redfish.viewers],
      ([sessions, viewers]) => sessions === 0 && viewers === 0,
    );
    await eventually(openSockets, (now) => now === sockets_before);
  });

  it('stays open beside other calls, and ends when the BMC goes', async () => {
    const stream = await open();
    await shakeHands(stream);
    const parsed = driver.parse(rack.driver_info(0));
    if (!('info' in parsed)) throw new Error('no info');
    await using connection = await driver.connect(parsed.info, PATIENT);
    expect(await connection.power.get(PATIENT)).to.equal('power off');
    const closed = once(stream, 'close');
    stream.on('error', () => {});
    stream.resume();
    await server.redfish[Symbol.asyncDispose]();
    await closed;
  });

  it('logs in once more when the session is gone', async () => {
    const parsed = driver.parse(rack.driver_info(0));
    if (!('info' in parsed)) throw new Error('no info');
    await using connection = await driver.connect(parsed.info, PATIENT);
    await connection.power.get(PATIENT);
    server.redfish.forgetSessions();
    (await connection.graphicalConsole?.connect(PATIENT))?.destroy();
    expect(server.redfish.requests.filter(({ path }) => path === '/kvm/0')).to.have.length.within(1, 2);
  });

  it('is unauthorized with a wrong password', async () => {
    expect(await refused(PATIENT, { redfish_password: WRONG_PASSWORD })).to.include({ code: 'unauthorized' });
  });

  it('is busy when others have all its places', async () => {
    server.redfish.faults = { kvm_places: 1 };
    const first = await open();
    const error = await refused();
    expect(error).to.include({ code: 'busy' });
    expect(error.message).to.contain('all its places');
    first.destroy();
    await eventually(
      () => server.redfish.viewers,
      (viewers) => viewers === 0,
    );
    (await open()).destroy();
  });

  for (const [what, change, message] of [
    [
      'has none',
      (s: RedfishServer) => Object.assign(s.redfish.state, { has_screen: false }),
      'has no graphical',
    ],
    [
      'has switched it off',
      (s: RedfishServer) => Object.assign(s.redfish.state, { screen_enabled: false }),
      'off',
    ],
    [
      'has one of its vendor',
      (s: RedfishServer) => Object.assign(s.redfish.state, { model: null }),
      'vendor',
    ],
  ] as const)
    it(`is unsupported on a BMC that ${what}`, async () => {
      change(server);
      const error = await refused();
      expect(error).to.include({ code: 'unsupported' });
      expect(error.message).to.contain(message);
    });

  it('is not looked for on another host, which gets no credentials', async () => {
    await using other = await quickRack({ count: 1, screen: () => screen });
    server.redfish.faults = { screen_at: other.server(0).redfish.url };
    expect(await refused()).to.include({ code: 'rejected' });
    expect(other.server(0).redfish.requests).to.deep.equal([]);
  });

  it('is unreachable when the certificate is not the one of the CA, and by the deadline when the BMC is silent', async () => {
    expect(await refused(PATIENT, { redfish_verify_ca: true })).to.include({ code: 'unreachable' });
    server.redfish.faults = { silent: true };
    expect(await refused(HURRIED)).to.include({ code: 'unreachable' });
    await eventually(openSockets, (now) => now <= sockets_before + 1);
  });

  it('leaves no socket when it is aborted while the BMC keeps quiet about the screen', async () => {
    screen.open = () => new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
    const ended = new AbortController();
    const opening = open({ ...PATIENT, signal: ended.signal });
    await eventually(
      () => server.redfish.viewers,
      (viewers) => viewers === 1,
    );
    ended.abort(new Error('given up'));
    let reason = '';
    await opening.catch((error: Error) => {
      reason = error.message;
    });
    expect(reason).to.equal('given up');
    await eventually(
      () => server.redfish.viewers,
      (viewers) => viewers === 0,
    );
    expect(await refused(HURRIED)).to.include({ code: 'timeout' });
  });

  it('is rejected when what it shows is no RFB', async () => {
    screen.open = () => {
      const stream = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
      stream.push('<html>welcome</html>');
      return stream;
    };
    expect(await refused()).to.include({ code: 'rejected' });
  });

  it('takes no message without end', async () => {
    const certificate = await selfSignedCertificate('127.0.0.1', systemClock.now());
    const messages = new WebSocketServer({ noServer: true });
    const impostor = createServer({ key: certificate.key, cert: certificate.cert });
    impostor.on('upgrade', (request, socket, head) =>
      messages.handleUpgrade(request, socket, head, (viewer) => {
        viewer.on('error', () => {});
        viewer.send(Buffer.from('RFB 003.008\n'));
        viewer.send(Buffer.alloc(33 * 1024 * 1024));
      }),
    );
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve));
    try {
      const { openWebSocket } = await import('../../../drivers/redfish/websocket.ts');
      const url = `wss://127.0.0.1:${(impostor.address() as AddressInfo).port}/kvm/0`;
      const options = { headers: {}, rejectUnauthorized: true, ca: certificate.cert };
      const opened = await openWebSocket(url, options, AbortSignal.timeout(5000));
      if (!('stream' in opened)) throw new Error(`${opened.status}`);
      const [error] = await once(opened.stream.resume(), 'error');
      expect((error as Error).message).to.contain('payload');
    } finally {
      for (const viewer of messages.clients) viewer.terminate();
      await new Promise<void>((resolve) => {
        impostor.close(() => resolve());
        impostor.closeAllConnections();
      });
    }
  });

  it('tells no secret in its errors', async () => {
    server.redfish.faults = { kvm_places: 0 };
    expect(everythingOf(await refused())).not.to.contain(PASSWORD);
  });
});

async function bytes(stream: Duplex, length: number): Promise<Buffer> {
  for (;;) {
    const read = stream.read(length) as Buffer | null;
    if (read !== null) return read;
    await once(stream, 'readable');
  }
}

/** As a viewer does (RFC 6143 7.1, 7.3). Resolves with the name of the desktop. */
async function shakeHands(stream: Duplex): Promise<string> {
  const version = await bytes(stream, 12);
  expect(version.toString('latin1')).to.equal('RFB 003.008\n');
  stream.write(version);
  expect([...(await bytes(stream, 2))]).to.deep.equal([1, 1]);
  stream.write(Buffer.from([1]));
  expect([...(await bytes(stream, 4))]).to.deep.equal([0, 0, 0, 0]);
  stream.write(Buffer.from([1]));
  const init = await bytes(stream, 24);
  return (await bytes(stream, init.readUInt32BE(20))).toString();
}
