import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { systemClock } from '../../../config/system-clock.ts';
import type { CallOptions, SerialStream } from '../../../drivers/contract.ts';
import { SOL_PARAMETER } from '../../../drivers/ipmi/commands/sol-configuration.ts';
import { createIpmiDriver, type IpmiDriver } from '../../../drivers/ipmi/driver.ts';
import { type Rack, type RackServer, startRack } from '../../../rack/rack.ts';
import { TestSerialLine } from '../../builders/serial-line.ts';
import { eventually, openSockets, recordingContext } from '../../contract/driver-bench.ts';
import { QUICK_OPTIONS } from './ipmi-options.ts';
import { seededRandom } from './packets.ts';

const BOTH: CallOptions = { timeout_ms: 8_000 };

describe('Serial over LAN: our console on the stand-in', () => {
  let rack: Rack;
  let server: RackServer;
  let line: TestSerialLine;
  let driver: IpmiDriver;

  beforeEach(async () => {
    rack = await startRack({ count: 1, clock: systemClock, bmc: { random: seededRandom(7) } });
    const [first] = rack.servers;
    if (first === undefined) throw new Error('no server');
    server = first;
    line = new TestSerialLine();
    server.bmc.serial = line;
    driver = createIpmiDriver(recordingContext().context, QUICK_OPTIONS);
  });
  afterEach(async () => {
    await driver[Symbol.asyncDispose]();
    await rack[Symbol.asyncDispose]();
  });

  const open = async (take_over = false): Promise<SerialStream> => {
    const parsed = driver.parse(server.driver_info);
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    await using connection = await driver.connect(parsed.info, BOTH);
    if (connection.serialConsole === undefined) throw new Error('no console');
    // It outlives the connection.
    return connection.serialConsole.open({ ...BOTH, take_over });
  };
  const errorOf = (done: Promise<unknown>): Promise<unknown> =>
    done.then(
      () => null,
      (reason: unknown) => reason,
    );

  it('carries what the server prints and what is typed', async () => {
    await using console = await open();
    const seen = collect(console);
    line.print('login: ');
    await eventually(seen.text, (text) => text === 'login: ');
    await console.write(Buffer.from('root\r'), BOTH);
    expect(line.typed).to.equal('root\r');
    await console.sendBreak(BOTH);
    await console.flush(BOTH);
    expect(server.bmc.sol.counts).to.deep.equal({ breaks: 1, flushes: 1 });
  });

  for (const [fault, faults] of [
    ['no fault', {}],
    ['a fifth of the datagrams lost', { drop: 0.2 }],
    ['every reply doubled', { doubled: true }],
    ['replies out of order', { reordered: 0.3 }],
    ['forged replies before each', { malformed: true }],
    ['a BMC that takes 5 characters at a time', { console_takes: 5 }],
  ] as const)
    it(`carries 3000 bytes both ways, each once and in order, with ${fault}`, async () => {
      await using console = await open();
      const seen = collect(console);
      line.echo = true;
      server.bmc.faults = faults;
      const sent = randomBytes(fault.startsWith('a fifth') ? 900 : 3000);
      await console.write(sent, BOTH);
      expect(line.typed).to.equal(sent.toString('latin1'));
      await eventually(seen.text, (text) => text.length >= sent.length);
      expect(seen.text()).to.equal(sent.toString('latin1'));
    });

  it('waits for a BMC that says NACK, and gives up what is typed at the deadline', async () => {
    await using console = await open();
    server.bmc.faults = { console_takes: 0 };
    expect(await errorOf(console.write(Buffer.from('x'), { timeout_ms: 300 }))).to.include({
      code: 'timeout',
    });
    const later = console.write(Buffer.from('later'), BOTH);
    server.bmc.faults = {};
    await later;
    expect(line.typed).to.equal('later');
  });

  it('makes the BMC wait while nobody reads, and loses nothing', async () => {
    await using console = await open();
    const sent = randomBytes(70_000);
    // No more at once than the BMC keeps.
    for (let at = 0; at < sent.length; at += 10_000) {
      line.print(sent.subarray(at, at + 10_000));
      if (at < 60_000)
        await eventually(
          () => server.bmc.sol.unsent,
          (left) => left === 0,
        );
    }
    const seen = collect(console);
    await eventually(seen.text, (text) => text.length === sent.length);
    expect(seen.text()).to.equal(sent.toString('latin1'));
  });

  it('refuses a second console, says so, and takes it over when asked', async () => {
    await using first = await open();
    const seen = collect(first);
    const refused = await errorOf(open());
    expect(refused).to.include({ code: 'busy' });
    expect(String(refused)).to.match(/open in another session.*take it over/);
    await using second = await open(true);
    expect(await seen.end).to.equal(null);
    expect(await errorOf(first.write(Buffer.from('x'), BOTH))).to.include({ code: 'rejected' });
    await second.write(Buffer.from('y'), BOTH);
    expect(line.typed).to.equal('y');
  });

  it('says what to do when Serial over LAN is disabled', async () => {
    server.bmc.sol.parameters.set(SOL_PARAMETER.enable, Uint8Array.of(0));
    const error = await errorOf(open());
    expect(error).to.include({ code: 'rejected' });
    expect(String(error)).to.include('sol set enabled true');
  });

  it('ends with unreachable when the BMC forgets the session', async () => {
    await using console = await open();
    const seen = collect(console);
    server.bmc.reset('cold');
    expect(await errorOf(console.write(Buffer.from('x'), BOTH))).to.include({ code: 'unreachable' });
    expect(await seen.end).to.include({ code: 'unreachable' });
    await using again = await open();
    await again.write(Buffer.from('z'), BOTH);
    expect(line.typed).to.equal('z');
  });

  it('stops typing when the call is aborted', async () => {
    await using console = await open();
    server.bmc.faults = { silent: true };
    const abort = new AbortController();
    const typing = errorOf(console.write(Buffer.from('x'), { ...BOTH, signal: abort.signal }));
    abort.abort(new Error('enough'));
    expect(await typing).to.have.property('message', 'enough');
    server.bmc.faults = {};
  });

  it('does not let more wait than it may', async () => {
    await using console = await open();
    server.bmc.faults = { console_takes: 0 };
    const first = errorOf(console.write(new Uint8Array(60_000), { timeout_ms: 200 }));
    expect(await errorOf(console.write(new Uint8Array(6_000), BOTH))).to.include({ code: 'busy' });
    expect(await first).to.include({ code: 'timeout' });
  });

  it('leaves nothing on the BMC and no socket', async () => {
    const before = openSockets();
    const console = await open();
    expect(server.bmc.sol.session).not.to.equal(null);
    await console[Symbol.asyncDispose]();
    expect(server.bmc.sol.session).to.equal(null);
    await open();
    await driver[Symbol.asyncDispose]();
    expect(server.bmc.open_sessions).to.equal(0);
    await eventually(openSockets, (count) => count === before);
  });
});

/** Reads a console to its end. */
function collect(stream: SerialStream): { text: () => string; end: Promise<unknown> } {
  let text = '';
  const read = async (): Promise<unknown> => {
    try {
      for await (const bytes of stream.output) text += Buffer.from(bytes).toString('latin1');
      return null;
    } catch (error) {
      return error;
    }
  };
  return { text: () => text, end: read() };
}
