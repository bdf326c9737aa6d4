/** The last bytes of a stream. */
export class Scrollback {
  readonly #limit: number;
  #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    // Joined now and then only: most additions are a few characters.
    if (this.#length > 2 * this.#limit || this.#chunks.length > 1024) this.#join();
  }

  read(): Uint8Array {
    return this.#join();
  }

  #join(): Uint8Array {
    const all = Uint8Array.from(Buffer.concat(this.#chunks).subarray(-this.#limit));
    this.#chunks = all.length === 0 ? [] : [all];
    this.#length = all.length;
    return all;
  }
}
