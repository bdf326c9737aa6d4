import { CommandFailure } from './exit-codes.ts';
import type { Outside } from './outside.ts';
import type { Progress } from './progress.ts';
import type { Session } from './session.ts';
import type { Work, WorkState } from './work.ts';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2000;
const AT_ONCE = 8;

/**
 * Asks until all work is over, and tells where it is.
 * @returns where each is in the end, in their order; those that could not be asked any more are failures.
 * @throws CommandFailure timed_out, interrupted
 */
export async function waitForAll(
  works: readonly Work[],
  session: Session,
  timeout_s: number,
  progress: Progress,
  { clock, interruptible }: Pick<Outside, 'clock' | 'interruptible'>,
): Promise<(WorkState | CommandFailure)[]> {
  const until = clock.monotonic() + timeout_s * 1000;
  const ends: (WorkState | CommandFailure | undefined)[] = works.map(() => undefined);
  const over = (end: WorkState | CommandFailure | undefined): boolean =>
    end instanceof CommandFailure || (end !== undefined && end.over !== null);
  const ask = async (path: string) => (await session.request('GET', path)).body;
  const on = (): string => {
    const left = works.filter((_work, index) => !over(ends[index]));
    return [`To see how it goes on:`, ...left.slice(0, 5).map(({ shown_by }) => `  ${shown_by}`)].join('\n');
  };
  let away = '';
  return await interruptible(async (signal) => {
    for (let pause_ms = FIRST_PAUSE_MS; ; pause_ms = Math.min(LONGEST_PAUSE_MS, pause_ms * 1.5)) {
      const open = works.flatMap((work, index) => (over(ends[index]) ? [] : [{ work, index }]));
      await eachOf(open, AT_ONCE, async ({ work, index }) => {
        const end = await work.look(ask).catch(failureOf);
        // The service may be started anew meanwhile.
        if (end instanceof CommandFailure && end.exit === 'unavailable') away = end.message;
        else ends[index] = end;
      });
      if (signal.aborted) break;
      progress.show(
        ends.flatMap((end) => (end === undefined || end instanceof CommandFailure ? [] : end.parts)),
      );
      if (ends.every(over)) return ends as (WorkState | CommandFailure)[];
      if (clock.monotonic() + pause_ms > until)
        throw new CommandFailure(
          'timed_out',
          `It was not over after ${timeout_s} s, and goes on. ${away === '' ? '' : `${away}\n`}${on()}`,
        );
      away = '';
      await clock.sleep(pause_ms, signal).catch(() => undefined);
      if (signal.aborted) break;
    }
    throw new CommandFailure('interrupted', `Nobody waits any more; the work goes on. ${on()}`);
  });
}

/** A failure to ask; anything else is an error of ours. */
function failureOf(error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error;
  throw error;
}

/** Does something for each, so many at once. */
export async function eachOf<T>(
  items: readonly T[],
  at_once: number,
  act: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const queue = items.entries();
  const take = async (): Promise<void> => {
    for (const [index, item] of queue) await act(item, index);
  };
  await Promise.all([...Array(Math.min(at_once, items.length))].map(take));
}
