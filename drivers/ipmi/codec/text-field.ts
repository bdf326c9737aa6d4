import { u8 } from './bytes.ts';

/** Type/length bytes and what follows them. IPMI v2.0 43.15, FRU v1.0 13 */

const TYPE = { binary: 0, bcd: 1, sixBit: 2, latin1: 3 } as const;
const BCD_PLUS = '0123456789 -.:,_';

/** The text after a type/length byte at `at`, its end cut at the end of `bytes`; unprintable characters are dropped. */
export function decodeTextField(
  bytes: Uint8Array,
  at: number,
  length_mask: number,
): { text: string; end: number } {
  const type = u8(bytes, at) >> 6;
  const end = Math.min(at + 1 + (u8(bytes, at) & length_mask), bytes.length);
  const field = bytes.subarray(at + 1, end);
  const text =
    type === TYPE.latin1
      ? Buffer.from(field).toString('latin1')
      : type === TYPE.sixBit
        ? sixBit(field)
        : type === TYPE.bcd
          ? Array.from(field, (byte) => `${BCD_PLUS[byte >> 4] ?? ''}${BCD_PLUS[byte & 15] ?? ''}`).join('')
          : Buffer.from(field).toString('hex');
  return { text: printable(text).trim(), end };
}

/** 8-bit ASCII and Latin 1. Longer texts are cut to `length_mask`. */
export function encodeTextField(text: string, length_mask: number): Uint8Array {
  // A length of 1 would read as the end of the fields: FRU v1.0 13, "C1h".
  const padded = text.length === 1 ? `${text} ` : text;
  const field = Buffer.from(padded, 'latin1').subarray(0, length_mask);
  return Uint8Array.of((TYPE.latin1 << 6) | field.length, ...field);
}

function printable(text: string): string {
  let kept = '';
  for (const character of text) {
    const code = character.charCodeAt(0);
    if (code >= 0x20 && (code < 0x7f || code >= 0xa0)) kept += character;
  }
  return kept;
}

/** Four characters in three bytes, the first in the lowest bits. */
function sixBit(field: Uint8Array): string {
  let text = '';
  let bits = 0;
  let count = 0;
  for (const byte of field) {
    bits |= byte << count;
    count += 8;
    while (count >= 6) {
      text += String.fromCharCode(0x20 + (bits & 0x3f));
      bits >>>= 6;
      count -= 6;
    }
  }
  return text;
}
