import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import type { CallOptions, SerialStream } from '../../../drivers/contract.ts';
import { createIpmiDriver, type IpmiDriver } from '../../../drivers/ipmi/driver.ts';
import { recordingContext } from '../../contract/driver-bench.ts';
import { eventually } from '../../services/eventually.ts';
import { type IpmiSim, startIpmiSim } from '../../services/ipmi-sim.ts';
import { QUICK_OPTIONS } from './ipmi-options.ts';

const BOTH: CallOptions = { timeout_ms: 15_000 };

describe("Serial over LAN: our console on OpenIPMI's ipmi_sim", () => {
  let serial: Server;
  let sim: IpmiSim;
  let driver: IpmiDriver;
  let line: Socket | null = null;
  let typed = '';

  before(async () => {
    // The simulator connects anew for each console.
    serial = createServer((socket) => {
      line = socket;
      socket.on('data', (bytes) => {
        typed += bytes.toString('latin1');
      });
    }).listen(0, '127.0.0.1');
    await once(serial, 'listening');
    sim = await startIpmiSim({ chassis: false, serial_port: (serial.address() as AddressInfo).port });
  });
  after(async () => {
    await sim[Symbol.asyncDispose]();
    line?.destroy();
    serial.close();
  });
  beforeEach(() => {
    typed = '';
    driver = createIpmiDriver(recordingContext().context, QUICK_OPTIONS);
  });
  afterEach(() => driver[Symbol.asyncDispose]());

  const open = async (take_over = false): Promise<SerialStream> => {
    const parsed = driver.parse({
      ipmi_address: sim.address,
      ipmi_port: sim.port,
      ipmi_username: sim.username,
      ipmi_password: sim.password,
    });
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    await using connection = await driver.connect(parsed.info, BOTH);
    if (connection.serialConsole === undefined) throw new Error('no console');
    return connection.serialConsole.open({ ...BOTH, take_over });
  };
  const read = (stream: SerialStream): (() => string) => {
    let text = '';
    const all = async (): Promise<void> => {
      for await (const bytes of stream.output) text += Buffer.from(bytes).toString('latin1');
    };
    void all();
    return () => text;
  };

  it('carries what the server prints and what is typed', async () => {
    await using console = await open();
    const seen = read(console);
    await eventually(() => expect(line?.readyState).to.equal('open'));
    const printed = 'The quick brown fox. '.repeat(100);
    line?.write(printed);
    await eventually(() => expect(seen()).to.equal(printed));
    const text = 'jumps over the lazy dog\r'.repeat(50);
    await console.write(Buffer.from(text), BOTH);
    await eventually(() => expect(typed).to.equal(text));
    await console.sendBreak(BOTH);
    // It says it as telnet does, and with what is typed next.
    await console.write(Buffer.from('end'), BOTH);
    await eventually(() => expect(typed).to.equal(`${text}\xff\xf3end`));
  });

  it('can be opened again after it was closed, and taken over from a console that is open', async () => {
    const first = await open();
    await first[Symbol.asyncDispose]();
    await using second = await open();
    const refused = await open().then(
      () => null,
      (error: unknown) => error,
    );
    expect(refused).to.include({ code: 'busy' });
    await using third = await open(true);
    await third.write(Buffer.from('third'), BOTH);
    await eventually(() => expect(typed).to.equal('third'));
    await second[Symbol.asyncDispose]();
  });
});
