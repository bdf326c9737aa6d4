import type { Command } from './command.ts';
import { PRIVILEGE } from './command.ts';

/** Any command, bytes in and bytes out. IPMI v2.0 5.1 */
export function rawCommand(netfn: number, cmd: number): Command<Uint8Array, Uint8Array> {
  return {
    name: `Raw ${hex(netfn)} ${hex(cmd)}`,
    netfn,
    cmd,
    privilege: PRIVILEGE.administrator,
    encodeRequest: (data) => data,
    decodeRequest: (data) => data,
    encodeResponse: (data) => data,
    // A plain array of its own: it leaves the driver.
    decodeResponse: (data) => Uint8Array.from(data),
  };
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
