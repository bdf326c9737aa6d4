import type { SerialLine } from '../../drivers/ipmi/managed/sol-port.ts';

/** A server's serial port held by a test: it prints what it is told, and echoes what is typed when `echo` is set. */
export class TestSerialLine implements SerialLine {
  typed = '';
  echo = false;
  readonly #listeners = new Set<(bytes: Uint8Array) => void>();

  write(bytes: Uint8Array): void {
    this.typed += Buffer.from(bytes).toString('latin1');
    if (this.echo) this.print(bytes);
  }

  onData(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  print(text: string | Uint8Array): void {
    const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
    for (const listener of this.#listeners) listener(bytes);
  }
}
