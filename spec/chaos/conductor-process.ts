import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromConductor, StartOrder, ToConductor } from './protocol.ts';

/** Bytes of a conductor's log that are kept: the last ones. */
const LOG_LIMIT = 64 * 1024;
const START_TIMEOUT_MS = 60_000;

/** A conductor in a process of its own. */
export interface ConductorProcess {
  readonly hostname: string;
  readonly ready: Promise<void>;
  readonly running: boolean;
  send(message: ToConductor): void;
  /** How many jobs it runs now. */
  jobs(): Promise<number>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** SIGKILL. Resolves when the process is gone. */
  kill(): Promise<void>;
  log(): string;
}

export function startConductorProcess(
  order: StartOrder,
  onMessage: (from: ConductorProcess, message: FromConductor) => void,
): ConductorProcess {
  const child = fork(fileURLToPath(new URL('./conductor.js', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: ['--enable-source-maps'],
  });
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    log = (log + chunk).slice(-LOG_LIMIT);
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const counts: ((jobs: number) => void)[] = [];
  let running = true;
  void exited.then(() => {
    running = false;
    process.off('exit', end);
  });
  function end(): void {
    child.kill('SIGKILL');
  }
  process.on('exit', end);

  const ready = new Promise<void>((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new Error(`${order.hostname} did not start:\n${log}`)),
      START_TIMEOUT_MS,
    );
    void exited.then(() => {
      clearTimeout(limit);
      reject(new Error(`${order.hostname} ended:\n${log}`));
    });
    child.on('message', (message: FromConductor) => {
      if (message.type === 'ready') {
        clearTimeout(limit);
        resolve();
      } else if (message.type === 'running') counts.shift()?.(message.jobs);
      else onMessage(self, message);
    });
  });
  // Whoever kills it while it starts does not wait for it.
  ready.catch(() => {});
  const self: ConductorProcess = {
    hostname: order.hostname,
    ready,
    get running() {
      return running;
    },
    send: (message) => {
      // A process that was just killed takes no message.
      if (child.connected) child.send(message, () => {});
    },
    jobs: () =>
      new Promise((resolve) => {
        counts.push(resolve);
        self.send({ type: 'count' });
      }),
    signal: (signal) => void child.kill(signal),
    kill: async () => {
      end();
      await exited;
    },
    log: () => log,
  };
  self.send(order);
  return self;
}
