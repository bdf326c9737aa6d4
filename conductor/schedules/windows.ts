import { Cron } from 'croner';
import { serviceError } from '../../lifecycle/errors.ts';
import type { EpochMs } from '../../lifecycle/records.ts';
import type { ScheduleRecord } from '../../lifecycle/schedules.ts';

/** What decides when a schedule's windows are. */
export type Timing = Pick<ScheduleRecord, 'cron' | 'time_zone' | 'start_at'>;

/**
 * The start of the first window after `after`, or null. Where the clocks go forward over it, a window starts when they have;
 * where they go back, at the first of the two times.
 * @throws InvalidParameterValue for a pattern or a time zone that is none
 */
export function nextWindow({ cron, time_zone, start_at }: Timing, after: EpochMs): EpochMs | null {
  if (cron === null) return start_at !== null && start_at > after ? start_at : null;
  const from = Math.max(after, (start_at ?? 0) - 1);
  try {
    const pattern = new Cron(cron, { timezone: time_zone, mode: '5-part', paused: true });
    return pattern.nextRun(new Date(from))?.getTime() ?? null;
  } catch (error) {
    throw serviceError('InvalidParameterValue', { why: problemOf(error) });
  }
}

/** The starts of the next windows, at most `count`. @throws InvalidParameterValue */
export function nextWindows(timing: Timing, after: EpochMs, count: number): EpochMs[] {
  const found: EpochMs[] = [];
  for (let at = nextWindow(timing, after); at !== null && found.length < count; at = nextWindow(timing, at))
    found.push(at);
  return found;
}

function problemOf(error: unknown): string {
  const { message } = error as Error;
  if (/timezone|time zone/i.test(message))
    return 'time_zone must be a name of the IANA time zone database, such as Asia/Tokyo.';
  return `cron must have five fields: minute, hour, day of the month, month, day of the week. ${message.replace(/^CronPattern: /, '')}`;
}
