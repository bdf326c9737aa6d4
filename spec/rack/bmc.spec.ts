import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { systemClock } from '../../config/system-clock.ts';
import { decodePresencePong, encodePresencePing } from '../../drivers/ipmi/codec/rmcp.ts';
import { BOOT_PARAMETER, encodeBootFlags, KEEP_FLAGS_ON } from '../../drivers/ipmi/commands/boot-options.ts';
import { CHASSIS_ACTION, chassisControl } from '../../drivers/ipmi/commands/chassis-control.ts';
import { coldReset } from '../../drivers/ipmi/commands/cold-reset.ts';
import { getChassisStatus } from '../../drivers/ipmi/commands/get-chassis-status.ts';
import { rawCommand } from '../../drivers/ipmi/commands/raw.ts';
import { setSessionPrivilegeLevel } from '../../drivers/ipmi/commands/set-session-privilege-level.ts';
import { setSystemBootOptions } from '../../drivers/ipmi/commands/set-system-boot-options.ts';
import { CIPHER_SUITES } from '../../drivers/ipmi/crypto/cipher-suites.ts';
import type { Bmc } from '../../rack/ipmi/bmc.ts';
import { type Rack, type RackOptions, startRack } from '../../rack/rack.ts';
import { eventually } from '../contract/driver-bench.ts';
import { RawConsole, type RawSession } from './raw-console.ts';

