import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../bin/kurogane.mjs', import.meta.url));

/** What the installed command's first line gives to a conductor. docs/decisions/0121-flags-of-the-command.md */
export interface ConductorFlags {
  /** For the C library. */
  env: Record<string, string>;
  /** Of Node. */
  exec_argv: string[];
}

/** @throws Error when the first line is not `#!/usr/bin/env -S NAME=VALUE… node --FLAG…` */
export function conductorFlags(text = readFileSync(COMMAND, 'utf8')): ConductorFlags {
  const [, variables, flags] = /^#!\/usr\/bin\/env -S ((?:\w+=\S* )*)node((?: --\S+)*)$/m.exec(text) ?? [];
  if (variables === undefined || flags === undefined)
    throw new Error('The first line of bin/kurogane.mjs tells no flags of Node.');
  const words = (line: string) => line.split(' ').filter((word) => word !== '');
  return {
    env: Object.fromEntries(words(variables).map((word) => word.split('=', 2) as [string, string])),
    exec_argv: words(flags),
  };
}

/** Starts a module of this folder as a conductor is started. */
export function forkAsConductor(module: string, args: readonly string[]): ChildProcess {
  const { env, exec_argv } = conductorFlags();
  const file = fileURLToPath(new URL(module, import.meta.url));
  return fork(file, args, { env: { ...process.env, ...env }, execArgv: exec_argv });
}
