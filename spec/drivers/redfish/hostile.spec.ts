import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { expect } from 'chai';
import { systemClock } from '../../../config/system-clock.ts';
import type { CallOptions, Connection, Driver } from '../../../drivers/contract.ts';
import { createRedfishDriver } from '../../../drivers/redfish/driver.ts';
import type { RedfishInfo } from '../../../drivers/redfish/driver-info.ts';
import type { RedfishOptions } from '../../../drivers/redfish/driver-options.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { selfSignedCertificate } from '../../../rack/certificate.ts';
import type { BmcEvent } from '../../../rack/redfish/event-service.ts';
import type { RedfishFaults } from '../../../rack/redfish/redfish-faults.ts';
import type { RedfishServer } from '../../../rack/redfish/redfish-rack.ts';
import { eventually, everythingOf, recordingContext } from '../../contract/driver-bench.ts';
import { PASSWORD, QUICK_OPTIONS, type QuickRack, quickRack } from './redfish-bench.ts';

const PATIENT: CallOptions = { timeout_ms: 15_000 };
const HURRIED: CallOptions = { timeout_ms: 400 };

const ALERT: BmcEvent = {
  ...{ EventType: 'StatusChange', MessageId: 'Base.1.18.GeneralError', Message: 'A fan is slow.' },
  Severity: 'Warning',
  origin: null,
};

/** One call of each capability. */
const CALLS: Readonly<Record<string, (c: Connection, options: CallOptions) => Promise<unknown> | undefined>> =
  {
    power: (c, options) => c.power.get(options),
    'power.set': (c, options) => c.power.set('power on', options),
    boot: (c, options) => c.boot?.get(options),
    bootMode: (c, options) => c.bootMode?.set('bios', options),
    secureBoot: (c, options) => c.secureBoot?.set(true, options),
    secureBootKeys: (c, options) => c.secureBootKeys?.reset('default', options),
    nmi: (c, options) => c.nmi?.inject(options),
    indicators: (c, options) => c.indicators?.list(options),
    virtualMedia: (c, options) => c.virtualMedia?.attach('cdrom', 'http://127.0.0.1/a.iso', options),
    inventory: (c, options) => c.inventory?.read(options),
    hardware: (c, options) => c.hardware?.inventory(options),
    sensors: (c, options) => c.sensors?.read(options),
    health: (c, options) => c.health?.read(options),
    bmc: (c, options) => c.bmc?.reset('cold', options),
    eventLog: (c, options) => c.eventLog?.read(options),
    'eventLog.clear': (c, options) => c.eventLog?.clear?.(options),
    bios: (c, options) => c.bios?.read(options),
    biosWriter: (c, options) => c.biosWriter?.apply([{ name: 'ProcCores', value: 8 }], options),
    factoryReset: (c, options) => c.biosWriter?.factoryReset(options),
    firmware: (c, options) => c.firmware?.read(options),
    firmwareUpdater: (c, options) =>
      c.firmwareUpdater?.update({ component: 'bmc', url: 'http://127.0.0.1/bmc-2.0.0.bin' }, options),
    raid: (c, options) => c.raid?.read(options),
    'raid.delete': (c, options) => c.raid?.delete({ controller: 'RAID.1', id: 'Volume.1' }, options),
    drives: (c, options) => c.drives?.list(options),
    accounts: (c, options) => c.accounts?.list(options),
    'accounts.create': (c, options) =>
      c.accounts?.create({ name: 'x', password: 'long-enough', role: 'operator' }, options),
    lan: (c, options) => c.lan?.set({ gateway: '192.0.2.1' }, options),
    clock: (c, options) => c.clock?.get(options),
    ntp: (c, options) => c.ntp?.set(['192.0.2.1'], options),
    graphicalConsole: async (c, options) => (await c.graphicalConsole?.connect(options))?.destroy(),
    certificates: (c, options) => c.certificates?.list(options),
    'certificates.request': (c, options) => c.certificates?.request({ common_name: 'x' }, options),
    eject_vmedia: (c, options) => c.passthru?.eject_vmedia?.call({}, options),
  };

