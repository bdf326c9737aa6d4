/**
 * What a client of RFB may say that only looks. RFC 6143 7.5: asking for pictures in a format passes, keys, pointer and clipboard do not.
 * Pure but for its state: one for each connection.
 */
export interface RfbReader {
  /** What of these bytes is passed on. @throws Error: this is no RFB that is known */
  pass(bytes: Uint8Array): Uint8Array;
}

const VERSION = 12;
const NO_PASSWORD = 1;
/** Message types of clients, and the bytes of those that have a length of their own. RFC 6143 7.5, and QEMU's extended keys. */
const FIXED: Readonly<Record<number, { length: number; passed: boolean }>> = {
  0: { length: 20, passed: true },
  3: { length: 10, passed: true },
  4: { length: 8, passed: false },
  5: { length: 6, passed: false },
  // EnableContinuousUpdates
  150: { length: 10, passed: true },
  255: { length: 12, passed: false },
};
const [SET_ENCODINGS, CUT_TEXT, FENCE] = [2, 6, 248];
const MOST_TEXT = 1024 * 1024;

export function createRfbReader(): RfbReader {
  let rest = Buffer.alloc(0);
  /** What of a clipboard is still to come, and goes nowhere. */
  let skipped = 0;
  let step: 'version' | 'security' | 'init' | 'messages' = 'version';

  /** Bytes of the first message in `rest` and whether it is passed on; null: more has to come. */
  function first(): { length: number; passed: boolean } | null {
    if (step === 'version') {
      if (rest.length < VERSION) return null;
      step = /^RFB 003\.00[78]\n$/.test(rest.toString('latin1', 0, VERSION)) ? 'security' : 'init';
      return { length: VERSION, passed: true };
    }
    if (step === 'security') {
      if (rest[0] !== NO_PASSWORD)
        throw new Error('A screen with a password of its own cannot be only looked at.');
      step = 'init';
      return { length: 1, passed: true };
    }
    if (step === 'init') {
      // Shared, whatever the client wishes: it takes the screen from nobody.
      rest[0] = 1;
      step = 'messages';
      return { length: 1, passed: true };
    }
    const type = rest[0] ?? 0;
    const fixed = FIXED[type];
    if (fixed !== undefined) return fixed;
    if (type === SET_ENCODINGS)
      return rest.length < 4 ? null : { length: 4 + 4 * rest.readUInt16BE(2), passed: true };
    if (type === FENCE) return rest.length < 9 ? null : { length: 9 + (rest[8] ?? 0), passed: true };
    if (type === CUT_TEXT) {
      if (rest.length < 8) return null;
      // A negative length is of the extended clipboard.
      const length = Math.abs(rest.readInt32BE(4));
      if (length > MOST_TEXT) throw new Error('The clipboard is too large.');
      return { length: 8 + length, passed: false };
    }
    throw new Error(`A message of type ${type} is not passed on from who only looks.`);
  }

  return {
    pass(bytes) {
      const skip = Math.min(skipped, bytes.length);
      skipped -= skip;
      rest = Buffer.concat([rest, bytes.subarray(skip)]);
      const passed: Buffer[] = [];
      while (rest.length > 0) {
        const message = first();
        if (message === null) break;
        if (rest.length < message.length) {
          if (message.passed) break;
          skipped = message.length - rest.length;
          rest = Buffer.alloc(0);
          break;
        }
        if (message.passed) passed.push(rest.subarray(0, message.length));
        rest = rest.subarray(message.length);
      }
      return Buffer.concat(passed);
    },
  };
}
