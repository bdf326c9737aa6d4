import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/** What a program took: seconds by the clock on the wall, and of CPU, its own children included. */
export interface Cost {
  wall_s: number;
  cpu_s: number;
  stdout: string;
}

/** Of Linux, for every program: sysconf(_SC_CLK_TCK). */
const TICKS_PER_S = 100;

/** Runs a program to its end. @throws when it cannot be started; a bad exit code is the caller's to judge by the output */
export async function costOf(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input = '',
): Promise<Cost> {
  const cpu_before_s = childrenCpu_s();
  const start_ms = performance.now();
  const child = spawn(command, [...args], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  const wall_s = (performance.now() - start_ms) / 1000;
  return { wall_s, cpu_s: childrenCpu_s() - cpu_before_s, stdout };
}

/** CPU of all children that have ended, and of theirs: fields 16 and 17 of proc(5) stat. */
function childrenCpu_s(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_S;
}
