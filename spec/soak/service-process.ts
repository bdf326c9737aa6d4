import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FromService, ProcessSample, StartOrder, ToService } from './protocol.ts';

const START_TIMEOUT_MS = 120_000;
/** Bytes of its log that are kept: the last ones. */
const LOG_LIMIT = 64 * 1024;

export interface ServiceProcess {
  /** Of its API; null: it serves none. */
  readonly url: string | null;
  sample(): Promise<ProcessSample>;
  /** SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>;
  log(): string;
}

export async function startServiceProcess(order: StartOrder): Promise<ServiceProcess> {
  const child = fork(fileURLToPath(new URL('./service.js', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // What is garbage must not look like a leak; nor must source maps, which Node reads when an error first names a file.
    execArgv: ['--expose-gc'],
  });
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    log = (log + chunk).slice(-LOG_LIMIT);
  });
  const end = (): void => void child.kill('SIGKILL');
  process.on('exit', end);
  const closed = once(child, 'close').then(() => process.off('exit', end));

  async function answer<T extends FromService['type']>(
    asked: ToService,
    type: T,
  ): Promise<Extract<FromService, { type: T }>> {
    const waiting = new AbortController();
    const signal = AbortSignal.any([waiting.signal, AbortSignal.timeout(START_TIMEOUT_MS)]);
    child.send(asked, () => {});
    try {
      const gone = closed.then(() => {
        throw new Error(`${order.hostname} ended:\n${log}`);
      });
      for (;;) {
        const [message] = (await Promise.race([once(child, 'message', { signal }), gone])) as [FromService];
        if (message.type === type) return message as Extract<FromService, { type: T }>;
      }
    } finally {
      waiting.abort();
    }
  }

  const { url } = await answer({ type: 'start', order }, 'ready');
  return {
    url,
    sample: async () => (await answer({ type: 'sample' }, 'sample')).sample,
    kill: async () => {
      end();
      await closed;
    },
    log: () => log,
  };
}
