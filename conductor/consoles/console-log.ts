import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Of one file; there are two of a server, this one and the one before. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;
/** Printed and not written yet: what a disk that hangs may cost. */
const MAX_UNWRITTEN = 1024 * 1024;

/** What a server printed, in `<uuid>.log` and, before that, `<uuid>.log.1`. Nobody waits for it; what fails is told once. */
export class ConsoleLog {
  readonly #directory: string;
  readonly #file: string;
  readonly #onError: (error: unknown) => void;
  #unwritten: Uint8Array[] = [];
  #unwritten_bytes = 0;
  #writing: Promise<void> | null = null;
  #failed = false;

  constructor(directory: string, node_uuid: string, onError: (error: unknown) => void) {
    this.#directory = directory;
    this.#file = join(directory, `${node_uuid}.log`);
    this.#onError = onError;
  }

  add(bytes: Uint8Array): void {
    if (this.#unwritten_bytes + bytes.length > MAX_UNWRITTEN) return;
    this.#unwritten.push(bytes);
    this.#unwritten_bytes += bytes.length;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
  }

  /** Resolves when everything is written. */
  async close(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o750 });
      while (this.#unwritten.length > 0) {
        const bytes = Buffer.concat(this.#unwritten);
        this.#unwritten = [];
        this.#unwritten_bytes = 0;
        const size = await stat(this.#file).then(
          (found) => found.size,
          () => 0,
        );
        if (size + bytes.length > MAX_FILE_BYTES && size > 0) await rename(this.#file, `${this.#file}.1`);
        await appendFile(this.#file, bytes, { mode: 0o640 });
      }
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) this.#onError(error);
      this.#failed = true;
    }
  }
}
