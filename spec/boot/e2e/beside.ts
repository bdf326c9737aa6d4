import { after } from 'mocha';

const LONGEST_MS = 300_000;
const waiting: (() => Promise<unknown>)[] = [];
const begun: Promise<unknown>[] = [];
let ending = false;

/**
 * A story of a machine of its own, which may go on beside those of others: it is begun by `beginStories`, or by the test that looks at
 * it. It leaves nothing behind when it ends, whichever way.
 */
export function beside<T>(story: () => Promise<T>): () => Promise<T> {
  let told: Promise<T> | null = null;
  const begin = (): Promise<T> => {
    if (told === null) {
      told = story();
      // It is looked at later, or never.
      told.catch(() => {});
      begun.push(told);
    }
    return told;
  };
  waiting.push(begin);
  return begin;
}

/** Begins the stories that were registered, one after the other: two processors take so many machines, and no more. */
export async function beginStories(): Promise<void> {
  for (const begin of waiting) {
    if (ending) return;
    await begin().catch(() => {});
  }
}

// Of the whole process, whichever of its tests were asked for.
after(async function () {
  this.timeout(LONGEST_MS);
  ending = true;
  await Promise.allSettled(begun);
});
