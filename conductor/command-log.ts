import type { BmcCommand } from '../lifecycle/job.ts';
import type { EpochMs } from '../lifecycle/records.ts';
import { redactUrls } from '../lifecycle/redact-urls.ts';

/** Commands kept of one visit: the first ones and the last ones tell most. */
const KEPT = 50;
const LONGEST_ANSWER = 500;

/** What was asked of a BMC during one visit of a step, bounded: polls that get the same answer count as one. */
export class CommandLog {
  #said: BmcCommand[] = [];
  readonly #now: () => EpochMs;

  constructor(now: () => EpochMs) {
    this.#now = now;
  }

  add(command: string, answer: string, took_ms: number): void {
    const text = redactUrls(answer).slice(0, LONGEST_ANSWER);
    const duration_ms = Math.round(took_ms);
    const last = this.#said.at(-1);
    if (last?.command === command && last.answer === text) {
      last.times++;
      last.duration_ms += duration_ms;
      return;
    }
    if (this.#said.length === KEPT) this.#said.splice(KEPT / 2, 1);
    this.#said.push({ command, answer: text, at: this.#now() - duration_ms, times: 1, duration_ms });
  }

  /** null: nothing was asked. */
  said(): BmcCommand[] | null {
    return this.#said.length === 0 ? null : [...this.#said];
  }

  clear(): void {
    this.#said = [];
  }
}