describe('redfish driver on a hostile BMC', () => {
  let rack: QuickRack;
  let server: RedfishServer;
  let stack: AsyncDisposable[];

  beforeEach(async () => {
    stack = [];
    rack = await quickRack();
    stack.push(rack);
    server = rack.server(0);
  });
  afterEach(async () => {
    for (const each of stack.reverse()) await each[Symbol.asyncDispose]();
  });

  const start = (options: Partial<RedfishOptions> = {}): Driver<RedfishInfo> => {
    const driver = createRedfishDriver(recordingContext().context, { ...QUICK_OPTIONS, ...options });
    stack.push(driver);
    return driver;
  };
  const connect = async (driver = start(), changes: JsonObject = {}): Promise<Connection> => {
    const reading = driver.parse({ ...rack.driver_info(0), ...changes });
    if ('problems' in reading) throw new Error(reading.problems.join(' '));
    const connection = await driver.connect(reading.info, PATIENT);
    stack.push(connection);
    return connection;
  };
  const failsWith = (faults: RedfishFaults): void => {
    server.redfish.faults = faults;
  };
  const seen = (method: string, end: string): number =>
    server.redfish.requests.filter((each) => each.method === method && each.path.endsWith(end)).length;

  describe('bodies', () => {
    for (const [body, code] of [
      ['drip', 'timeout'],
      ['endless', 'rejected'],
      ['bomb', 'rejected'],
      ['deep', 'rejected'],
      ['wrong type', 'unsupported'],
      ['not JSON', 'rejected'],
      ['array', 'rejected'],
    ] as const)
      it(`${body}: a typed error`, async () => {
        failsWith({ body });
        const connection = await connect();
        // What is endless may take a while to reach its bound on a busy machine.
        const options = body === 'drip' ? HURRIED : PATIENT;
        expect(await errorOf(connection.power.get(options))).to.include({ name: 'DriverError', code });
      });

    it('of the wrong type in every resource: no capability breaks with another error', async () => {
      const connection = await connect();
      await connection.power.get(PATIENT);
      failsWith({ body: 'wrong type' });
      const calls = [
        connection.power.set('power on', PATIENT),
        connection.boot?.get(PATIENT),
        connection.boot?.set({ boot_device: 'pxe', persistent: false, boot_mode: 'uefi' }, PATIENT),
        connection.bootMode?.set('bios', PATIENT),
        connection.secureBoot?.set(true, PATIENT),
        connection.nmi?.inject(PATIENT),
        connection.virtualMedia?.attach('cdrom', 'http://127.0.0.1/a.iso', PATIENT),
        connection.bmc?.reset('cold', PATIENT),
      ];
      const codes = await Promise.all(calls.map(async (call) => (await errorOf(call)).code));
      expect(codes).to.deep.equal(codes.map(() => 'unsupported'));
      expect(await connection.health?.read(PATIENT)).to.equal(null);
      expect(await connection.indicators?.list(PATIENT)).to.deep.equal([]);
      expect((await connection.inventory?.read(PATIENT))?.system_vendor.manufacturer).to.equal(null);
    });
  });

  describe('every capability', () => {
    for (const faults of [
      ...(['drip', 'endless', 'bomb', 'deep', 'not JSON', 'array'] as const).map((body) => ({ body })),
      ...[
        { busy: Number.POSITIVE_INFINITY },
        { silent: true } as const,
        { links_to: '' },
        { redirect_to: '' },
      ],
    ])
      it(`ends in time with a typed error, and asks nobody else: ${JSON.stringify(faults)}`, async () => {
        const other = rack.server(1).redfish;
        const connection = await connect();
        await connection.power.get(PATIENT);
        failsWith({
          ...faults,
          ...('links_to' in faults ? { links_to: other.url } : {}),
          ...('redirect_to' in faults ? { redirect_to: other.url } : {}),
        });
        // Bodies that reach their bound take a while; what waits for more ends by its deadline.
        const waits = 'busy' in faults || 'silent' in faults || ('body' in faults && faults.body === 'drip');
        const before_mb = process.memoryUsage().rss / 1024 ** 2;
        for (const [name, work] of Object.entries(CALLS)) {
          const asked = work(connection, { timeout_ms: waits ? 60 : 15_000 });
          // What needs no link can be done where all links are wrong.
          const error = await ('links_to' in faults
            ? asked?.catch((failed: Error) => failed)
            : errorOf(asked));
          if (!('links_to' in faults) || error instanceof Error)
            expect(error, name)
              .to.have.property('name')
              .that.matches(/^(DriverError|ConnectionError)$/);
        }
        expect(other.requests).to.deep.equal([]);
        expect(process.memoryUsage().rss / 1024 ** 2 - before_mb).to.be.below(400);
      });

    it('survives resources of the wrong types with a typed error or nothing to tell', async () => {
      const connection = await connect();
      await connection.power.get(PATIENT);
      failsWith({ body: 'wrong type' });
      for (const [name, work] of Object.entries(CALLS))
        await work(connection, PATIENT)?.catch((error: Error) =>
          expect(error.name, name).to.equal('DriverError'),
        );
    });
  });

  it('has more drives than any server: they are not read', async () => {
    const drives = Array.from({ length: 600 }, (_, i) => ({
      id: `d${i}`,
      bytes: 1,
      media: 'HDD',
      protocol: 'SAS',
      erasures: 0,
    }));
    Object.assign(server.redfish.state.storage, { drives });
    expect((await errorOf((await connect()).raid?.read(PATIENT))).code).to.equal('unsupported');
    expect(server.redfish.requests.length).to.be.below(50);
  });

  it('whose task never ends is looked at once, and told to be at work', async () => {
    failsWith({ task: { looks: Number.POSITIVE_INFINITY, end: 'Completed' } });
    const connection = await connect();
    const task = await connection.biosWriter?.apply([{ name: 'ProcCores', value: 8 }], PATIENT);
    expect(await connection.tasks?.read(task ?? '', PATIENT)).to.include({ state: 'running' });
    expect(await connection.biosWriter?.pending(PATIENT)).to.deep.equal({});
  });

  describe('another host', () => {
    for (const fault of ['redirect_to', 'links_to'] as const)
      it(`is not contacted: ${fault}`, async () => {
        const other = rack.server(1).redfish;
        failsWith({ [fault]: other.url });
        const error = await errorOf((await connect()).power.get(PATIENT));
        expect(error.code).to.equal('rejected');
        expect(error.message).to.contain('another host');
        expect(other.requests).to.deep.equal([]);
      });

    it('is not contacted where sessions and tasks are said to be there: their path counts', async () => {
      const other = rack.server(1).redfish;
      failsWith({ locations_at: other.url, task: { looks: 1, end: 'Completed' } });
      const driver = start();
      const connection = await connect(driver);
      await connection.power.set('power on', PATIENT);
      expect(server.machine.power).to.equal('on');
      expect(seen('GET', '/Tasks/1')).to.be.greaterThan(0);
      await driver[Symbol.asyncDispose]();
      expect(server.redfish.open_sessions).to.equal(0);
      expect(other.requests).to.deep.equal([]);
    });

    it('gets no firmware that is to be pushed, and no credentials with it', async () => {
      const other = rack.server(1).redfish;
      Object.assign(server.redfish.state.firmware, { fetches: [], push_uri: `${other.url}/upload/firmware` });
      const files = createHttpServer((_request, response) => response.end('bmc-2.0.0'));
      await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
      try {
        const url = `http://127.0.0.1:${(files.address() as AddressInfo).port}/bmc-2.0.0.bin`;
        const { firmwareUpdater } = await connect();
        const error = await errorOf(firmwareUpdater?.update({ component: 'bmc', url }, PATIENT));
        expect(error).to.include({ code: 'rejected' });
        expect(error.message).to.contain('another host');
        expect(other.requests).to.deep.equal([]);
      } finally {
        files.closeAllConnections();
        await new Promise<void>((resolve) => files.close(() => resolve()));
      }
    });

    for (const link of [
      '//127.0.0.2/redfish/v1/Systems',
      'https://u:p@127.0.0.2/x',
      'http://127.0.0.1/x',
      'file:///etc/passwd',
    ])
      it(`is not contacted by a link in another form: ${link}`, async () => {
        const connection = await connect();
        await connection.power.get(PATIENT);
        const asked = server.redfish.requests.length;
        server.redfish.state.storage.read = () => ({ Members: [{ '@odata.id': link }] });
        const error = await errorOf(connection.raid?.read(PATIENT));
        expect(error).to.include({ code: 'rejected' });
        expect(error.message).to.contain('another host');
        expect(
          server.redfish.requests.slice(asked).every(({ path }) => path.startsWith('/redfish/')),
        ).to.equal(true);
      });

    it('is not needed for redirects that go round and round: they end', async () => {
      failsWith({ redirect_to: server.redfish.url });
      expect((await errorOf((await connect()).power.get(PATIENT))).message).to.contain('redirects');
    });
  });

  describe('certificates', () => {
    it('of an unknown CA are refused before anything is sent', async () => {
      const connection = await connect(start(), { redfish_verify_ca: true });
      const error = await errorOf(connection.power.get(PATIENT));
      expect(error.code).to.equal('unreachable');
      expect(error.message).to.contain('redfish_verify_ca');
      expect(server.redfish.requests).to.deep.equal([]);
    });

    it('that have expired are refused, also of the right CA', async () => {
      const long_ago = systemClock.now() - 400 * 24 * 3600 * 1000;
      const old = await quickRack({ certificate: await selfSignedCertificate('127.0.0.1', long_ago) });
      stack.push(old);
      const connection = await connect(start(), old.driver_info(0));
      const error = await errorOf(connection.power.get(PATIENT));
      expect(error.message).to.contain('CERT_HAS_EXPIRED');
      expect(old.server(0).redfish.requests).to.deep.equal([]);
    });

    it('of another address are refused', async () => {
      const certificate = await selfSignedCertificate('127.0.0.9', systemClock.now());
      const other = await quickRack({ certificate });
      stack.push(other);
      const error = await errorOf((await connect(start(), other.driver_info(0))).power.get(PATIENT));
      expect(error.message).to.contain('ERR_TLS_CERT_ALTNAME_INVALID');
    });

    it('are not checked where the node says so', async () => {
      const connection = await connect(start(), { redfish_verify_ca: 'False' });
      expect(await connection.power.get(PATIENT)).to.equal('power off');
    });

    it('in a file that is not there: the node is told', async () => {
      const error = await errorOf(connect(start(), { redfish_verify_ca: '/nowhere/ca.pem' }));
      expect(error).to.include({ code: 'rejected' });
      expect(error.message).to.contain('redfish_verify_ca');
    });
  });

  describe('sessions', () => {
    it('are made once, kept, and deleted at the end', async () => {
      const driver = start();
      for (let round = 0; round < 3; round += 1) {
        const connection = await connect(driver);
        await connection.power.get(PATIENT);
        await connection[Symbol.asyncDispose]();
        expect(server.redfish.open_sessions).to.equal(1);
      }
      expect(seen('POST', '/Sessions')).to.equal(1);
      await driver[Symbol.asyncDispose]();
      expect(server.redfish.open_sessions).to.equal(0);
    });

    it('are deleted with the connection when none are to be kept', async () => {
      const connection = await connect(start({ session_idle_timeout: 0 }));
      await connection.power.get(PATIENT);
      expect(server.redfish.open_sessions).to.equal(1);
      await connection[Symbol.asyncDispose]();
      expect(server.redfish.open_sessions).to.equal(0);
    });

    it('that the BMC forgot are made anew, and the change is made', async () => {
      const connection = await connect();
      await connection.power.get(PATIENT);
      server.redfish.forgetSessions();
      await connection.power.set('power on', PATIENT);
      expect(server.machine.power).to.equal('on');
      expect(seen('POST', '/Sessions')).to.equal(2);
    });

    it('that are always refused end in unauthorized after one new login', async () => {
      failsWith({ sessions_refused: true });
      const error = await errorOf((await connect()).power.get(PATIENT));
      expect(error.code).to.equal('unauthorized');
      expect(seen('POST', '/Sessions')).to.equal(2);
    });

    it('that the BMC does not have: Basic, unless the node wants sessions', async () => {
      failsWith({ session_status: 501 });
      expect(await (await connect()).power.get(PATIENT)).to.equal('power off');
      expect(server.redfish.requests.at(-1)?.credentials).to.equal('basic');
      const connection = await connect(start(), { redfish_auth_type: 'session' });
      expect((await errorOf(connection.power.get(PATIENT))).code).to.equal('unsupported');
    });

    it('are not asked for when the node says basic', async () => {
      const connection = await connect(start(), { redfish_auth_type: 'basic' });
      await connection.power.get(PATIENT);
      expect(seen('POST', '/Sessions')).to.equal(0);
    });

    it('with a wrong password are tried once, lest the account be locked', async () => {
      const connection = await connect(start(), { redfish_password: 'n0t-it' });
      expect((await errorOf(connection.power.get(PATIENT))).code).to.equal('unauthorized');
      expect(seen('POST', '/Sessions')).to.equal(1);
      expect(server.redfish.requests.filter(({ credentials }) => credentials === 'basic')).to.deep.equal([]);
    });
  });

  it('tells secrets back: the error hides them', async () => {
    failsWith({ tells_secrets: true, lies_about: ['On'] });
    for (const redfish_auth_type of ['session', 'basic']) {
      const connection = await connect(start(), { redfish_auth_type });
      const error = await errorOf(connection.power.set('power on', PATIENT));
      expect(error.message).to.contain('***');
      const text = everythingOf(error);
      expect(text).not.to.contain(PASSWORD);
      expect(text).not.to.contain(Buffer.from(`admin:${PASSWORD}`).toString('base64'));
      expect(text).not.to.match(/x-auth-token":"[0-9a-f]/);
    }
  });

  it('that restarts forgets the session: the next call makes another', async () => {
    const connection = await connect();
    await connection.bmc?.reset('warm', PATIENT);
    expect(server.redfish.open_sessions).to.equal(0);
    expect(server.machine.events.map(({ detail }) => detail)).to.include('GracefulRestart');
    expect(await connection.power.get(PATIENT)).to.equal('power off');
  });

  it('that restarts before it answers has restarted', async () => {
    failsWith({ drops_action_replies: true });
    await (await connect()).bmc?.reset('cold', PATIENT);
    expect(server.machine.events.map(({ detail }) => detail)).to.include('ForceRestart');
  });

  it('that is not there is tried as often as the settings say', async () => {
    const connection = await connect(start({ connection_attempts: 3 }));
    const { url } = server.redfish;
    await server.redfish[Symbol.asyncDispose]();
    let attempts = 0;
    const listener = createServer((socket) => {
      attempts += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => listener.listen(Number(new URL(url).port), '127.0.0.1', resolve));
    try {
      const error = await errorOf(connection.power.get(PATIENT));
      expect(error.code).to.equal('unreachable');
      expect(error.message).to.contain(new URL(url).host);
      expect(attempts).to.equal(3);
    } finally {
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    }
  });

  it('is asked one thing at a time', async () => {
    const driver = start();
    const connections = await Promise.all([connect(driver), connect(driver), connect(driver)]);
    await Promise.all(
      connections.flatMap(({ power, health }) => [power.get(PATIENT), health?.read(PATIENT)]),
    );
    expect(server.redfish.most_at_once).to.equal(1);
    expect(server.redfish.open_sessions).to.equal(1);
  });

  it('busy for a while: waits as long as it says', async () => {
    failsWith({ busy: 3, retry_after_s: 0 });
    expect(await (await connect()).power.get(PATIENT)).to.equal('power off');
  });

  it('busy for longer than there is time: says so at once', async () => {
    failsWith({ busy: Number.POSITIVE_INFINITY, retry_after_s: 7200 });
    const options = { timeout_ms: 3_600_000 };
    expect((await errorOf((await connect()).power.get(options))).code).to.equal('busy');
    expect(server.redfish.requests).to.have.lengthOf(1);
  });

  describe('ETags', () => {
    it('that are stale are read again', async () => {
      failsWith({ stale_etag: 1 });
      await (await connect()).bootMode?.set('bios', PATIENT);
      expect(server.redfish.state.boot_mode).to.equal('bios');
      expect(seen('PATCH', '/node-7c')).to.equal(2);
    });

    it('that the BMC never takes are left out at last', async () => {
      failsWith({ stale_etag: Number.POSITIVE_INFINITY });
      await (await connect()).bootMode?.set('bios', PATIENT);
      expect(server.redfish.state.boot_mode).to.equal('bios');
      expect(seen('PATCH', '/node-7c')).to.equal(3);
    });
  });

  describe('resets', () => {
    it('that it offers and refuses are passed over', async () => {
      server.machine.forcePower('on');
      failsWith({ lies_about: ['ForceRestart'] });
      await (await connect()).power.set('rebooting', PATIENT);
      expect(server.machine.reboots).to.equal(1);
    });

    it('of which none works: the server is switched off and on', async () => {
      server.machine.forcePower('on');
      failsWith({ lies_about: ['ForceRestart', 'PowerCycle', 'GracefulRestart'] });
      const connection = await connect();
      await connection.power.set('rebooting', PATIENT);
      await connection.power.set('soft rebooting', PATIENT);
      expect(server.machine.power).to.equal('on');
      const commands = server.machine.events.filter(({ event }) => event === 'power command');
      expect(commands.map(({ detail }) => detail)).to.deep.equal(['off', 'on', 'soft', 'on']);
    });

    it('are tried where the BMC does not say what it allows', async () => {
      failsWith({ no_allowable_values: true });
      await (await connect()).power.set('power on', PATIENT);
      expect(server.machine.power).to.equal('on');
    });

    it('whose answer is lost are judged by the state', async () => {
      failsWith({ drops_action_replies: true });
      await (await connect()).power.set('power on', PATIENT);
      expect(server.machine.power).to.equal('on');
      expect(seen('POST', 'ComputerSystem.Reset')).to.equal(1);
    });

    it('of which nobody knows whether they happened are not repeated', async () => {
      server.machine.forcePower('on');
      failsWith({ drops_action_replies: true });
      const error = await errorOf((await connect()).power.set('rebooting', PATIENT));
      expect(error.code).to.equal('unreachable');
      expect(server.machine.reboots).to.equal(1);
    });

    it('that the server does not obey end at the deadline', async () => {
      const slow = await quickRack({ count: 1, delays_ms: { soft_off: 3_600_000 } });
      stack.push(slow);
      slow.server(0).machine.forcePower('on');
      slow.server(0).redfish.faults = { lies_about: ['GracefulRestart'] };
      const connection = await connect(start(), slow.driver_info(0));
      const error = await errorOf(connection.power.set('soft rebooting', HURRIED));
      expect(error.message).to.contain('did not switch off');
    });
  });

  describe('virtual media', () => {
    it('is fetched with credentials that are not shown, protected from writing', async () => {
      await (await connect()).virtualMedia?.attach('cdrom', 'http://u:p%40ss@127.0.0.1/a.iso', PATIENT);
      expect(server.redfish.state.media[0]).to.deep.include({
        image: 'http://127.0.0.1/a.iso',
        login: { username: 'u', password: 'p@ss' },
        write_protected: true,
        protocol: null,
      });
    });

    it('is inserted where the BMC wants the protocol named', async () => {
      failsWith({ wants_transfer_protocol: true });
      await (await connect()).virtualMedia?.attach('cdrom', 'https://127.0.0.1/a.iso', PATIENT);
      expect(server.redfish.state.media[0]).to.deep.include({ protocol: 'HTTPS' });
    });

    it("is ejected by Ironic's vendor call, of one device or all", async () => {
      const { virtualMedia, passthru } = await connect();
      const eject = passthru?.eject_vmedia;
      for (const [data, left] of [
        [{ boot_device: 'floppy' }, 1],
        [{}, 0],
      ] as const) {
        await virtualMedia?.attach('cdrom', 'http://127.0.0.1/a.iso', PATIENT);
        await eject?.call(data, PATIENT);
        expect(server.redfish.state.media.filter(({ image }) => image !== null)).to.have.lengthOf(left);
      }
      expect((await errorOf(eject?.call({ boot_device: 'moon' }, PATIENT))).code).to.equal('rejected');
    });
  });

  it("makes, shows and ends event subscriptions by Ironic's vendor calls", async () => {
    const { passthru = {} } = await connect();
    const call = async (name: string, data: JsonObject = {}) => passthru[name]?.call(data, PATIENT);
    const Destination = 'https://127.0.0.1/events';
    const made = { Id: '1', Context: '', Destination, EventTypes: ['Alert'], Protocol: 'Redfish' };
    expect(await call('create_subscription', { Destination })).to.deep.equal(made);
    expect(await call('get_subscription', { id: '1' })).to.deep.equal(made);
    expect(await call('get_all_subscriptions')).to.deep.include({ 'Members@odata.count': 1 });
    expect(await call('delete_subscription', { id: '1' })).to.equal(null);
    expect(server.redfish.state.events.subscriptions.size).to.equal(0);
    expect((await errorOf(call('delete_subscription', { id: '1' }))).code).to.equal('rejected');
    expect((await errorOf(call('create_subscription', { Destination: 'file:/x' }))).code).to.equal(
      'rejected',
    );
  });

  it('tells its subscribers of events, with their context and headers, until they end it', async () => {
    const heard: { headers: IncomingHttpHeaders; event: JsonObject }[] = [];
    const firstOf = (index: number) => ((heard[index]?.event.Events ?? []) as JsonObject[])[0];
    const receiver = createHttpServer(async (request, response) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
      heard.push({ headers: request.headers, event: JSON.parse(Buffer.concat(chunks).toString()) });
      response.end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    try {
      const { passthru = {}, power } = await connect();
      const call = async (name: string, data: JsonObject = {}) => passthru[name]?.call(data, PATIENT);
      const Destination = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/events`;
      const HttpHeaders = [{ 'x-token': 'ev3nt-s3cret' }];
      const wanted = { Destination, Context: 'node-1', EventTypes: ['StatusChange'], HttpHeaders };
      const made = await call('create_subscription', wanted);
      expect(JSON.stringify(made)).not.to.contain('ev3nt-s3cret');
      await power.set('power on', PATIENT);
      await eventually(
        () => heard.length,
        (count) => count === 1,
      );
      expect(heard[0]?.headers['x-token']).to.equal('ev3nt-s3cret');
      expect(heard[0]?.event).to.deep.include({ Context: 'node-1' });
      expect(firstOf(0)).to.include({ EventType: 'StatusChange' });
      // Of a type that nobody has asked for, and then to nobody at all.
      server.redfish.state.events.tell({ ...ALERT, EventType: 'Alert' });
      await call('delete_subscription', { id: '1' });
      server.redfish.state.events.tell(ALERT);
      await call('create_subscription', wanted);
      server.redfish.state.events.tell({ ...ALERT, Message: 'the last' });
      await eventually(
        () => heard.length,
        (count) => count === 2,
      );
      expect(firstOf(1)).to.include({ Message: 'the last' });
    } finally {
      receiver.closeAllConnections();
      await new Promise<void>((resolve) => receiver.close(() => resolve()));
    }
  });

  describe('tasks', () => {
    it('are followed to their end', async () => {
      failsWith({ task: { looks: 2, end: 'Completed' } });
      await (await connect()).virtualMedia?.attach('cdrom', 'http://127.0.0.1/a.iso', PATIENT);
      expect(server.redfish.state.tasks.running).to.equal(0);
      expect(server.redfish.state.media[0]).to.deep.include({
        image: 'http://127.0.0.1/a.iso',
        write_protected: true,
      });
    });

    it('that fail are told with their message', async () => {
      failsWith({ task: { looks: 1, end: 'Exception' } });
      const error = await errorOf((await connect()).power.set('power on', PATIENT));
      expect(error).to.include({ code: 'rejected' });
      expect(error.message).to.contain('The task failed in the virtual BMC.');
    });

    it('that never end, end at the deadline', async () => {
      failsWith({ task: { looks: Number.POSITIVE_INFINITY, end: 'Exception' } });
      const connection = await connect();
      const error = await errorOf(connection.power.set('power on', HURRIED));
      expect(error).to.include({ code: 'timeout' });
      expect(error.message).to.contain('did not end');
    });
  });
});

async function errorOf(work: Promise<unknown> | undefined): Promise<Error & { code?: string }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('It succeeded, though it had to fail.');
}
