import { expect } from 'chai';
import { systemClock } from '../../../config/system-clock.ts';
import type { CallOptions, Connection } from '../../../drivers/contract.ts';
import { AUTH_TYPE } from '../../../drivers/ipmi/codec/packet.ts';
import { createIpmiDriver, type IpmiDriver } from '../../../drivers/ipmi/driver.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { BmcOptions } from '../../../rack/ipmi/bmc.ts';
import type { BmcFaults } from '../../../rack/ipmi/wire-faults.ts';
import { type Rack, type RackServer, startRack } from '../../../rack/rack.ts';
import { recordingContext } from '../../contract/driver-bench.ts';
import { QUICK_OPTIONS } from './ipmi-options.ts';
import { seededRandom } from './packets.ts';

const BOTH: CallOptions = { timeout_ms: 10_000 };
const MD5_ONLY = { authentication_types: [AUTH_TYPE.md5] };

describe('ipmi driver with IPMI 1.5 sessions', () => {
  let rack: Rack;
  let server: RackServer;
  let driver: IpmiDriver;

  const connect = async (bmc: Partial<BmcOptions>, changes: JsonObject = {}): Promise<Connection> => {
    rack = await startRack({ count: 1, clock: systemClock, password: 'sixteen-bytes-of', bmc });
    const [first] = rack.servers;
    if (first === undefined) throw new Error('no server');
    server = first;
    driver = createIpmiDriver({ clock: systemClock, log: recordingContext().context.log }, QUICK_OPTIONS);
    const parsed = driver.parse({ ...server.driver_info, ipmi_protocol_version: '1.5', ...changes });
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    return driver.connect(parsed.info, BOTH);
  };
  afterEach(async () => {
    await driver[Symbol.asyncDispose]();
    await rack[Symbol.asyncDispose]();
  });
  const errorOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => null,
      (error: unknown) => error,
    );

  const FAULTS: Record<string, BmcFaults> = {
    'nothing wrong': {},
    'a fifth of the datagrams lost': { drop: 0.2 },
    'all doubled and mixed up': { doubled: true, reordered: 0.3 },
    'forged replies before each': { malformed: true },
  };
  for (const [type, auth_type] of Object.entries({ md5: AUTH_TYPE.md5, password: AUTH_TYPE.password }))
    for (const [what, faults] of Object.entries(FAULTS))
      it(`${type}, ${what}: commands the server, once each`, async () => {
        const connection = await connect({
          authentication_types: [auth_type],
          max_sessions: 64,
          random: seededRandom(3),
        });
        server.bmc.faults = faults;
        await connection.power.set('power on', BOTH);
        expect(await connection.power.get(BOTH)).to.equal('power on');
        await connection.power.set('rebooting', BOTH);
        expect(server.machine.reboots).to.equal(1);
        await connection.boot?.set({ boot_device: 'disk', persistent: true, boot_mode: 'bios' }, BOTH);
        expect(server.machine.boot_override).to.deep.include({ device: 'disk' });
        server.bmc.faults = {};
        await connection[Symbol.asyncDispose]();
      });

  it('keeps one session, ends it with the driver, and opens a new one when the BMC forgot it', async () => {
    const connection = await connect(MD5_ONLY);
    for (let round = 0; round < 3; round++) await connection.power.get(BOTH);
    expect(server.bmc.open_sessions).to.equal(1);
    server.bmc.reset('cold');
    expect(await connection.power.get(BOTH)).to.equal('power off');
    await driver[Symbol.asyncDispose]();
    expect(server.bmc.open_sessions).to.equal(0);
  });

  it('says unauthorized for a wrong password and an unknown user', async () => {
    for (const changes of [{ ipmi_password: 'wrong' }, { ipmi_username: 'nobody' }]) {
      const refused = await connect(MD5_ONLY, changes);
      expect(await errorOf(refused.power.get(BOTH)), Object.keys(changes)[0]).to.include({
        code: 'unauthorized',
      });
      await driver[Symbol.asyncDispose]();
      await rack[Symbol.asyncDispose]();
    }
    await connect(MD5_ONLY);
  });

  it('says unsupported where the BMC offers nothing but 2.0, and no more than it may', async () => {
    const refused = await connect({});
    const error = await errorOf(refused.power.get(BOTH));
    expect(error).to.include({ code: 'unsupported' });
    expect(String(error)).to.contain('ipmi_protocol_version');
  });

  it('says busy when the BMC has no free session', async () => {
    const connection = await connect(MD5_ONLY);
    server.bmc.faults = { session_table_full: true };
    expect(await errorOf(connection.power.get({ timeout_ms: 1000 }))).to.include({ code: 'busy' });
  });

  it('has neither users of the BMC nor a serial console: passwords would be in the clear', async () => {
    const { accounts, serialConsole, lan } = await connect(MD5_ONLY);
    expect([accounts, serialConsole]).to.deep.equal([undefined, undefined]);
    expect(lan).not.to.equal(undefined);
  });

  it('is used only where driver_info says so', async () => {
    const connection = await connect(MD5_ONLY, { ipmi_protocol_version: '2.0' });
    expect(await connection.power.get(BOTH)).to.equal('power off');
    expect([server.bmc.open_sessions, server.bmc.plain_sessions.size]).to.deep.equal([1, 0]);
  });
});
