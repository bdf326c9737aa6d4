import type { Duplex } from 'node:stream';
import type { Machine } from '../machine.ts';
import { MachineConsole } from '../machine-console.ts';
import { GLYPH, isLit } from './glyphs.ts';
import type { Band, Picture } from './picture.ts';
import { RfbViewer } from './rfb-viewer.ts';
import type { Screen } from './screen.ts';
import { TextTerminal } from './text-terminal.ts';

const COLUMNS = 80;
const ROWS = 30;
/** Dots are drawn as squares of this many pixels. */
const DOT = 2;
const CELL = { width: (GLYPH.width + 1) * DOT, height: (GLYPH.height + 1) * DOT } as const;
const COLOURS = { text: 0xd0d0d0, ground: 0x000000, bar_text: 0xffffff, bar: 0x24408e } as const;
const HEAD_ROWS = 8;

/** X11 keysyms; those below 0x100 are Latin-1. */
const TYPED: Readonly<Record<number, string>> = { 65288: '\b', 65293: '\r', 65421: '\r' };
const [CONTROL, ALT, DELETE] = [[0xffe3, 0xffe4], [0xffe9, 0xffea], [0xffff]];

interface Row {
  text: string;
  bar?: boolean;
}

/** The screen of a virtual server: what it is doing, in words, and a prompt that answers what `MachineConsole` does. */
export class MachineScreen implements Screen, Picture {
  readonly name: string;
  readonly width = COLUMNS * CELL.width;
  readonly height = ROWS * CELL.height;
  readonly #machine: Machine;
  readonly #console: MachineConsole;
  readonly #terminal = new TextTerminal(COLUMNS, ROWS - HEAD_ROWS - 1);
  readonly #listeners = new Set<() => void>();
  readonly #held = new Set<number>();
  /** Ends watching, while nobody looks. */
  #watching: AbortController | null = null;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.name = machine.identity.name;
    this.#console = new MachineConsole(machine);
  }

  open(): Duplex {
    return new RfbViewer(this);
  }

  key(keysym: number, pressed: boolean): void {
    if (pressed) this.#held.add(keysym);
    else this.#held.delete(keysym);
    if (!pressed || this.#machine.power === 'off') return;
    if ([CONTROL, ALT, DELETE].every((keys) => keys?.some((key) => this.#held.has(key)))) {
      this.#held.clear();
      this.#machine.command('reset');
    }
    const typed = TYPED[keysym] ?? (keysym >= 0x20 && keysym < 0x7f ? String.fromCharCode(keysym) : '');
    if (typed !== '') this.#console.write(Buffer.from(typed, 'latin1'));
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#watching === null) {
      const watching = new AbortController();
      this.#watching = watching;
      const deaf = this.#console.onData((bytes) => {
        this.#terminal.print(Buffer.from(bytes).toString('latin1'));
        this.#tell();
      });
      watching.signal.addEventListener('abort', deaf);
      void this.#watch(watching.signal);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#watching?.abort();
      this.#watching = null;
    };
  }

  bands(): readonly Band[] {
    const rows = this.#rows();
    return Array.from({ length: ROWS }, (_, at): Band => {
      const row = rows[at] ?? { text: '' };
      return {
        y: at * CELL.height,
        height: CELL.height,
        shows: JSON.stringify(row),
        pixels: () => draw(row),
      };
    });
  }

  async #watch(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        const seen = this.#facts();
        await this.#machine.until(() => this.#facts() !== seen, signal);
        this.#tell();
      }
    } catch {
      // Nobody looks any more.
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #facts(): string {
    return JSON.stringify(this.#head());
  }

  #rows(): readonly Row[] {
    if (this.#machine.power === 'off')
      return [
        ...Array<Row>(ROWS / 2 - 1).fill({ text: '' }),
        { text: middle('No signal: the server is off.') },
      ];
    const { lines } = this.#terminal;
    return [
      ...this.#head(),
      ...lines.map((text, at) => ({ text: at === lines.length - 1 ? `${text}_` : text })),
    ];
  }

  #head(): readonly Row[] {
    const { identity, boot_override, medium, disks, power } = this.#machine;
    const { name, manufacturer, product_name, serial } = identity;
    const next =
      boot_override === null
        ? 'as in its firmware'
        : `${boot_override.device}, ${boot_override.persistent ? 'always' : 'once'}`;
    return [
      { text: ` ${name}   ${manufacturer} ${product_name}   serial number ${serial}`, bar: true },
      { text: '' },
      { text: `  Power      ${power}, ${this.#doing()}` },
      { text: `  Next boot  ${next}` },
      {
        text: `  CD drive   ${medium === null ? 'empty' : medium.split('?')[0]?.split('/').at(-1)}`,
      },
      { text: `  Disks      ${disks.map(({ facts }) => `${facts.name} ${facts.model}`).join(', ')}` },
      { text: '-'.repeat(COLUMNS) },
      { text: '' },
    ];
  }

  #doing(): string {
    const { running } = this.#machine;
    if (running.what === 'os') return `runs the system on its disk (sha256 ${running.sha256.slice(0, 12)})`;
    if (running.what === 'iso') return 'runs what the CD boots';
    if (running.what === 'no bootable device') return `nothing to boot: ${running.why}`;
    return `runs: ${running.what}`;
  }
}

function middle(text: string): string {
  return ' '.repeat((COLUMNS - text.length) / 2) + text;
}

function draw({ text, bar = false }: Row): Uint32Array {
  const width = COLUMNS * CELL.width;
  const pixels = new Uint32Array(width * CELL.height).fill(bar ? COLOURS.bar : COLOURS.ground);
  const colour = bar ? COLOURS.bar_text : COLOURS.text;
  for (const [at, character] of [...text.slice(0, COLUMNS)].entries())
    for (let x = 0; x < GLYPH.width; x += 1)
      for (let y = 0; y < GLYPH.height; y += 1)
        if (isLit(character, x, y)) dot(pixels, width, at * CELL.width + x * DOT, (y + 1) * DOT - 1, colour);
  return pixels;
}

function dot(pixels: Uint32Array, width: number, x: number, y: number, colour: number): void {
  for (let line = y; line < y + DOT; line += 1) pixels.fill(colour, line * width + x, line * width + x + DOT);
}
