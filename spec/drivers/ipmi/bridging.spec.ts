import { expect } from 'chai';
import { systemClock } from '../../../config/system-clock.ts';
import type { CallOptions, Connection } from '../../../drivers/contract.ts';
import { createIpmiDriver, type IpmiDriver } from '../../../drivers/ipmi/driver.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { BmcFaults } from '../../../rack/ipmi/wire-faults.ts';
import { recordingContext } from '../../contract/driver-bench.ts';
import { type Satellites, startSatellites } from '../../rack/satellites.ts';
import { QUICK_OPTIONS } from './ipmi-options.ts';
import { seededRandom } from './packets.ts';

const BOTH: CallOptions = { timeout_ms: 10_000 };
const SINGLE = { ipmi_bridging: 'single', ipmi_target_channel: 0, ipmi_target_address: '0x82' };
const DUAL = {
  ipmi_bridging: 'dual',
  ipmi_transit_channel: '0',
  ipmi_transit_address: 0x82,
  ipmi_target_channel: 6,
  ipmi_target_address: '0x72',
  ipmi_local_address: 32,
};

describe('ipmi driver through one BMC to others', () => {
  let rack: Satellites;
  let driver: IpmiDriver;

  beforeEach(async () => {
    rack = await startSatellites();
    driver = createIpmiDriver({ clock: systemClock, log: recordingContext().context.log }, QUICK_OPTIONS);
  });
  afterEach(async () => {
    await driver[Symbol.asyncDispose]();
    await rack[Symbol.asyncDispose]();
  });

  const connect = async (route: JsonObject): Promise<Connection> => {
    const parsed = driver.parse({ ...rack.front.driver_info, ...route });
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    return driver.connect(parsed.info, BOTH);
  };
  const random = seededRandom(7);
  const FAULTS: Record<string, () => BmcFaults> = {
    'the answer in a datagram of its own': () => ({}),
    'the answer inside that to Send Message': () => ({ embeds_bridged: true }),
    'a fifth of the datagrams lost': () => ({
      get drop() {
        return random() < 0.2 ? 1 : 0;
      },
    }),
    'all doubled and mixed up': () => ({ doubled: true, reordered: 0.3 }),
  };

  for (const [route, place] of [
    [SINGLE, 'middle'],
    [DUAL, 'last'],
  ] as const)
    for (const [what, faults] of Object.entries(FAULTS))
      it(`${route.ipmi_bridging}, ${what}: commands the server at the end`, async () => {
        await using connection = await connect(route);
        rack.front.bmc.faults = faults();
        await connection.power.set('power on', BOTH);
        const powers = [rack.front, rack.middle, rack.last].map(({ machine }) => machine.power);
        expect(powers.filter((power) => power === 'on')).to.have.lengthOf(1);
        const { machine } = rack[place];
        expect([machine.power, await connection.power.get(BOTH)]).to.deep.equal(['on', 'power on']);
        const { reboots } = machine;
        await connection.power.set('rebooting', BOTH);
        expect(machine.reboots).to.equal(reboots + 1);
        await connection.boot?.set({ boot_device: 'pxe', persistent: false, boot_mode: 'uefi' }, BOTH);
        expect(machine.boot_override).to.deep.include({ device: 'pxe' });
        const inventory = await connection.inventory?.read(BOTH);
        expect(inventory?.system_vendor.serial_number).to.equal(machine.identity.serial);
      });

  it('names the properties when nobody is there, and the way', async () => {
    await using connection = await connect({ ...SINGLE, ipmi_target_address: 0x84 });
    const error = await connection.power.get(BOTH).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).to.include({ code: 'unreachable' });
    expect(String(error)).to.contain('ipmi_target_address').and.to.contain('no controller at that address');
  });

  it('hands on what the controller at the end refuses', async () => {
    await using connection = await connect(SINGLE);
    const error = await connection.raw?.send(Uint8Array.of(0x2e, 0x01), BOTH).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).to.include({ code: 'unsupported' });
  });

  it('shares one session of the BMC between the nodes behind it, and has neither its users nor its console', async () => {
    const connections = await Promise.all([connect({}), connect(SINGLE), connect(DUAL)]);
    const states = await Promise.all(connections.map(({ power }) => power.get(BOTH)));
    expect(states).to.deep.equal(['power off', 'power off', 'power off']);
    expect(rack.front.bmc.open_sessions).to.equal(1);
    for (const [at, connection] of connections.entries()) {
      const { accounts, lan, serialConsole } = connection;
      expect([accounts, lan, serialConsole].map((each) => each !== undefined)).to.deep.equal(
        Array(3).fill(at === 0),
      );
    }
    for (const connection of connections) await connection[Symbol.asyncDispose]();
  });
});
