import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { Command } from 'commander';
import { openFile } from '../../bin/open-file.ts';
import { addClientCommands } from '../../cli/add-commands.ts';
import { CommandFailure } from '../../cli/exit-codes.ts';
import type { Outside, ScreenSize } from '../../cli/outside.ts';
import { systemClock } from '../../config/system-clock.ts';

export interface ClientRun {
  code: number;
  stdout: string;
  stderr: string;
}

export interface ClientBench {
  /** What is typed into a console. */
  input?: Iterable<Buffer> | AsyncIterable<Buffer>;
  /** Text of standard input. */
  stdin?: string;
  /** Terminal that standard output and standard error are. */
  screen?: ScreenSize;
  /** What a person types when asked. */
  answers?: readonly string[];
  /** Ctrl-C. */
  signal?: AbortSignal;
  /** Sees standard error as it comes. */
  seen?: (text: string) => void;
}

/** Runs a client command in this process, with only the variables given. */
export async function runClient(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { input = [], stdin = '', screen, answers, signal, seen = () => {} }: ClientBench = {},
): Promise<ClientRun> {
  const run: ClientRun = { code: 0, stdout: '', stderr: '' };
  const out = (text: string): void => {
    run.stdout += text;
  };
  const err = (text: string): void => {
    run.stderr += text;
    seen(text);
  };
  const typed = [...(answers ?? [])];
  const outside: Outside = {
    ...{ env, clock: systemClock, out, err, openFile, time_zone: 'Asia/Tokyo' },
    terminal: () => ({
      input: Readable.from(input),
      write: (bytes) => out(Buffer.from(bytes).toString()),
    }),
    readFile: async (path) => (path === '-' ? stdin : await readFile(path, 'utf8')),
    out_size: () => screen ?? null,
    err_size: () => screen ?? null,
    ask:
      answers === undefined
        ? null
        : async (question) => {
            err(question);
            return typed.shift() ?? '';
          },
    interruptible: (work) => work(signal ?? new AbortController().signal),
  };
  const program = new Command('kurogane').exitOverride().configureOutput({ writeOut: out, writeErr: err });
  addClientCommands(program, outside);
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    run.code = error.code;
    run.stderr += error.message;
  }
  return run;
}
