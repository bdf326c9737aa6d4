/** Long enough that few are needed, short enough that most of one is used. */
const PIECE_BYTES = 64 * 1024;
/** UTF-8 of one unit of a text, at most. */
const BYTES_PER_UNIT = 3;

/** A long text, made of short ones that are turned into bytes at once: none of them, nor the whole, stays in V8's heap. */
export class TextPieces {
  readonly #done: Buffer[] = [];
  #piece: Buffer = Buffer.alloc(0);
  #used = 0;

  add(text: string): void {
    const most = text.length * BYTES_PER_UNIT;
    if (this.#piece.length - this.#used < most) {
      this.#close();
      this.#piece = Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, most));
    }
    this.#used += this.#piece.write(text, this.#used);
  }

  /** All that was added, in its order. */
  end(): Buffer[] {
    this.#close();
    return this.#done;
  }

  #close(): void {
    if (this.#used > 0) this.#done.push(this.#piece.subarray(0, this.#used));
    this.#used = 0;
  }
}
