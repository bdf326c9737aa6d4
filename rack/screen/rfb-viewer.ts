import { Duplex } from 'node:stream';
import { type Band, PIXEL_FORMAT, type Picture, pixelFormat, update } from './picture.ts';

const VERSION = 'RFB 003.008\n';
/** Bytes of each message of the viewer; those with a length inside add it. RFC 6143 7.5 */
const LENGTHS: Readonly<Record<number, number>> = { 0: 20, 2: 4, 3: 10, 4: 8, 5: 6, 6: 8 };
const NOTHING = Buffer.alloc(0);

/** Says something and names the bytes that it wants to go on. */
interface Step {
  say: Buffer;
  wanted: number;
}

/** One viewer of a picture. Speaks RFB 3.8 without a password, and raw pixels; ends when it does not understand. */
export class RfbViewer extends Duplex {
  readonly #picture: Picture;
  readonly #talk: Generator<Step, undefined, Buffer>;
  #wanted = 0;
  #held = Buffer.alloc(0);
  #format = pixelFormat(PIXEL_FORMAT);
  /** What it has seen, band by band. */
  #seen: readonly string[] = [];
  /** It waits for a change. */
  #waits = false;
  #deaf: () => void = () => {};

  constructor(picture: Picture) {
    super({ allowHalfOpen: false });
    this.#picture = picture;
    this.#talk = this.#converse();
    this.#go(NOTHING);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#held = Buffer.concat([this.#held, chunk]);
    while (this.#held.length >= this.#wanted) {
      const taken = this.#held.subarray(0, this.#wanted);
      this.#held = this.#held.subarray(this.#wanted);
      if (!this.#go(taken)) {
        done(new Error('The viewer speaks no RFB.'));
        return;
      }
    }
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#deaf();
    done(error);
  }

  /** False: it ended. */
  #go(taken: Buffer): boolean {
    const step = this.#talk.next(taken);
    if (step.done === true) return false;
    this.#wanted = step.value.wanted;
    if (step.value.say.length > 0) this.push(step.value.say);
    return true;
  }

  *#converse(): Generator<Step, undefined, Buffer> {
    const version = yield { say: Buffer.from(VERSION), wanted: VERSION.length };
    if (version.toString('latin1') !== VERSION) return undefined;
    // One security type: none. RFC 6143 7.1.2
    const [security] = yield { say: Buffer.from([1, 1]), wanted: 1 };
    if (security !== 1) return undefined;
    yield { say: Buffer.alloc(4), wanted: 1 };
    this.#deaf = this.#picture.onChange(() => {
      if (this.#waits) this.push(this.#news());
    });
    let say: Buffer = this.#greeting();
    for (;;) {
      const [kind = 0] = yield { say, wanted: 1 };
      const length = LENGTHS[kind];
      if (length === undefined) return undefined;
      const body = yield { say: NOTHING, wanted: length - 1 };
      say = NOTHING;
      if (kind === 0) this.#format = pixelFormat(body.subarray(3));
      else if (kind === 2) yield { say: NOTHING, wanted: body.readUInt16BE(1) * 4 };
      else if (kind === 3) {
        if (body[0] === 0) this.#seen = [];
        say = this.#news();
      } else if (kind === 4) this.#picture.key(body.readUInt32BE(3), body[0] === 1);
      else if (kind === 6) yield { say: NOTHING, wanted: body.readUInt32BE(3) };
    }
  }

  #greeting(): Buffer {
    const { name, width, height } = this.#picture;
    const head = Buffer.alloc(4);
    head.writeUInt16BE(width, 0);
    head.writeUInt16BE(height, 2);
    const title = Buffer.from(name);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(title.length);
    return Buffer.concat([head, PIXEL_FORMAT, length, title]);
  }

  /** The bands that it has not seen as they are; nothing when it has, and it is told when one changes. */
  #news(): Buffer {
    const bands = this.#picture.bands();
    const fresh: Band[] = bands.filter(({ shows }, at) => shows !== this.#seen[at]);
    this.#waits = fresh.length === 0;
    if (this.#waits) return NOTHING;
    this.#seen = bands.map(({ shows }) => shows);
    return update(this.#picture.width, fresh, this.#format);
  }
}
