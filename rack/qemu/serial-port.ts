import type { Socket } from 'node:net';
import { type Listening, listen } from './sockets.ts';

/** The serial port of a machine in QEMU, which outlives the times that it is powered on. */
export class SerialPort implements AsyncDisposable {
  readonly #listeners = new Set<(bytes: Uint8Array) => void>();
  #listening: Listening | null = null;
  #socket: Socket | null = null;

  private constructor() {}

  static async start(path: string): Promise<SerialPort> {
    const port = new SerialPort();
    port.#listening = await listen({ path }, (socket) => {
      port.#socket = socket;
      socket.on('data', (bytes: Buffer) => {
        for (const listener of port.#listeners) listener(bytes);
      });
    });
    return port;
  }

  /** Types into it; what is typed into a machine that is off is lost. */
  write(bytes: Uint8Array): void {
    this.#socket?.write(bytes);
  }

  /** Calls the listener with what the machine prints, until the returned function is called. */
  onData(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening?.[Symbol.asyncDispose]();
  }
}
