import { fileURLToPath } from 'node:url';
import { type Child, type ChildOptions, run, startChild } from '../services/process.ts';

/** The command as users have it, with the flags of its first line: the built one that belongs to these specs. */
export const PROGRAM = fileURLToPath(new URL('../../../bin/kurogane.mjs', import.meta.url));

export interface KuroganeRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `kurogane` to its end, with only the variables given. */
export async function kurogane(
  args: readonly string[],
  options: { env?: Readonly<Record<string, string>>; input?: string; timeout_ms?: number } = {},
): Promise<KuroganeRun> {
  return await run({
    command: PROGRAM,
    args,
    env: environment(options.env),
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.timeout_ms === undefined ? {} : { timeout_ms: options.timeout_ms }),
  });
}

/** Starts a service of `kurogane` and waits for its readiness line; resolves with the URL in it, if any. */
export async function startKurogane(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  options: Pick<ChildOptions, 'stderr_file'> = {},
): Promise<{ child: Child; url: string }> {
  const child = await startChild({
    command: PROGRAM,
    args,
    env: environment(env),
    ...options,
  });
  try {
    const [, url = ''] = await child.waitForOutput(/^kurogane \w+ ready(?: on (\S+))?/m, 60_000);
    return { child, url };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

function environment(env: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...env };
}
