import type { Command } from 'commander';
import { CommandFailure } from '../cli/exit-codes.ts';
import { lastWords } from './run-until-signal.ts';

/** Runs a program to its end; what went wrong is told on standard error, and by the exit code. */
export async function runProgram(program: Command): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    const words = lastWords(error);
    if (words !== '') process.stderr.write(`kurogane: ${words}\n`);
    process.exitCode = error instanceof CommandFailure ? error.code : 1;
  }
}
