import { StartError } from './start-error.ts';

/** What a process is given to end by itself after SIGTERM or SIGINT, beyond what it is set to wait for. */
export const END_MS = 12_000;

/**
 * Starts a service and keeps it until SIGTERM or SIGINT. Then work in hand gets `limit_ms` to finish; a second
 * signal ends the process at once. Resolves when all has ended.
 *
 * @param limit_ms longest time from the signal to the end of the process.
 * @param ready called once the service takes requests.
 */
export async function runUntilSignal<T extends AsyncDisposable>(
  limit_ms: number,
  start: () => Promise<T>,
  ready: (service: T) => void,
): Promise<void> {
  let overdue: NodeJS.Timeout | undefined;
  const signal = nextSignal().then(() => {
    process.once('SIGTERM', exitNow);
    process.once('SIGINT', exitNow);
    overdue = setTimeout(() => {
      process.stderr.write('kurogane: work in hand did not end in time; other conductors take it over.\n');
      process.exit(1);
    }, limit_ms);
  });
  try {
    // A signal during the start waits for it: what has been started is ended like the rest.
    const service = await start();
    ready(service);
    await signal;
    await service[Symbol.asyncDispose]();
  } finally {
    clearTimeout(overdue);
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.removeAllListeners(name);
  }
}

function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.off('SIGTERM', stop);
      process.off('SIGINT', stop);
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}

function exitNow(): never {
  process.exit(130);
}

/** The words for an error that ends the program: a known one by its message, an unknown one with its stack. */
export function lastWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const expected = error instanceof StartError || EXPECTED.has(error.name);
  return expected ? error.message : (error.stack ?? error.message);
}

const EXPECTED: ReadonlySet<string> = new Set([
  'SettingsError',
  'ServiceError',
  'UsersFileError',
  'CommandFailure',
]);
