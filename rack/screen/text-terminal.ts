/** A few of the escape sequences of ECMA-48: the colour of what follows, and erasing to the end of the line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they begin with
const SEQUENCE = /^\x1b\[(\d*)([mK])/;

/** The last lines that were printed, as a terminal without a cursor of its own keeps them. */
export class TextTerminal {
  readonly #columns: number;
  readonly #rows: number;
  readonly #lines: string[] = [''];
  #column = 0;

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
  }

  /** From the oldest on; as many as there is room for. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  print(text: string): void {
    for (let at = 0; at < text.length; ) {
      const [sequence, , kind] = SEQUENCE.exec(text.slice(at)) ?? [];
      if (sequence === undefined) this.#put(text[at] ?? '');
      else if (kind === 'K') this.#line = this.#line.slice(0, this.#column);
      at += sequence?.length ?? 1;
    }
  }

  get #line(): string {
    return this.#lines.at(-1) ?? '';
  }

  set #line(line: string) {
    this.#lines[this.#lines.length - 1] = line;
  }

  #put(character: string): void {
    if (character === '\r') this.#column = 0;
    else if (character === '\b') this.#column = Math.max(0, this.#column - 1);
    else if (character === '\n') this.#feed();
    else {
      if (this.#column === this.#columns) this.#feed();
      const before = this.#line.padEnd(this.#column);
      this.#line = before.slice(0, this.#column) + character + before.slice(this.#column + 1);
      this.#column += 1;
    }
  }

  #feed(): void {
    this.#column = 0;
    this.#lines.push('');
    if (this.#lines.length > this.#rows) this.#lines.shift();
  }
}
