import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/** Bytes of output kept of a child: the last ones. */
const OUTPUT_LIMIT = 256 * 1024;

export interface ChildOptions {
  command: string;
  args?: readonly string[];
  cwd?: string;
  /** The child's whole environment. Default: that of this process. */
  env?: NodeJS.ProcessEnv;
  /** True: does not keep this process alive; killed when this process exits. */
  background?: boolean;
  /** File that standard error goes to, instead of into the output: for a child that writes much. */
  stderr_file?: string;
  /** Hears all output as it comes. */
  onOutput?: (chunk: string) => void;
}

export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A child in a process group of its own. Disposing of it stops it. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  readonly running: boolean;
  /** Resolves when the child has ended and its output was read. Never rejects. */
  readonly exited: Promise<ChildExit>;
  /** Standard output and error, mixed as they came; the last 256 KiB. */
  output(): string;
  /** Resolves with the match once the output contains `pattern`; rejects when the child ends first, or at the deadline. */
  waitForOutput(pattern: RegExp, timeout_ms?: number): Promise<RegExpMatchArray>;
  /** SIGTERM to the child, SIGKILL to its group after `grace_ms`. Resolves when it is gone; at once when it is gone already. */
  stop(grace_ms?: number): Promise<ChildExit>;
  /** SIGKILL to the group: a crash. */
  kill(): Promise<ChildExit>;
}

/** Starts a program. @throws when it cannot be started at all. */
export async function startChild(options: ChildOptions): Promise<Child> {
  await using stderr_file =
    options.stderr_file === undefined ? null : await open(options.stderr_file, 'a', 0o600);
  const child = spawn(options.command, [...(options.args ?? [])], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: options.env ?? process.env,
    detached: true,
    stdio: ['ignore', 'pipe', stderr_file?.fd ?? 'pipe'],
  });
  await started(child);
  const pid = pidOf(child);

  let output = '';
  const watchers = new Set<() => void>();
  // Without the pipe there is no stream for it.
  const streams = [child.stdout, child.stderr].filter((stream): stream is Readable => stream !== null);
  for (const stream of streams) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output = (output + chunk).slice(-OUTPUT_LIMIT);
      options.onOutput?.(chunk);
      for (const watch of watchers) watch();
    });
  }

  let running = true;
  const exited = new Promise<ChildExit>((resolve) => {
    child.once('exit', () => {
      running = false;
      // Grandchildren go with it: they would hold its output open.
      killGroup();
    });
    child.once('close', (code, signal) => {
      process.off('exit', killGroup);
      resolve({ code, signal });
    });
  });

  const killGroup = (): void => signalProcess(-pid, 'SIGKILL');
  process.on('exit', killGroup);
  if (options.background === true) {
    child.unref();
    for (const stream of streams) (stream as Socket).unref();
  }

  async function end(signal: NodeJS.Signals, grace_ms: number): Promise<ChildExit> {
    if (signal === 'SIGKILL') killGroup();
    else signalProcess(pid, signal);
    const timer = setTimeout(killGroup, grace_ms);
    const exit = await exited;
    clearTimeout(timer);
    return exit;
  }

  const stop = (grace_ms = 10_000): Promise<ChildExit> => (running ? end('SIGTERM', grace_ms) : exited);
  return {
    pid,
    get running() {
      return running;
    },
    exited,
    output: () => output,
    waitForOutput(pattern, timeout_ms = 30_000) {
      return new Promise((resolve, reject) => {
        function settle(finish: () => void): void {
          clearTimeout(timer);
          watchers.delete(look);
          finish();
        }
        function fail(why: string): void {
          settle(() =>
            reject(new Error(`${options.command} ${why} without ${pattern}. Its output:\n${output}`)),
          );
        }
        function look(): void {
          const match = output.match(pattern);
          if (match !== null) settle(() => resolve(match));
        }
        const timer = setTimeout(() => fail(`ran for ${timeout_ms} ms`), timeout_ms);
        watchers.add(look);
        void exited.then(() => watchers.has(look) && fail('ended'));
        look();
      });
    },
    stop,
    kill: () => (running ? end('SIGKILL', 1000) : exited),
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

export interface RunOptions extends ChildOptions {
  /** Killed after this. Default 60 000. */
  timeout_ms?: number;
  /** Written to standard input, which is closed then. */
  input?: string;
}

export interface RunResult extends ChildExit {
  stdout: string;
  stderr: string;
}

/** Runs a program to its end. Rejects when it cannot be started or outlives the deadline; an exit code is a result. */
export async function run(options: RunOptions): Promise<RunResult> {
  const timeout_ms = options.timeout_ms ?? 60_000;
  const child = spawn(options.command, [...(options.args ?? [])], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: options.env ?? process.env,
    timeout: timeout_ms,
    killSignal: 'SIGKILL',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const closed = new Promise<ChildExit>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  );
  await started(child);
  // A program may end without reading its input.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const exit = await closed;
  if (exit.signal === 'SIGKILL')
    throw new Error(
      `${options.command} was killed (limit ${timeout_ms} ms). Its output:\n${stdout}${stderr}`,
    );
  return { ...exit, stdout, stderr };
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('A process that started has no id.');
  return child.pid;
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone.
  }
}

function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}
