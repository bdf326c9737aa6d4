import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { systemClock } from '../../../config/system-clock.ts';
import { startInBandPort } from '../../../rack/qemu/in-band.ts';
import type { Listening } from '../../../rack/qemu/sockets.ts';
import { type Rack, type RackServer, startRack } from '../../../rack/rack.ts';
import { eventually } from '../../services/eventually.ts';

const [MESSAGE, COMMAND, ESCAPE] = [0xa0, 0xa1, 0xaa];
const APP = 0x06;
const TRANSPORT = 0x0c;

/** A message as QEMU's ipmi-bmc-extern sends it (QEMU hw/ipmi/ipmi_bmc_extern.c). */
function message(sequence: number, netfn: number, cmd: number, data: readonly number[] = []): Buffer {
  const bytes = [sequence, netfn << 2, cmd, ...data];
  const sum = -bytes.reduce((total, byte) => total + byte, 0) & 0xff;
  const escaped = [...bytes, sum].flatMap((byte) =>
    [MESSAGE, COMMAND, ESCAPE].includes(byte) ? [ESCAPE, byte | 0x10] : [byte],
  );
  return Buffer.from([...escaped, MESSAGE]);
}

describe("the guest's own way to its BMC", () => {
  let rack: Rack;
  let port: Listening;
  let socket: Socket;
  let heard: number[];
  const server = (): RackServer => rack.servers[0] as RackServer;

  beforeEach(async () => {
    rack = await startRack({ count: 1, clock: systemClock });
    port = await startInBandPort(server().bmc, () => {});
    socket = connect(port.port, '127.0.0.1');
    await once(socket, 'connect');
    heard = [];
    socket.on('data', (chunk) => heard.push(...chunk));
  });
  afterEach(async () => {
    socket.destroy();
    await port[Symbol.asyncDispose]();
    await rack[Symbol.asyncDispose]();
  });

  /** The replies so far, without their marks of escape and their checksums. */
  const replies = (): number[][] => {
    const found: number[][] = [];
    let bytes: number[] = [];
    for (let i = 0; i < heard.length; i += 1) {
      const byte = heard[i] ?? 0;
      if (byte === MESSAGE) {
        expect(bytes.reduce((total, each) => total + each, 0) & 0xff, 'its checksum').to.equal(0);
        found.push(bytes.slice(0, -1));
        bytes = [];
      } else bytes.push(byte === ESCAPE ? (heard[++i] ?? 0) & ~0x10 : byte);
    }
    return found;
  };
  const answers = async (count: number): Promise<number[][]> => {
    await eventually(() => expect(replies()).to.have.lengthOf(count));
    return replies();
  };

  it("reads and sets the BMC's own address, whatever bytes it has, in pieces too", async () => {
    const address = [10, MESSAGE, COMMAND, ESCAPE];
    const set = message(MESSAGE, TRANSPORT, 0x01, [1, 3, ...address]);
    for (const byte of set) socket.write(Buffer.of(byte));
    expect(await answers(1)).to.deep.equal([[MESSAGE, (TRANSPORT | 1) << 2, 0x01, 0]]);
    socket.write(message(2, TRANSPORT, 0x02, [1, 3, 0, 0]));
    const [, read = []] = await answers(2);
    expect(read.slice(0, 4)).to.deep.equal([2, (TRANSPORT | 1) << 2, 0x02, 0]);
    expect(read.slice(-4)).to.deep.equal(address);
    expect([...(server().bmc.lan.get(3) ?? [])]).to.deep.equal(address);
  });

  it('passes over what is broken, endless or about QEMU itself, and answers what follows', async () => {
    const broken = message(1, APP, 0x01);
    broken[1] = 0x7f;
    for (const bytes of [
      broken,
      Buffer.of(MESSAGE, MESSAGE, 1, 2, MESSAGE),
      Buffer.of(0xff, 1, COMMAND),
      Buffer.concat([Buffer.alloc(200_000, 0x55), Buffer.of(MESSAGE)]),
      Buffer.of(ESCAPE, COMMAND),
    ])
      socket.write(bytes);
    socket.write(message(7, APP, 0x01));
    const [only = []] = await answers(1);
    expect(only.slice(0, 4)).to.deep.equal([7, (APP | 1) << 2, 0x01, 0]);
  });

  it('says that it has no such command', async () => {
    socket.write(message(3, 0x3e, 0x99));
    expect(await answers(1)).to.deep.equal([[3, 0x3f << 2, 0x99, 0xc1]]);
  });
});
