import { expect } from 'chai';
import { runTool, type ToolResult } from './run-tool.ts';
import { type Satellites, startSatellites } from './satellites.ts';

const SINGLE = ['-b', '0', '-t', '0x82'];
const DUAL = ['-B', '0', '-T', '0x82', '-b', '6', '-t', '0x72'];

describe('rack/ipmi and ipmitool through one BMC to others', () => {
  let rack: Satellites;

  beforeEach(async () => {
    rack = await startSatellites();
  });
  afterEach(() => rack[Symbol.asyncDispose]());

  const ipmitool = ({ front }: Satellites, args: readonly string[]): Promise<ToolResult> =>
    runTool(
      'ipmitool',
      [
        ...['-I', 'lanplus', '-C', '17', '-N', '2', '-R', '2'],
        ...['-H', front.bmc.address, '-p', String(front.bmc.port), '-U', front.username, '-E'],
        ...args,
      ],
      { IPMI_PASSWORD: front.password },
    );

  for (const [words, route, place] of [
    ['single bridging', SINGLE, 'middle'],
    ['dual bridging', DUAL, 'last'],
  ] as const)
    it(`${words}: switches, reads and tells of the server at the end, and no other`, async () => {
      const powers = () => [rack.front, rack.middle, rack.last].map(({ machine }) => machine.power);
      expect((await ipmitool(rack, [...route, 'power', 'on'])).code).to.equal(0);
      expect(powers().filter((power) => power === 'on')).to.have.lengthOf(1);
      expect(rack[place].machine.power).to.equal('on');
      expect((await ipmitool(rack, [...route, 'power', 'status'])).stdout).to.equal('Chassis Power is on\n');
      const { stdout } = await ipmitool(rack, [...route, 'fru', 'print', '0']);
      expect(stdout).to.include(rack[place].machine.identity.serial);
    });

  it('says that nobody is there', async () => {
    const { code, stderr } = await ipmitool(rack, ['-b', '0', '-t', '0x84', 'power', 'status']);
    expect([code, stderr.includes('0x83')]).to.deep.equal([1, true]);
  });
});
