import { COMPLETION_CODE } from '../../drivers/ipmi/codec/status-codes.ts';
import type { BmcState } from '../ipmi/bmc-state.ts';
import { findHandler } from '../ipmi/command-table.ts';
import { type Listening, listen } from './sockets.ts';

/** The end of a message, the end of a command, and what announces one of the three as data. QEMU hw/ipmi/ipmi_bmc_extern.c */
const MESSAGE = 0xa0;
const COMMAND = 0xa1;
const ESCAPE = 0xaa;
const ESCAPED_BIT = 0x10;
const LONGEST = 1024;
const EMPTY = new Uint8Array(0);

/**
 * Where QEMU's `ipmi-bmc-extern` connects: the way of the server's own system to its BMC.
 *
 * @param answered is called after each command that was carried out.
 */
export function startInBandPort(bmc: BmcState, answered: () => void): Promise<Listening> {
  return listen('loopback', (socket) => {
    const read = reader((message) => {
      const reply = answer(bmc, message);
      if (reply !== null) socket.write(encode(reply));
      answered();
    });
    socket.on('data', read);
  });
}

/** Puts messages together; commands of QEMU, about itself, are passed over. */
function reader(take: (message: Uint8Array) => void): (chunk: Buffer) => void {
  let bytes: number[] = [];
  let escaped = false;
  return (chunk) => {
    for (const byte of chunk) {
      // One that was cut off is none.
      if (byte === MESSAGE && bytes.length < LONGEST) take(Uint8Array.from(bytes));
      if (byte === MESSAGE || byte === COMMAND) bytes = [];
      else if (byte === ESCAPE) escaped = true;
      else if (bytes.length < LONGEST) {
        bytes.push(escaped ? byte & ~ESCAPED_BIT : byte);
        escaped = false;
      }
    }
  };
}

/** Sequence number, NetFn and LUN, command, data, checksum → the same with a completion code before the data. */
function answer(bmc: BmcState, message: Uint8Array): Uint8Array | null {
  const [sequence = 0, netfn_lun = 0, cmd = 0] = message;
  if (message.length < 4 || sum(message) !== 0) return null;
  const netfn = netfn_lun >> 2;
  // Who is in the server may do all: there are no sessions and no privileges in band.
  const told = findHandler(netfn, cmd)?.answer(bmc, message.slice(3, -1), null) ?? {
    code: COMPLETION_CODE.invalidCommand,
  };
  const [code, data] = 'data' in told ? [COMPLETION_CODE.ok, told.data] : [told.code, EMPTY];
  return Uint8Array.of(sequence, ((netfn | 1) << 2) | (netfn_lun & 3), cmd, code, ...data);
}

function encode(message: Uint8Array): Uint8Array {
  const bytes = [...message, -sum(message) & 0xff].flatMap((byte) =>
    byte === MESSAGE || byte === COMMAND || byte === ESCAPE ? [ESCAPE, byte | ESCAPED_BIT] : [byte],
  );
  return Uint8Array.of(...bytes, MESSAGE);
}

const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0) & 0xff;
