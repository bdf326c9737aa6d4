import { expect } from 'chai';
import { systemClock } from '../../config/system-clock.ts';
import { AUTH_TYPE } from '../../drivers/ipmi/codec/packet.ts';
import { type Rack, type RackServer, startRack } from '../../rack/rack.ts';
import { runTool, type ToolResult } from './run-tool.ts';

describe('rack/ipmi and ipmitool with IPMI 1.5 sessions', () => {
  let rack: Rack;
  let server: RackServer;

  const start = async (authentication_types: readonly number[]): Promise<void> => {
    rack = await startRack({
      count: 1,
      clock: systemClock,
      password: 'sixteen-bytes-of',
      bmc: { authentication_types },
    });
    const [first] = rack.servers;
    if (first === undefined) throw new Error('no server');
    server = first;
  };
  afterEach(() => rack[Symbol.asyncDispose]());

  const ipmitool = (type: string, password: string, ...args: string[]): Promise<ToolResult> =>
    runTool(
      'ipmitool',
      [
        ...['-I', 'lan', '-A', type, '-N', '1', '-R', '1'],
        ...['-H', server.bmc.address, '-p', String(server.bmc.port), '-U', server.username, '-E'],
        ...args,
      ],
      { IPMI_PASSWORD: password },
    );

  for (const [type, auth_type] of [
    ['MD5', AUTH_TYPE.md5],
    ['PASSWORD', AUTH_TYPE.password],
  ] as const)
    it(`${type}: obeys, and ends the session`, async () => {
      await start([auth_type]);
      const { machine } = server;
      expect((await ipmitool(type, server.password, 'power', 'on')).stdout).to.include('Up/On');
      expect(machine.power).to.equal('on');
      expect((await ipmitool(type, server.password, 'chassis', 'bootdev', 'pxe')).code).to.equal(0);
      expect(machine.boot_override).to.deep.include({ device: 'pxe' });
      expect((await ipmitool(type, server.password, 'fru', 'print', '0')).stdout).to.include(
        machine.identity.serial,
      );
      expect(server.bmc.open_sessions).to.equal(0);
    });

  it('refuses a wrong password, an unknown type, and all where there are no such sessions', async () => {
    await start([AUTH_TYPE.md5]);
    expect((await ipmitool('MD5', 'wrong', 'power', 'status')).code).to.equal(1);
    expect((await ipmitool('PASSWORD', server.password, 'power', 'status')).code).to.equal(1);
    await rack[Symbol.asyncDispose]();
    await start([]);
    expect((await ipmitool('MD5', server.password, 'power', 'status')).code).to.equal(1);
  });
});