describe('rack/ipmi', () => {
  let rack: Rack;
  let bmc: Bmc;
  let console: RawConsole;
  let now_ms: number;

  const start = async (options: RackOptions['bmc'] = {}): Promise<void> => {
    now_ms = 1_700_000_000_000;
    rack = await startRack({
      count: 1,
      clock: { ...systemClock, now: () => now_ms },
      password: 'pa55word',
      delays_ms: { soft_off: 0 },
      bmc: options,
    });
    const [server] = rack.servers;
    if (server === undefined) throw new Error('no server');
    bmc = server.bmc;
    bmc.users = [
      { name: 'admin', password: 'pa55word', privilege: 4 },
      { name: 'oper', password: 'oper8tor', privilege: 3 },
      { name: 'user', password: 'looker-on', privilege: 2 },
    ];
    console = await RawConsole.open(bmc);
  };
  beforeEach(() => start());
  afterEach(async () => {
    await console[Symbol.asyncDispose]();
    await rack[Symbol.asyncDispose]();
  });

  const admin = async (): Promise<RawSession> => {
    const session = await console.mustLogin('admin', 'pa55word');
    await session.run(setSessionPrivilegeLevel, { privilege: 4 });
    return session;
  };
  const powerOn = { action: CHASSIS_ACTION.powerUp };

  it('answers a presence ping', async () => {
    expect(decodePresencePong(await console.ask(encodePresencePing(7)))).to.deep.equal({
      tag: 7,
      ipmi: true,
    });
  });

  describe('sessions', () => {
    for (const suite_id of [3, 17])
      it(`open with suite ${suite_id}`, async () => {
        const session = await console.mustLogin('admin', 'pa55word', 4, suite_id);
        expect((await session.run(getChassisStatus, {})).completion_code).to.equal(0);
      });

    it('are refused with suite 0 and with halves of suites', async () => {
      for (const suite of [
        { authentication: 0, integrity: 0, confidentiality: 0 },
        { authentication: 1, integrity: 0, confidentiality: 0 },
        { authentication: 3, integrity: 4, confidentiality: 0 },
      ])
        expect((await console.openSession(suite)).status).to.equal(0x11);
    });

    it('are refused to a wrong password, an unknown name and too high a role', async () => {
      expect(await console.login('admin', 'wrong')).to.deep.equal({ refused: 'rakp4', status: 0x0f });
      expect(await console.login('nobody', 'pa55word')).to.deep.equal({ refused: 'rakp2', status: 0x0d });
      expect(await console.login('user', 'looker-on', 4)).to.deep.equal({ refused: 'rakp2', status: 0x0a });
      expect(bmc.open_sessions).to.equal(0);
    });

    it('have a limit, and make room when old ones were silent for a minute', async () => {
      await console[Symbol.asyncDispose]();
      await rack[Symbol.asyncDispose]();
      await start({ max_sessions: 2 });
      await console.mustLogin('admin', 'pa55word');
      await console.mustLogin('admin', 'pa55word');
      expect(await console.login('admin', 'pa55word')).to.deep.equal({ refused: 'open', status: 1 });
      now_ms += 61_000;
      await console.mustLogin('admin', 'pa55word');
      expect(bmc.open_sessions).to.equal(1);
    });

    it('are all refused while the table is said to be full', async () => {
      bmc.faults = { session_table_full: true };
      expect(await console.login('admin', 'pa55word')).to.deep.equal({ refused: 'open', status: 1 });
    });

    it('do not let a key exchange that nobody finishes hold a place', async () => {
      const suite = CIPHER_SUITES[17];
      if (suite === undefined) throw new Error('no suite');
      for (let i = 0; i < bmc.max_sessions; i += 1) await console.openSession(suite);
      expect(await console.login('admin', 'pa55word')).to.deep.equal({ refused: 'open', status: 1 });
      now_ms += 6_000;
      await console.mustLogin('admin', 'pa55word');
    });

    it('end when the BMC resets', async () => {
      const session = await admin();
      await session.run(coldReset, {});
      expect(bmc.open_sessions).to.equal(0);
    });
  });

  describe('privileges', () => {
    const codeOf = async (name: string, password: string, level: number): Promise<number> => {
      const session = await console.mustLogin(name, password, level);
      await session.run(setSessionPrivilegeLevel, { privilege: level });
      return (await session.run(chassisControl, powerOn)).completion_code;
    };

    it('let an operator switch the power, and a user not', async () => {
      expect(await codeOf('user', 'looker-on', 2)).to.equal(0xd4);
      expect(bmc.machine.power).to.equal('off');
      expect(await codeOf('oper', 'oper8tor', 3)).to.equal(0);
      expect(bmc.machine.power).to.equal('on');
    });

    it('begin at user level and do not rise above the user’s limit', async () => {
      const session = await console.mustLogin('oper', 'oper8tor', 3);
      expect((await session.run(chassisControl, powerOn)).completion_code).to.equal(0xd4);
      expect((await session.run(setSessionPrivilegeLevel, { privilege: 4 })).completion_code).to.equal(0x81);
      expect((await session.run(setSessionPrivilegeLevel, { privilege: 3 })).completion_code).to.equal(0);
    });
  });

  it('answers C1h to what it does not know, and D5h to a reset while it is off', async () => {
    const session = await admin();
    expect((await session.run(rawCommand(0x2e, 0x01), new Uint8Array(0))).completion_code).to.equal(0xc1);
    const reset = { action: CHASSIS_ACTION.hardReset };
    expect((await session.run(chassisControl, reset)).completion_code).to.equal(0xd5);
  });

  it('answers a request that comes again without carrying it out again', async () => {
    const session = await admin();
    await session.run(chassisControl, powerOn);
    const data = chassisControl.encodeRequest({ action: CHASSIS_ACTION.hardReset });
    for (let i = 0; i < 3; i += 1) {
      const answer = session.unseal(await console.ask(session.seal(0, 0x02, data, 42)));
      expect(answer.completion_code).to.equal(0);
    }
    expect(bmc.machine.reboots).to.equal(1);
  });

  it('drops what is replayed, forged, cut or of a foreign session, and goes on', async () => {
    const session = await admin();
    const good = session.seal(0, 0x02, chassisControl.encodeRequest(powerOn), 9);
    await console.ask(good);
    bmc.machine.forcePower('off');
    const forged = session.seal(0, 0x02, chassisControl.encodeRequest(powerOn), 10).slice();
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    const foreign = session.seal(0, 0x02, chassisControl.encodeRequest(powerOn), 11).slice();
    foreign[6] = (foreign[6] ?? 0) ^ 1;
    const { dropped } = bmc.counts;
    for (const bad of [good, forged, foreign, good.subarray(0, 30), good.subarray(0, 3)]) console.send(bad);
    expect((await session.run(getChassisStatus, {})).data[0]).to.equal(0x20);
    expect(bmc.counts.dropped - dropped).to.equal(5);
    expect([bmc.machine.power, console.waiting]).to.deep.equal(['off', 0]);
  });

  it('survives random datagrams', async () => {
    const heads = [
      '',
      '06',
      '0600ff07',
      '0600ff0606',
      '0600ff070600',
      '0600ff07061000000000',
      '0600ff06000011be80',
    ];
    for (let i = 0; i < 20_000; i += 1) {
      const head = Buffer.from(heads[i % heads.length] ?? '', 'hex');
      console.send(Buffer.concat([head, randomBytes(i % 90)]));
      // Small bursts: the kernel must not drop any of them itself.
      if (i % 50 === 49)
        await eventually(
          () => bmc.counts.received,
          (received) => received === i + 1,
        );
    }
    // A console of its own: among the random datagrams may have been good pings.
    await using other = await RawConsole.open(bmc);
    const session = await other.mustLogin('admin', 'pa55word');
    expect((await session.run(getChassisStatus, {})).completion_code).to.equal(0);
  });

  describe('boot flags', () => {
    const set = async (session: RawSession): Promise<void> => {
      const data = encodeBootFlags({ valid: true, persistent: false, efi: true, device: 1 });
      await session.run(setSystemBootOptions, { parameter: BOOT_PARAMETER.bootFlags, data });
    };

    it('are forgotten when the boot comes after 60 s', async () => {
      const session = await admin();
      await set(session);
      expect(bmc.machine.boot_override).to.deep.equal({ device: 'pxe', persistent: false, mode: 'uefi' });
      now_ms += 61_000;
      await session.run(chassisControl, powerOn);
      expect(bmc.machine.events.some(({ detail }) => detail === 'forgotten after 60 s')).to.equal(true);
    });

    it('are kept when the console asked for it', async () => {
      const session = await admin();
      const data = Uint8Array.of(KEEP_FLAGS_ON.timeout);
      await session.run(setSystemBootOptions, { parameter: BOOT_PARAMETER.flagValidClearing, data });
      await set(session);
      now_ms += 61_000;
      await session.run(getChassisStatus, {});
      await session.run(chassisControl, powerOn);
      expect(bmc.machine.events.some(({ detail }) => detail === 'forgotten after 60 s')).to.equal(false);
    });
  });

  describe('faults', () => {
    const told = async (session: RawSession): Promise<number> =>
      (await session.run(getChassisStatus, {})).data[0] ?? -1;

    it('lies about the power, or tells now this, now that', async () => {
      const session = await admin();
      bmc.faults = { power_lie: 'on' };
      expect((await told(session)) & 1).to.equal(1);
      bmc.faults = { power_flaps: true };
      expect([(await told(session)) & 1, (await told(session)) & 1]).to.deep.equal([1, 0]);
    });

    it('is busy as often as told', async () => {
      const session = await admin();
      bmc.faults = { busy: 2 };
      const codes: number[] = [];
      for (let i = 0; i < 3; i += 1) codes.push((await session.run(getChassisStatus, {})).completion_code);
      expect(codes).to.deep.equal([0xc0, 0xc0, 0]);
    });

    it('doubles replies, and turns their order round', async () => {
      const session = await admin();
      bmc.faults = { doubled: true };
      await session.run(getChassisStatus, {});
      await console.receive();
      bmc.faults = { reordered: 1 };
      console.send(session.seal(0, 0x01, new Uint8Array(0), 1));
      console.send(session.seal(0, 0x01, new Uint8Array(0), 2));
      const order = [await console.receive(), await console.receive()].map(
        (each) => session.unseal(each).rq_seq,
      );
      expect(order).to.deep.equal([2, 1]);
    });

    it('sends bad replies before each good one', async () => {
      const session = await admin();
      bmc.faults = { malformed: true };
      console.send(session.seal(0, 0x01, new Uint8Array(0), 1));
      let bad = 0;
      for (;;) {
        try {
          if (session.unseal(await console.receive()).rq_seq === 1) break;
        } catch {
          bad += 1;
        }
      }
      expect(bad).to.be.within(6, 8);
    });

    it('loses all when told so', async () => {
      bmc.faults = { drop: 1 };
      console.send(encodePresencePing(1));
      await using other = await RawConsole.open(bmc);
      other.send(encodePresencePing(2));
      await eventually(
        () => bmc.counts.received,
        (received) => received === 2,
      );
      expect(bmc.counts.answered).to.equal(0);
    });
  });
});
