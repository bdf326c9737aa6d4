import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import type { WriteStream } from 'node:tty';
import { EXIT_CODES } from '../cli/exit-codes.ts';
import type { Outside, ScreenSize } from '../cli/outside.ts';
import { systemClock } from '../config/system-clock.ts';
import { openFile } from './open-file.ts';

/** What a client's commands have in this process: its streams, its terminal and its signals. */
export function clientOutside(): Outside {
  let written = false;
  return {
    env: process.env,
    clock: systemClock,
    out: (words) => {
      // Of a reader that went away, as head does, nobody has to be told.
      if (!written) process.stdout.on('error', endOfReader);
      written = true;
      process.stdout.write(words);
    },
    err: (words) => void process.stderr.write(words),
    openFile,
    terminal: () => ({ input: process.stdin, write: (bytes) => process.stdout.write(bytes) }),
    readFile: async (path) => (path === '-' ? await text(process.stdin) : await readFile(path, 'utf8')),
    out_size: () => sizeOf(process.stdout),
    err_size: () => sizeOf(process.stderr),
    ask: process.stdin.isTTY && process.stderr.isTTY ? ask : null,
    interruptible,
  };
}

function endOfReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT_CODES.cut_off.code);
}

/** Some terminals do not say how large they are. */
function sizeOf({ isTTY, columns, rows }: WriteStream): ScreenSize | null {
  return isTTY ? { columns: columns || 80, rows: rows || 24 } : null;
}

/** One line of a person; empty when there is none, as after Ctrl-D. */
async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise<string>((resolve) => {
      lines.once('close', () => resolve(''));
      lines.once('SIGINT', () => {
        process.stderr.write('\n');
        process.exit(EXIT_CODES.interrupted.code);
      });
      // Ctrl-D is an error to it.
      lines.question(question).then(resolve, () => resolve(''));
    });
  } finally {
    lines.close();
  }
}

async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  // A second one ends the process.
  process.once('SIGINT', stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', stop);
  }
}
