import { readFileSync, type Stats, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { Logger } from '../../../config/logger.ts';
import type { Clock } from '../../../lifecycle/clock.ts';

/** The parsed content of a file or folder that may change while the process runs. */
export interface Watched<T> {
  /** The newest content that could be read and parsed. */
  current(): Promise<T>;
}

/** What a file or folder held at one time. */
export interface Look<T> {
  /** Differs when the content may differ. */
  fingerprint: string;
  /** Reads and parses it. Throws with a message that is safe to log. */
  read: () => Promise<T>;
}

const LOOK_INTERVAL_MS = 1000;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Keeps what was read of `path`, and reads it again when it has changed; looks at most once a second, when asked. A change
 * that is unreadable or wrong is logged and the former content stays in force.
 * @param first what it holds now.
 */
export function watch<T>(options: {
  path: string;
  first: { fingerprint: string; content: T };
  look: () => Promise<Look<T>>;
  clock: Clock;
  log: Logger;
}): Watched<T> {
  const { path, look, clock, log } = options;
  let { fingerprint: seen, content } = options.first;
  let looked_at = clock.monotonic();
  let looking: Promise<void> | null = null;

  async function lookAgain(): Promise<void> {
    try {
      const { fingerprint, read } = await look();
      if (fingerprint === seen) return;
      seen = fingerprint;
      content = await read();
      log.info({ path }, 'it changed and was read again');
    } catch (error) {
      log.error({ path, err: error }, 'it changed but cannot be used; the former content stays in force');
    }
  }

  return {
    async current() {
      if (looking === null && clock.monotonic() - looked_at >= LOOK_INTERVAL_MS) {
        looked_at = clock.monotonic();
        looking = lookAgain().finally(() => {
          looking = null;
        });
      }
      if (looking !== null) await looking;
      return content;
    },
  };
}

/**
 * Reads and parses the file `path` now, and again when it has changed: see `watch`.
 * @param parse throws with a message that is safe to log.
 * @throws what reading or parsing throws the first time.
 */
export function watchFile<T>(options: {
  path: string;
  parse: (text: string) => T;
  clock: Clock;
  log: Logger;
}): Watched<T> {
  const { path, parse } = options;
  return watch({
    ...options,
    first: { fingerprint: fingerprintOf(statSync(path)), content: parse(readFileSync(path, 'utf8')) },
    look: async () => {
      const facts = await stat(path);
      return {
        fingerprint: fingerprintOf(facts),
        read: async () => {
          if (facts.size > MAX_BYTES) throw new Error(`It is larger than ${MAX_BYTES} bytes.`);
          return parse(await readFile(path, 'utf8'));
        },
      };
    },
  });
}

/** Differs when a file was written or replaced. */
export function fingerprintOf(facts: Pick<Stats, 'mtimeMs' | 'size' | 'ino'>): string {
  return `${facts.mtimeMs}:${facts.size}:${facts.ino}`;
}
