import { u8 } from '../codec/bytes.ts';
import { type Command, NETFN } from './command.ts';

/** Bytes of records in one answer; a shorter answer is the last one. */
export const CIPHER_SUITE_CHUNK = 16;
const STANDARD_SUITE = 0xc0;
const OEM_SUITE = 0xc1;
const LIST_BY_SUITE = 0x80;

/** IPMI v2.0 22.15. `records` is a piece of the list, number `index`. */
export const getChannelCipherSuites: Command<
  { channel: number; index: number },
  { channel: number; records: Uint8Array }
> = {
  name: 'Get Channel Cipher Suites',
  netfn: NETFN.app,
  cmd: 0x54,
  privilege: null,
  repeatable: true,
  encodeRequest: ({ channel, index }) => Uint8Array.of(channel, 0, LIST_BY_SUITE | index),
  decodeRequest: (data) => {
    if (data.length < 3) return 'truncated';
    return { channel: u8(data, 0) & 0x0f, index: u8(data, 2) & 0x3f };
  },
  encodeResponse: ({ channel, records }) => Uint8Array.of(channel, ...records),
  decodeResponse: (data) => {
    if (data.length < 1) return 'truncated';
    if (data.length > 1 + CIPHER_SUITE_CHUNK) return 'oversized';
    return { channel: u8(data, 0) & 0x0f, records: data.subarray(1) };
  },
};

/** The whole list of records for suites made of standard algorithms. IPMI v2.0 table 22-19 */
export function encodeCipherSuiteRecords(
  suites: Iterable<{ id: number; authentication: number; integrity: number; confidentiality: number }>,
): Uint8Array {
  const records: number[] = [];
  for (const { id, authentication, integrity, confidentiality } of suites)
    records.push(STANDARD_SUITE, id, authentication, 0x40 | integrity, 0x80 | confidentiality);
  return Uint8Array.from(records);
}

/** Ids of the standard suites in a whole list; OEM records are passed over. */
export function decodeCipherSuiteIds(records: Uint8Array): number[] {
  const ids: number[] = [];
  let at = 0;
  while (at < records.length) {
    const start = u8(records, at);
    if (start === STANDARD_SUITE) ids.push(u8(records, at + 1));
    at += start === OEM_SUITE ? 5 : 2;
    while (at < records.length && u8(records, at) < STANDARD_SUITE) at++;
  }
  return ids;
}
