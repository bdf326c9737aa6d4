import type { SerialLine } from '../drivers/ipmi/managed/sol-port.ts';
import type { Machine } from './machine.ts';

const LONGEST_LINE = 200;
const GREETING_MS = 100;
const [BACKSPACE, DELETE] = ['\b', '\x7f'];

/** What is wired to the serial port of a virtual server: it prints what the server does, and answers a few words. */
export class MachineConsole implements SerialLine {
  /** Breaks that came. */
  breaks = 0;
  readonly #machine: Machine;
  readonly #listeners = new Set<(bytes: Uint8Array) => void>();
  #line = '';
  /** Ends telling, while nobody listens. */
  #telling: AbortController | null = null;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  onData(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    if (this.#telling === null) {
      const telling = new AbortController();
      this.#telling = telling;
      void this.#tell(telling.signal);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#telling?.abort();
      this.#telling = null;
    };
  }

  write(bytes: Uint8Array): void {
    for (const character of Buffer.from(bytes).toString('latin1')) this.#type(character);
  }

  sendBreak(): void {
    this.breaks += 1;
    this.#print('\r\n*** break\r\n');
    this.#prompt();
  }

  #type(character: string): void {
    if (character === '\r' || character === '\n') {
      this.#print('\r\n');
      const answer = this.#answer(this.#line.trim());
      if (answer !== '') this.#print(`${answer}\r\n`);
      this.#prompt();
    } else if (character === BACKSPACE || character === DELETE) {
      if (this.#line === '') return;
      this.#line = this.#line.slice(0, -1);
      this.#print('\b \b');
    } else if (character >= ' ' && this.#line.length < LONGEST_LINE) {
      this.#line += character;
      this.#print(character);
    }
  }

  #answer(word: string): string {
    const { identity, power, disks } = this.#machine;
    const answers: Readonly<Record<string, string>> = {
      '': '',
      help: 'help, power, what, who, disks',
      power: `The power is ${power}.`,
      what: `${this.#doing()}.`,
      who: `${identity.name}, ${identity.manufacturer} ${identity.product_name}, serial number ${identity.serial}`,
      disks: disks.map(({ facts }) => `${facts.name} ${facts.model} ${facts.serial}`).join('\r\n'),
    };
    return Object.hasOwn(answers, word) ? (answers[word] ?? '') : `${word}: not known here; type "help"`;
  }

  #doing(): string {
    return this.#machine.power === 'off' ? 'switched off' : `running ${this.#machine.running.what}`;
  }

  async #tell(signal: AbortSignal): Promise<void> {
    try {
      // Who came to listen is not ready at once.
      await this.#machine.clock.sleep(GREETING_MS, signal);
      this.#print(`\r\n${this.#machine.identity.name}: ${this.#doing()}. Type "help".\r\n`);
      for (;;) {
        this.#prompt();
        const seen = this.#doing();
        await this.#machine.until(() => this.#doing() !== seen, signal);
        this.#print(`\r\x1b[K\x1b[33m${this.#machine.identity.name}: ${this.#doing()}\x1b[0m\r\n`);
      }
    } catch {
      // Nobody listens any more.
    }
  }

  #prompt(): void {
    this.#line = '';
    this.#print('\x1b[32m#\x1b[0m ');
  }

  #print(text: string): void {
    for (const listener of this.#listeners) listener(Buffer.from(text, 'latin1'));
  }
}
