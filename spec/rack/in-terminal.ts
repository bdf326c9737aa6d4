import { type ChildProcess, spawn } from 'node:child_process';
import { expect } from 'chai';
import { eventually } from '../services/eventually.ts';

export interface Terminal extends AsyncDisposable {
  seen(): string;
  type(text: string): void;
  /** Its program has ended. */
  readonly ended: Promise<void>;
}

/** Runs a program that wants a terminal: script(1) gives it one. Resolves when it prints `ready`. */
export async function inTerminal(
  command: readonly string[],
  env: Record<string, string>,
  ready: RegExp,
): Promise<Terminal> {
  // script(1) takes a shell's line: none of the words has a blank or a quote.
  const child: ChildProcess = spawn('script', ['-qec', command.join(' '), '/dev/null'], {
    env: { PATH: process.env.PATH, LC_ALL: 'C', TERM: 'dumb', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let seen = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    seen += text;
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve());
  });
  const terminal: Terminal = {
    seen: () => seen,
    type: (text) => child.stdin?.write(text),
    ended,
    [Symbol.asyncDispose]: async () => {
      // Its child is told by the terminal's end.
      child.kill('SIGKILL');
      await ended;
    },
  };
  try {
    const early = ended.then(() => Promise.reject(new Error(`It ended: ${seen}`)));
    await Promise.race([eventually(() => expect(seen).to.match(ready)), early]);
    return terminal;
  } catch (error) {
    await terminal[Symbol.asyncDispose]();
    throw error;
  }
}
