import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemClock } from '../../config/system-clock.ts';
import { type Rack, type RackServer, startRack } from '../../rack/rack.ts';
import { TestSerialLine } from '../builders/serial-line.ts';
import { eventually } from '../services/eventually.ts';
import { inTerminal } from './in-terminal.ts';
import { runTool, type ToolResult } from './run-tool.ts';

/** ipmiconsole 1.6 takes no port but 623, so the BMC has it, on a loopback address of its own: for root. */
const BMC = { first_address: '127.79.0.1', port: 623 };

/** Foreign consoles on our BMC. */
describe('rack/ipmi: Serial over LAN and foreign consoles', () => {
  let rack: Rack;
  let server: RackServer;
  let line: TestSerialLine;
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-sol-'));
    rack = await startRack({ count: 1, clock: systemClock, bmcs: BMC });
    const [first] = rack.servers;
    if (first === undefined) throw new Error('no server');
    server = first;
    line = new TestSerialLine();
    server.bmc.serial = line;
  });
  afterEach(async () => {
    await rack[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const lanplus = (suite: number): string[] => [
    ...['-I', 'lanplus', '-C', String(suite), '-H', server.bmc.address],
    ...['-p', String(server.bmc.port), '-U', server.username, '-E'],
  ];
  const ipmitool = (suite: number, ...args: string[]): Promise<ToolResult> =>
    runTool('ipmitool', [...lanplus(suite), ...args], { IPMI_PASSWORD: server.password });

  for (const suite of [3, 17]) {
    it(`ipmitool shows and sets the configuration with suite ${suite}`, async () => {
      const { stdout } = await ipmitool(suite, 'sol', 'info', '1');
      expect(stdout).to.match(/^Enabled +: true$/m);
      expect(stdout).to.match(/^Force Encryption +: true$/m);
      expect(stdout).to.match(/^Volatile Bit Rate \(kbps\) +: 115.2$/m);
      expect(stdout).to.match(/^Payload Port +: 623$/m);
      for (const [name, value] of [
        ['volatile-bit-rate', '9.6'],
        ['retry-count', '3'],
        ['enabled', 'false'],
      ] as const) {
        const { code, stderr } = await ipmitool(suite, 'sol', 'set', name, value, '1');
        expect(code, stderr).to.equal(0);
      }
      const { stdout: changed } = await ipmitool(suite, 'sol', 'info', '1');
      expect(changed).to.match(/^Enabled +: false$/m);
      expect(changed).to.match(/^Volatile Bit Rate \(kbps\) +: 9.6$/m);
      expect(changed).to.match(/^Retry Count +: 3$/m);
      const refused = await ipmitool(suite, 'sol', 'activate');
      expect(refused.code).not.to.equal(0);
      expect(refused.stderr).to.include('SOL payload disabled');
    });

    it(`ipmitool types and reads with suite ${suite}`, async () => {
      await using console = await inTerminal(
        ['ipmitool', ...lanplus(suite), 'sol', 'activate'],
        { IPMI_PASSWORD: server.password },
        /SOL Session operational/,
      );
      line.print('login: ');
      await eventually(() => expect(console.seen()).to.include('login: '));
      console.type('root');
      await eventually(() => expect(line.typed).to.equal('root'));
      console.type('\r~B');
      await eventually(() => expect(server.bmc.sol.counts.breaks).to.equal(1));
      const second = await ipmitool(suite, 'sol', 'activate');
      expect(second.stdout + second.stderr).to.include('SOL payload already active on another session');
      console.type('\r~.');
      await console.ended;
      expect(server.bmc.sol.session).to.equal(null);
    });

    it(`ipmiconsole types and reads with suite ${suite}`, async () => {
      const config = join(folder, 'freeipmi.conf');
      await writeFile(config, `username ${server.username}\npassword ${server.password}\n`, { mode: 0o600 });
      const args = [`--config-file=${config}`, '-I', String(suite), '-h', server.bmc.address];
      await using console = await inTerminal(['ipmiconsole', ...args], {}, /SOL established/);
      line.print('login: ');
      await eventually(() => expect(console.seen()).to.include('login: '));
      console.type('root');
      await eventually(() => expect(line.typed).to.equal('root'));
      console.type('&B');
      await eventually(() => expect(server.bmc.sol.counts.breaks).to.equal(1));
      console.type('&.');
      await console.ended;
      expect(server.bmc.sol.session).to.equal(null);
    });
  }

  it('ipmitool ends the console of another session', async () => {
    await using _console = await inTerminal(
      ['ipmitool', ...lanplus(17), 'sol', 'activate'],
      { IPMI_PASSWORD: server.password },
      /SOL Session operational/,
    );
    expect((await ipmitool(17, 'sol', 'deactivate')).code).to.equal(0);
    expect(server.bmc.sol.session).to.equal(null);
    const again = await ipmitool(17, 'sol', 'deactivate');
    expect(again.stdout + again.stderr).to.include('SOL payload already de-activated');
  });
});
