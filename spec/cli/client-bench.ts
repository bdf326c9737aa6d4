import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { Command } from 'commander';
import { openFile } from '../../bin/open-file.ts';
import { addClientCommands } from '../../cli/add-commands.ts';
import { CommandFailure } from '../../cli/exit-codes.ts';
import { systemClock } from '../../config/system-clock.ts';

export interface ClientRun {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a client command in this process, with only the variables given. */
export async function runClient(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input: Iterable<Buffer> | AsyncIterable<Buffer> = [],
): Promise<ClientRun> {
  const run: ClientRun = { code: 0, stdout: '', stderr: '' };
  const out = (text: string): void => {
    run.stdout += text;
  };
  const err = (text: string): void => {
    run.stderr += text;
  };
  const program = new Command('kurogane').exitOverride().configureOutput({ writeOut: out, writeErr: err });
  addClientCommands(program, {
    ...{ env, clock: systemClock, out, err },
    openFile,
    terminal: () => ({
      input: Readable.from(input),
      write: (bytes) => out(Buffer.from(bytes).toString()),
    }),
    readFile: async (path) => await readFile(path, 'utf8'),
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    run.code = error.code;
    run.stderr += error.message;
  }
  return run;
}
