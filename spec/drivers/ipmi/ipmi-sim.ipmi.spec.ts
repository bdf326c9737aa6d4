import { expect } from 'chai';
import { systemClock } from '../../../config/system-clock.ts';
import type { CallOptions, Connection } from '../../../drivers/contract.ts';
import { createIpmiDriver, type IpmiDriver } from '../../../drivers/ipmi/driver.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { eventually, openSockets, recordingContext } from '../../contract/driver-bench.ts';
import { type IpmiSim, startIpmiSim } from '../../services/ipmi-sim.ts';
import { run } from '../../services/process.ts';
import { QUICK_OPTIONS } from './ipmi-options.ts';

const BOTH: CallOptions = { timeout_ms: 15_000 };

/** Our driver against a BMC that is not ours. ipmi_sim does cipher suite 3, and refuses 17 with an answer of two bytes. */
describe("ipmi driver on OpenIPMI's ipmi_sim", () => {
  let sim: IpmiSim;
  let driver: IpmiDriver;
  let connection: Connection;

  before(async () => {
    sim = await startIpmiSim();
  });
  after(async () => {
    await sim[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    driver = createIpmiDriver({ clock: systemClock, log: recordingContext().context.log }, QUICK_OPTIONS);
    connection = await connect();
    await sim.setPower('off');
  });
  afterEach(async () => {
    await connection[Symbol.asyncDispose]();
    await driver[Symbol.asyncDispose]();
  });

  const connect = async (changes: JsonObject = {}): Promise<Connection> => {
    const parsed = driver.parse({
      ipmi_address: sim.address,
      ipmi_port: sim.port,
      ipmi_username: sim.username,
      ipmi_password: sim.password,
      ...changes,
    });
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    return driver.connect(parsed.info, BOTH);
  };
  const ipmitool = async (...args: string[]): Promise<string> => {
    const { address, port, username, password } = sim;
    const lan = ['-I', 'lanplus', '-C', '3', '-H', address, '-p', String(port), '-U', username, '-E'];
    const env = { ...process.env, IPMITOOL_PASSWORD: password };
    return (await run({ command: 'ipmitool', args: [...lan, ...args], env })).stdout;
  };

  it('reads the power state', async () => {
    for (const power of ['on', 'off', 'on'] as const) {
      await sim.setPower(power);
      expect(await connection.power.get(BOTH)).to.equal(`power ${power}`);
    }
  });

  for (const [target, before, after] of [
    ['power on', 'off', 'on'],
    ['power on', 'on', 'on'],
    ['power off', 'on', 'off'],
    ['power off', 'off', 'off'],
    ['soft power off', 'on', 'off'],
    ['rebooting', 'on', 'on'],
    ['rebooting', 'off', 'on'],
    ['soft rebooting', 'on', 'on'],
  ] as const)
    it(`${target} of a server that is ${before}`, async () => {
      await sim.setPower(before);
      await connection.power.set(target, BOTH);
      // It does a power cycle by itself, a second later.
      await eventually(
        () => connection.power.get(BOTH),
        (power) => power === `power ${after}`,
      );
      expect(await sim.power()).to.equal(after);
    });

  for (const [boot_device, word] of [
    ['pxe', 'pxe'],
    ['disk', 'default'],
    ['cdrom', 'cdrom'],
    ['bios', 'bios'],
  ] as const)
    it(`sets and shows boot device ${boot_device}`, async () => {
      await connection.boot?.set({ boot_device, persistent: false, boot_mode: null }, BOTH);
      expect(await sim.bootDevice()).to.equal(word);
      expect(await connection.boot?.get(BOTH)).to.deep.equal({ boot_device, persistent: false });
    });

  it('lights the identify lamp', async () => {
    await connection.identify?.set({ seconds: 20 }, BOTH);
    expect(await sim.identify()).to.match(/^20\b/);
  });

  it('takes the identify lamp for an indicator, whose state this BMC does not tell', async () => {
    const lamp = { component: 'chassis', id: 'identify' } as const;
    await connection.indicators?.set(lamp, 'on', BOTH);
    expect(await sim.identify()).to.match(/\b1$/);
    expect(await connection.indicators?.get(lamp, BOTH)).to.equal('unknown');
  });

  it("reads the sensor as ipmitool's verbose words tell it", async () => {
    const sensors = (await connection.sensors?.read(BOTH)) ?? {};
    const told = fieldsOf(await ipmitool('-v', 'sdr'));
    const { 'Sensor ID': name = '', 'Sensor Reading': reading } = told;
    expect(reading).to.equal('40 (+/- 0) degrees C');
    const fields = sensors.Temperature?.[name] ?? {};
    expect(Object.keys(fields)).to.include.members([
      'Sensor Reading',
      'Entity ID',
      'Status',
      'Upper critical',
    ]);
    for (const [field, value] of Object.entries(fields)) expect(value, field).to.equal(told[field]);
  });

  it('reads the event log that ipmitool reads', async () => {
    const log = (await connection.eventLog?.read(BOTH)) ?? [];
    const told = (await ipmitool('sel', 'list')).trim().split('\n');
    expect(log).to.have.lengthOf(told.length);
    expect(log[0]?.message).to.equal('Temperature 0x01: Upper Non-critical going high (asserted)');
    expect(told[0]).to.contain('Upper Non-critical going high');
  });

  it('reads what the BMC is, and sends raw commands', async () => {
    const inventory = await connection.inventory?.read(BOTH);
    expect(inventory?.bmc).to.deep.include({
      firmware_version: '9.08',
      manufacturer_id: 4753,
      product_id: 3842,
    });
    const reply = await connection.raw?.send(Uint8Array.of(0x06, 0x01), BOTH);
    expect(Buffer.from(reply ?? []).toString('hex')).to.match(/^000309080?2/);
  });

  it('reads what the controller behind the BMC is, and says when there is none', async () => {
    const bridging = { ipmi_bridging: 'single', ipmi_target_channel: 0 };
    await using behind = await connect({ ...bridging, ipmi_target_address: '0x82' });
    const reply = await behind.raw?.send(Uint8Array.of(0x06, 0x01), BOTH);
    expect(Buffer.from(reply ?? []).toString('hex')).to.match(/^000307060?2/);
    await using nobody = await connect({ ...bridging, ipmi_target_address: '0x84' });
    const error = await nobody.power.get(BOTH).catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'unreachable' });
  });

  it('makes a user that ipmitool sees, and deletes it again; empties the log; sets the clock', async () => {
    const { accounts, eventLog, clock } = connection;
    const account = { name: 'second', password: 'second-passw0rd', role: 'operator' } as const;
    const id = (await accounts?.create(account, BOTH)) ?? '';
    expect(await ipmitool('user', 'list', '1')).to.match(new RegExp(`${id} +second .*OPERATOR`));
    await accounts?.delete(id, BOTH);
    expect(await ipmitool('user', 'list', '1')).not.to.include('second');
    const then_ms = Date.UTC(2031, 4, 6, 7, 8, 9);
    await clock?.set(then_ms, BOTH);
    expect(await clock?.get(BOTH)).to.be.within(then_ms, then_ms + 60_000);
    await eventLog?.clear?.(BOTH);
    expect(await eventLog?.read(BOTH)).to.deep.equal([]);
  });

  it('says unauthorized at once for a wrong password and an unknown user', async () => {
    for (const changes of [{ ipmi_password: 'wrong' }, { ipmi_username: 'nobody' }]) {
      const refused = await connect(changes);
      const error = await refused.power.get({ timeout_ms: 3_600_000 }).then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error, Object.keys(changes)[0]).to.include({ code: 'unauthorized' });
      await refused[Symbol.asyncDispose]();
    }
  });

  it('logs in with a BMC key, and names the property when the key is another one', async () => {
    const hex_kg_key = '0102030405060708090a0b0c0d0e0f10';
    await using keyed = await startIpmiSim({ chassis: false, hex_kg_key });
    const changes = { ipmi_port: keyed.port, ipmi_hex_kg_key: hex_kg_key };
    await using right = await connect(changes);
    expect(await right.power.get(BOTH)).to.equal('power off');
    await using wrong = await connect({ ...changes, ipmi_hex_kg_key: hex_kg_key.replace('01', '02') });
    const error = await wrong.power.get({ timeout_ms: 3_600_000 }).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).to.include({ code: 'unauthorized' });
    expect(String(error)).to.contain('ipmi_hex_kg_key');
  });

  it('opens sessions of IPMI 1.5, and through them the controller behind', async () => {
    const plain = { ipmi_protocol_version: '1.5' };
    await using old = await connect(plain);
    await old.power.set('power on', BOTH);
    expect([await old.power.get(BOTH), await sim.power()]).to.deep.equal(['power on', 'on']);
    await using behind = await connect({
      ...plain,
      ipmi_bridging: 'single',
      ipmi_target_channel: 0,
      ipmi_target_address: '0x82',
    });
    const reply = await behind.raw?.send(Uint8Array.of(0x06, 0x01), BOTH);
    expect(Buffer.from(reply ?? []).toString('hex')).to.match(/^000307060?2/);
    for (const changes of [{ ipmi_password: 'wrong' }, { ipmi_username: 'nobody' }]) {
      await using refused = await connect({ ...plain, ...changes });
      const error = await refused.power.get(BOTH).catch((reason: unknown) => reason);
      expect(error, Object.keys(changes)[0]).to.include({ code: 'unauthorized' });
    }
  });

  it('leaves no socket and no session', async () => {
    const before = openSockets();
    await connection.power.get(BOTH);
    expect(openSockets()).to.equal(before + 1);
    await driver[Symbol.asyncDispose]();
    await eventually(openSockets, (count) => count === before);
  });
});

/** `name : value` lines. */
function fieldsOf(text: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const match = /^\s*([^:]+?)\s*:\s*(.*?)\s*$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) fields[match[1]] = match[2];
  }
  return fields;
}
