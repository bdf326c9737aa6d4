import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemClock } from '../../config/system-clock.ts';
import { type Rack, startRack } from '../../rack/rack.ts';
import { runTool } from './run-tool.ts';

describe('rack/ipmi and freeipmi', () => {
  let rack: Rack;
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-freeipmi-'));
    rack = await startRack({ count: 2, clock: systemClock, delays_ms: { soft_off: 0 } });
  });
  afterEach(async () => {
    await rack[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const run = async (
    program: string,
    suite: number,
    password: string,
    ...args: string[]
  ): Promise<string> => {
    const config = join(folder, `${suite}.conf`);
    await writeFile(config, `username ${rack.servers[0]?.username}\npassword ${password}\n`, { mode: 0o600 });
    const hosts = rack.servers.map(({ bmc }) => `${bmc.address}:${bmc.port}`);
    const { stdout, stderr } = await runTool(program, [
      ...[`--config-file=${config}`, '-I', String(suite), '-D', 'LAN_2_0', '-h'],
      ...[program === 'ipmipower' ? hosts.join(',') : (hosts[0] ?? ''), ...args],
    ]);
    return stdout + stderr;
  };
  const password = (): string => rack.servers[0]?.password ?? '';
  const powers = (): string[] => rack.servers.map(({ machine }) => machine.power);

  for (const suite of [3, 17]) {
    it(`ipmipower switches the power of both with suite ${suite}`, async () => {
      expect(await run('ipmipower', suite, password(), '--stat')).to.equal('127.0.0.1: off\n'.repeat(2));
      await run('ipmipower', suite, password(), '--on');
      expect(powers()).to.deep.equal(['on', 'on']);
      expect(await run('ipmipower', suite, password(), '--stat')).to.equal('127.0.0.1: on\n'.repeat(2));
      await run('ipmipower', suite, password(), '--cycle');
      expect(rack.servers.map(({ machine }) => machine.reboots)).to.deep.equal([1, 1]);
      await run('ipmipower', suite, password(), '--off');
      expect(powers()).to.deep.equal(['off', 'off']);
    });

    it(`ipmi-sensors reads the sensors with suite ${suite}`, async () => {
      rack.servers[0]?.machine.command('on');
      const text = await run(
        'ipmi-sensors',
        suite,
        password(),
        `--sdr-cache-directory=${folder}`,
        '--comma-separated-output',
        '--no-header-output',
        '--quiet-cache',
      );
      expect(text.trimEnd().split('\n')).to.deep.equal([
        "1,Inlet Temp,Temperature,24.00,C,'OK'",
        "2,CPU1 Temp,Temperature,47.00,C,'OK'",
        "3,Fan1,Fan,7200.00,RPM,'OK'",
        "4,12V,Voltage,12.06,V,'OK'",
        "5,PSU1 Power,Power Supply,248.00,W,'OK'",
      ]);
    });

    it(`is refused with a wrong password and suite ${suite}`, async () => {
      expect(await run('ipmipower', suite, 'wrong', '--on')).to.match(/password (invalid|verification)/i);
      expect(powers()).to.deep.equal(['off', 'off']);
    });
  }

  it('ipmi-fru and ipmi-sel understand what they read', async () => {
    await run('ipmipower', 17, password(), '--on');
    const cache = `--sdr-cache-directory=${folder}`;
    expect(await run('ipmi-fru', 17, password(), cache)).to.include(
      `FRU Product Serial Number: ${rack.servers[0]?.machine.identity.serial}`,
    );
    expect(await run('ipmi-sel', 17, password(), cache)).to.include('System ACPI Power State | S0/G0');
  });
});
