import { Duplex } from 'node:stream';

/** What a BMC's graphical console leads to. */
export interface Screen {
  /** One viewer's way to it: a stream of RFB (RFC 6143), from the version message on. */
  open(): Duplex;
}

const WIDTH = 64;
const HEIGHT = 48;
const VERSION = 'RFB 003.008\n';
/** Bytes of each message of the viewer; those with a length inside add it. RFC 6143 7.5 */
const LENGTHS: Readonly<Record<number, number>> = { 0: 20, 2: 4, 3: 10, 4: 8, 5: 6, 6: 8 };
/** 32 bits per pixel, depth 24, little endian, true colour: red, green and blue of 8 bits from 16, 8 and 0 on. RFC 6143 7.4 */
const PIXEL_FORMAT = Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);

/** A screen of one colour, which keeps the keys that were pressed. Speaks RFB 3.8 without a password, and raw pixels. */
export class PlainScreen implements Screen {
  /** Keysyms that were pressed, oldest first. */
  readonly keys: number[] = [];
  /** 0xRRGGBB. */
  colour: number;
  readonly #name: string;

  constructor(name: string, colour: number) {
    this.#name = name;
    this.colour = colour;
  }

  open(): Duplex {
    const talk = this.#talk();
    let wanted = 0;
    let held = Buffer.alloc(0);
    const stream = new Duplex({
      allowHalfOpen: false,
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        held = Buffer.concat([held, chunk]);
        while (held.length >= wanted) {
          const step = talk.next(held.subarray(0, wanted));
          held = held.subarray(wanted);
          if (step.done === true) return done(new Error('The viewer speaks no RFB.'));
          wanted = step.value.wanted;
          if (step.value.say.length > 0) stream.push(step.value.say);
        }
        done();
      },
    });
    const { value } = talk.next(Buffer.alloc(0));
    if (value !== undefined) {
      wanted = value.wanted;
      stream.push(value.say);
    }
    return stream;
  }

  /** Says something and names the bytes that it wants to go on; ends when it does not understand. */
  *#talk(): Generator<{ say: Buffer; wanted: number }, undefined, Buffer> {
    const nothing = Buffer.alloc(0);
    const version = yield { say: Buffer.from(VERSION), wanted: VERSION.length };
    if (version.toString('latin1') !== VERSION) return undefined;
    // One security type: none. RFC 6143 7.1.2
    const [security] = yield { say: Buffer.from([1, 1]), wanted: 1 };
    if (security !== 1) return undefined;
    yield { say: Buffer.alloc(4), wanted: 1 };
    let say: Buffer = this.#greeting();
    let bytes_per_pixel = 4;
    for (;;) {
      const [kind = 0] = yield { say, wanted: 1 };
      const length = LENGTHS[kind];
      if (length === undefined) return undefined;
      const body = yield { say: nothing, wanted: length - 1 };
      if (kind === 2) yield { say: nothing, wanted: body.readUInt16BE(1) * 4 };
      if (kind === 6) yield { say: nothing, wanted: body.readUInt32BE(3) };
      if (kind === 0) bytes_per_pixel = (body[3] ?? 32) / 8;
      if (kind === 4 && body[0] === 1) this.keys.push(body.readUInt32BE(3));
      // What has not changed is not told again.
      say = kind === 3 && body[0] === 0 ? this.#update(bytes_per_pixel) : nothing;
    }
  }

  #greeting(): Buffer {
    const name = Buffer.from(this.#name);
    const head = Buffer.alloc(4);
    head.writeUInt16BE(WIDTH, 0);
    head.writeUInt16BE(HEIGHT, 2);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(name.length);
    return Buffer.concat([head, PIXEL_FORMAT, length, name]);
  }

  /** The whole screen as one raw rectangle. RFC 6143 7.6.1 */
  #update(bytes_per_pixel: number): Buffer {
    const head = Buffer.alloc(16);
    head.writeUInt16BE(1, 2);
    head.writeUInt16BE(WIDTH, 8);
    head.writeUInt16BE(HEIGHT, 10);
    const pixel = Buffer.alloc(4);
    pixel.writeUInt32LE(this.colour);
    const pixels = Buffer.alloc(WIDTH * HEIGHT * bytes_per_pixel, pixel.subarray(0, bytes_per_pixel));
    return Buffer.concat([head, pixels]);
  }
}
