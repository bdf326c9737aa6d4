import { expect } from 'chai';
import { systemClock } from '../../config/system-clock.ts';
import { type Rack, type RackServer, startRack } from '../../rack/rack.ts';
import { eventually } from '../services/eventually.ts';
import { runTool, type ToolResult } from './run-tool.ts';

describe('rack/ipmi and the stock ipmitool', () => {
  let rack: Rack;
  let server: RackServer;

  beforeEach(async () => {
    rack = await startRack({ count: 1, clock: systemClock, delays_ms: { soft_off: 0 } });
    const [first] = rack.servers;
    if (first === undefined) throw new Error('no server');
    server = first;
  });
  afterEach(() => rack[Symbol.asyncDispose]());

  const ipmitool = (suite: number, password: string, ...args: string[]): Promise<ToolResult> =>
    runTool(
      'ipmitool',
      [
        ...['-I', 'lanplus', '-C', String(suite), '-N', '2', '-R', '2'],
        ...['-H', server.bmc.address, '-p', String(server.bmc.port), '-U', server.username, '-E'],
        ...args,
      ],
      { IPMI_PASSWORD: password },
    );

  for (const suite of [3, 17]) {
    describe(`with cipher suite ${suite}`, () => {
      const run = async (...args: string[]): Promise<string> => {
        const { code, stdout, stderr } = await ipmitool(suite, server.password, ...args);
        expect(code, `${stderr}\n${stdout}`).to.equal(0);
        return stdout;
      };

      it('switches the power', async () => {
        const { machine } = server;
        expect(await run('power', 'status')).to.equal('Chassis Power is off\n');
        await run('power', 'on');
        expect([machine.power, await run('power', 'status')]).to.deep.equal(['on', 'Chassis Power is on\n']);
        await run('power', 'cycle');
        await run('power', 'reset');
        expect([machine.power, machine.reboots]).to.deep.equal(['on', 2]);
        await run('power', 'diag');
        expect(machine.nmi_count).to.equal(1);
        await run('power', 'soft');
        expect(machine.power).to.equal('off');
        await run('power', 'on');
        await run('power', 'off');
        expect([machine.power, await run('power', 'status')]).to.deep.equal([
          'off',
          'Chassis Power is off\n',
        ]);
      });

      for (const [device, words] of [
        ['pxe', 'Force PXE'],
        ['disk', 'Force Boot from default Hard-Drive'],
        ['cdrom', 'Force Boot from CD/DVD'],
        ['bios', 'Force Boot into BIOS Setup'],
        ['safe', 'Force Boot from default Hard-Drive, request Safe-Mode'],
      ] as const)
        it(`sets the boot device ${device}, once and for all boots`, async () => {
          const { machine } = server;
          await run('chassis', 'bootdev', device);
          expect(machine.boot_override).to.deep.equal({ device, persistent: false, mode: 'bios' });
          expect(await run('chassis', 'bootparam', 'get', '5')).to.include(
            `Boot Device Selector : ${words}\n`,
          );
          await run('chassis', 'bootdev', device, 'options=persistent,efiboot');
          expect(machine.boot_override).to.deep.equal({ device, persistent: true, mode: 'uefi' });
          expect(await run('chassis', 'bootparam', 'get', '5'))
            .to.include('Options apply to all future boots')
            .and.include('BIOS EFI boot');
          await run('chassis', 'bootdev', 'none');
          expect(machine.boot_override).to.equal(null);
        });

      it('lights the identify lamp', async () => {
        const { machine } = server;
        await run('chassis', 'identify', '30');
        expect(machine.identify).to.deep.equal({ seconds: 30 });
        await run('chassis', 'identify', 'force');
        expect(machine.identify).to.equal('on');
        expect(await run('chassis', 'status')).to.include('System Power         : off');
        await run('chassis', 'identify', '0');
        expect(machine.identify).to.equal('off');
      });

      it('lists the event log and clears it', async () => {
        await run('power', 'on');
        await run('power', 'off');
        const list = (await run('sel', 'list')).trimEnd().split('\n');
        expect(list).to.have.length(2);
        expect(list[0]).to.match(/System ACPI Power State .*\| S0\/G0: working \| Asserted$/);
        expect(list[1]).to.match(/System ACPI Power State .*\| S4\/S5: soft-off \| Asserted$/);
        await run('sel', 'clear');
        expect((await ipmitool(suite, server.password, 'sel', 'list')).stdout).to.equal('');
      });

      it('reads sensors, which follow the power', async () => {
        expect(await run('sdr', 'list')).to.match(/CPU1 Temp +\| (no reading|disabled|Not Readable) +\| ns/i);
        await run('power', 'on');
        const sensors = await run('sdr', 'list');
        expect(sensors).to.match(/Inlet Temp +\| 24 degrees C +\| ok/);
        expect(sensors).to.match(/Fan1 +\| 7200 RPM +\| ok/);
        expect(sensors).to.match(/12V +\| 12\.06 Volts +\| ok/);
        expect(sensors).to.match(/PSU1 Power +\| 248 Watts +\| ok/);
      });

      it('prints the FRU inventory', async () => {
        const { identity } = server.machine;
        const fru = await run('fru', 'print');
        expect(fru).to.match(new RegExp(`Product Manufacturer +: ${identity.manufacturer}\n`));
        expect(fru).to.match(new RegExp(`Product Name +: ${identity.product_name}\n`));
        expect(fru).to.match(new RegExp(`Product Serial +: ${identity.serial}\n`));
        expect(fru).to.match(new RegExp(`Chassis Serial +: ${identity.serial}\n`));
      });

      it('tells the system’s UUID and the BMC’s facts', async () => {
        expect((await run('mc', 'guid')).toLowerCase()).to.include(server.machine.identity.uuid);
        expect(await run('mc', 'info')).to.include('IPMI Version              : 2.0');
        expect(await run('user', 'list', '1')).to.match(/1 +admin .*ADMINISTRATOR/);
      });

      it('sets, shows and starts the watchdog', async () => {
        const { machine } = server;
        machine.command('on');
        // OS load, power down, 2 s: as `mc watchdog` cannot set it.
        await run('raw', '0x06', '0x24', '0x03', '0x02', '0x00', '0x00', '0x14', '0x00');
        expect(await run('mc', 'watchdog', 'get')).to.match(/Initial Countdown: +2\.0 sec/);
        expect(machine.power).to.equal('on');
        await run('mc', 'watchdog', 'reset');
        await eventually(() => expect(machine.power).to.equal('off'));
        await run('mc', 'watchdog', 'off');
      });

      it('manages users, the network and the clock', async () => {
        await run('user', 'set', 'name', '2', 'second');
        await run('user', 'set', 'password', '2', 'second-passw0rd', '16');
        await run('channel', 'setaccess', '1', '2', 'ipmi=on', 'privilege=3');
        await run('user', 'enable', '2');
        expect(await run('user', 'list', '1')).to.match(/2 +second .*OPERATOR/);
        expect(await run('user', 'test', '2', '16', 'second-passw0rd')).to.include('Success');
        await run('lan', 'set', '1', 'defgw', 'ipaddr', '192.0.2.1');
        await run('lan', 'set', '1', 'vlan', 'id', '42');
        const { bmc } = server;
        expect([...(bmc.lan.get(12) ?? [])]).to.deep.equal([192, 0, 2, 1]);
        expect([...(bmc.lan.get(20) ?? [])]).to.deep.equal([42, 0x80]);
        bmc.clock_offset_ms = -86_400_000;
        await run('sel', 'time', 'set', 'now');
        expect(bmc.clock_offset_ms).to.be.above(-60_000);
        bmc.clock_offset_ms = Date.UTC(2031, 4, 6, 7, 8) - Date.now();
        expect(await run('sel', 'time', 'get')).to.match(/^05\/06\/(20)?31 /);
      });

      it('tells who may do what by the channel', async () => {
        expect(await run('channel', 'info', '1')).to.match(/Access Mode +: always available/);
        expect(await run('channel', 'getaccess', '1', '1'))
          .to.match(/User Name +: admin/)
          .and.match(/Privilege Level +: ADMINISTRATOR/);
        expect(await run('user', 'list', '1')).to.match(/1 +admin .*ADMINISTRATOR/);
        expect(await run('sol', 'payload', 'status', '1', '1')).to.include('enabled');
        await run('sol', 'payload', 'disable', '1', '1');
        expect(await run('sol', 'payload', 'status', '1', '1')).to.include('disabled');
        await run('sol', 'payload', 'enable', '1', '1');
        expect([...server.bmc.sol.refused_users]).to.deep.equal([]);
      });

      it('is refused with a wrong password', async () => {
        const { code, stderr } = await ipmitool(suite, 'wrong', 'power', 'status');
        expect([code, stderr]).to.deep.equal([1, 'Error: Unable to establish IPMI v2 / RMCP+ session\n']);
      });
    });
  }

  it('finds the best suite by itself', async () => {
    const { code } = await runTool(
      'ipmitool',
      [
        ...['-I', 'lanplus', '-H', server.bmc.address, '-p', String(server.bmc.port)],
        ...['-U', server.username, '-E', 'power', 'status'],
      ],
      { IPMI_PASSWORD: server.password },
    );
    expect(code).to.equal(0);
  });

  for (const suite of [3, 17])
    it(`proves the BMC key to those who have it, with suite ${suite}`, async () => {
      const bmc_key = Buffer.from('0102030405060708090a0b0c0d0e0f1011121314', 'hex');
      await using keyed = await startRack({ count: 1, clock: systemClock, bmc: { bmc_key } });
      const [only] = keyed.servers;
      if (only === undefined) throw new Error('no server');
      const ask = (key: Buffer): Promise<ToolResult> =>
        runTool(
          'ipmitool',
          [
            ...['-I', 'lanplus', '-C', String(suite), '-N', '1', '-R', '1', '-H', only.bmc.address],
            ...['-p', String(only.bmc.port), '-U', only.username, '-E', '-y', key.toString('hex')],
            ...['power', 'status'],
          ],
          { IPMI_PASSWORD: only.password },
        );
      expect((await ask(bmc_key)).stdout).to.equal('Chassis Power is off\n');
      // Its exit code says nothing then.
      const { stdout, stderr } = await ask(Buffer.from(bmc_key.map((byte) => byte ^ 1)));
      expect([stdout, stderr]).to.deep.equal(['', 'Error: Unable to establish IPMI v2 / RMCP+ session\n']);
    });

  for (const suite of [0, 1, 2])
    it(`is refused with cipher suite ${suite}`, async () => {
      const { code, stderr } = await ipmitool(suite, server.password, 'power', 'status');
      expect(code).to.equal(1);
      expect(stderr).to.include('no matching cipher suite');
    });
});
