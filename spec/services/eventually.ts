import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 10;

/**
 * Waits until `check` no longer throws and resolves with what it returns: for outcomes that nothing announces. Rejects with
 * the last failure after `within_ms`, which is a bound against hanging and no expectation about speed.
 */
export async function eventually<T>(check: () => T | Promise<T>, within_ms = 30_000): Promise<T> {
  const deadline = performance.now() + within_ms;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(LOOK_EVERY_MS);
    }
  }
}
