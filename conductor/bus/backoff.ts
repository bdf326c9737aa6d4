const FIRST_MS = 100;
const LONGEST_MS = 10_000;

/**
 * Milliseconds to wait before attempt `attempt` + 1: doubled each time from 100 ms up to 10 s, less up to half of it by
 * `random` (0 to 1), so that many processes do not come back at once.
 */
export function backoff_ms(attempt: number, random: number = Math.random()): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt) * (1 - random / 2);
}
