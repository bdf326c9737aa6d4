import { expect } from 'chai';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { runTool, type ToolResult } from '../rack/run-tool.ts';
import { eventually } from '../services/eventually.ts';
import { type IpmiBench, type IpmiLease, P1, startIpmiBench } from './ipmi-bench.ts';

describe('S84 the IPMI gateway and the stock ipmitool', function () {
  this.timeout(60_000);
  let gateway: IpmiBench;
  let node: NodeRecord;
  let lease: IpmiLease;
  before(async () => {
    gateway = await startIpmiBench();
    node = await gateway.node();
    lease = await gateway.lease(node);
  });
  after(() => gateway[Symbol.asyncDispose]());
  beforeEach(() => gateway.asked());

  const ipmitool = ({ username, password }: IpmiLease, suite: number, args: string[]): Promise<ToolResult> =>
    runTool(
      'ipmitool',
      [
        ...['-I', 'lanplus', '-C', String(suite), '-N', '2', '-R', '2', '-H', '127.0.0.1'],
        ...['-p', String(gateway.listener.port), '-U', username, '-E', ...args],
      ],
      { IPMI_PASSWORD: password },
    );
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await ipmitool(lease, 17, args);
    expect(code, `${args.join(' ')}: ${stderr}\n${stdout}`).to.equal(0);
    return stdout;
  };

  for (const suite of [17, 3])
    it(`logs in with what the lease says, by cipher suite ${suite}`, async () => {
      const { code, stdout, stderr } = await ipmitool(lease, suite, ['power', 'status']);
      expect(stdout, stderr).to.contain('Chassis Power is');
      expect(code).to.equal(0);
    });

  it('switches the power, sets what boots, lights the lamp', async () => {
    const { machine } = gateway.server;
    await run('power', 'on');
    expect(machine.power).to.equal('on');
    await run('chassis', 'bootdev', 'pxe', 'options=efiboot,persistent');
    expect(machine.boot_override).to.deep.equal({ device: 'pxe', persistent: true, mode: 'uefi' });
    expect(await run('chassis', 'bootparam', 'get', '5')).to.contain('Force PXE');
    await run('chassis', 'identify', '30');
    expect(machine.identify).to.deep.equal({ seconds: 30 });
    await run('power', 'reset');
    await run('power', 'soft');
    expect(machine.power).to.equal('off');
    const entries = await gateway.bench.store.audit.list({ node_uuid: node.uuid, limit: 200 });
    expect(entries.map(({ detail }) => detail.name)).to.include.members([
      'Chassis Control',
      'Set System Boot Options',
      'Chassis Identify',
    ]);
    expect(entries.find(({ detail }) => detail.name === 'Chassis Control')).to.deep.include({
      action: 'bmc-gateway',
      project: 'p1',
    });
  });

  it('reads sensors, the event log and the inventory', async () => {
    await run('power', 'on');
    expect(await run('sdr', 'elist')).to.match(/Inlet Temp +\| .*24 degrees C/);
    expect(await run('sensor')).to.match(/Fan1 +\| 7200\.000 +\| RPM/);
    expect(await run('sel', 'elist')).to.contain('System ACPI Power State');
    const { serial } = gateway.server.machine.identity;
    expect(await run('fru', 'print')).to.contain(serial);
    expect(await run('mc', 'info')).to.contain('IPMI Version              : 2.0');
    expect(await run('chassis', 'status')).to.contain('System Power         : on');
  });

  it('is refused accounts, networks, firmware, the clearing of logs, and commands as such', async () => {
    const { username } = lease;
    for (const args of [
      ['user', 'list', '1'],
      ['user', 'set', 'password', '2', 'taken-over-1'],
      ['user', 'set', 'name', '5', 'backdoor'],
      ['user', 'priv', '3', '4', '1'],
      ['lan', 'set', '1', 'ipaddr', '192.0.2.1'],
      ['lan', 'set', '1', 'password', 'open'],
      ['sel', 'clear'],
      ['sel', 'time', 'set', '01/01/2020 00:00:00'],
      ['mc', 'reset', 'cold'],
      ['raw', '0x06', '0x03'],
      ['raw', '0x30', '0x70', '0x0c'],
      ['raw', '0x2c', '0x2f', '0x00', '0x00', '0x01'],
      ['raw', '0x00', '0x08', '0x05', '0x80', '0x80', '0x00', '0x00', '0x00'],
      ['-t', '0x2c', 'power', 'off'],
      ['channel', 'setaccess', '1', '2', 'privilege=4'],
      ['sol', 'set', 'enabled', 'false'],
      ['chassis', 'policy', 'always-off'],
    ]) {
      // Its exit code is 0 after some refusals; what it says is not.
      const { code, stderr } = await ipmitool(lease, 17, args);
      expect(code !== 0 || stderr !== '', args.join(' ')).to.equal(true);
    }
    const passed = gateway.asked().filter((words) => !/^(06 01|06 3b|06 3c|0a 4[0-3]|0a 48)/.test(words));
    expect(passed, 'what the BMC itself was asked').to.deep.equal([]);
    expect(gateway.server.bmc.users.map(({ name }) => name))
      .to.include(username)
      .and.not.include('backdoor');
    const entries = await gateway.bench.store.audit.list({ node_uuid: node.uuid, limit: 500 });
    expect(JSON.stringify(entries)).not.to.contain(Buffer.from('taken-over-1').toString('hex'));
    expect(entries.filter(({ detail }) => detail.why !== null)).not.to.deep.equal([]);
  });

  it('only reads with a lease for reading', async () => {
    const reader = await gateway.lease(node, { role: 'read-only' });
    expect((await ipmitool(reader, 17, ['power', 'status'])).code).to.equal(0);
    gateway.asked();
    expect((await ipmitool(reader, 17, ['power', 'off'])).code).not.to.equal(0);
    await ipmitool(reader, 17, ['chassis', 'bootdev', 'pxe']);
    expect(gateway.asked().filter((words) => /^00 0[28]/.test(words))).to.deep.equal([]);
    expect(gateway.server.machine.power).to.equal('on');
    await gateway.api.ask('DELETE', `/v1/servers/${node.uuid}/bmc-leases/${reader.uuid}`, undefined, P1);
    expect((await ipmitool(reader, 17, ['power', 'status'])).code).not.to.equal(0);
  });

  it('serves freeipmi as well', async () => {
    const login = [
      ...['-h', `127.0.0.1:${gateway.listener.port}`, '-u', lease.username, '-p', lease.password],
      ...['-D', 'LAN_2_0', '-I', '17', '-l', 'OPERATOR'],
    ];
    await eventually(async () => {
      const { stdout, stderr } = await runTool('ipmipower', [...login, '--stat']);
      expect(stdout, stderr).to.contain(': on');
    }, 10_000);
    const sensors = await runTool('ipmi-sensors', [...login, '--sdr-cache-recreate', '--quiet-cache']);
    expect(sensors.stdout, sensors.stderr).to.contain('Inlet Temp');
  });
});
