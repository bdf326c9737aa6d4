import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { Logger } from '../../../config/logger.ts';
import type { Clock } from '../../../lifecycle/clock.ts';

/** The parsed content of a file that may change while the process runs. */
export interface WatchedFile<T> {
  /** The newest content that could be read and parsed. */
  current(): Promise<T>;
}

const LOOK_INTERVAL_MS = 1000;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Reads and parses `path` now, and again when it has changed; it looks at most once a second, when asked. A changed file
 * that is unreadable or wrong is logged and the former content stays in force.
 * @param parse throws with a message that is safe to log.
 * @throws what reading or parsing throws the first time.
 */
export function watchFile<T>(options: {
  path: string;
  parse: (text: string) => T;
  clock: Clock;
  log: Logger;
}): WatchedFile<T> {
  const { path, parse, clock, log } = options;
  let seen = fingerprint(statSync(path));
  let content = parse(readFileSync(path, 'utf8'));
  let looked_at = clock.monotonic();
  let looking: Promise<void> | null = null;

  async function look(): Promise<void> {
    try {
      const facts = await stat(path);
      const found = fingerprint(facts);
      if (found === seen) return;
      seen = found;
      if (facts.size > MAX_BYTES) throw new Error(`It is larger than ${MAX_BYTES} bytes.`);
      content = parse(await readFile(path, 'utf8'));
      log.info({ path }, 'file changed and was read again');
    } catch (error) {
      log.error({ path, err: error }, 'file changed but cannot be used; the former content stays in force');
    }
  }

  return {
    async current() {
      if (looking === null && clock.monotonic() - looked_at >= LOOK_INTERVAL_MS) {
        looked_at = clock.monotonic();
        looking = look().finally(() => {
          looking = null;
        });
      }
      if (looking !== null) await looking;
      return content;
    },
  };
}

function fingerprint(facts: { mtimeMs: number; size: number; ino: number }): string {
  return `${facts.mtimeMs}:${facts.size}:${facts.ino}`;
}
