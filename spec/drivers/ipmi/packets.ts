import { Buffer } from 'node:buffer';
import { CIPHER_SUITES, type CipherSuite } from '../../../drivers/ipmi/crypto/cipher-suites.ts';

/** The cipher suite of that number. */
export function suite(id: 3 | 17): CipherSuite {
  const found = CIPHER_SUITES[id];
  if (found === undefined) throw new Error(`No cipher suite ${id}.`);
  return found;
}

/** Bytes from hex; blanks are for the eye. */
export function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
}

export function hex(value: Uint8Array): string {
  return Buffer.from(value).toString('hex');
}

/** Random numbers that are the same in every run (mulberry32): what fails can be looked at again. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
