import type { ProcessSample } from './protocol.ts';

/** What the process that lives throughout holds, and the rows in flight. */
export interface SoakSample extends ProcessSample {
  jobs_in_flight: number;
  pool_waiting: number;
}

/** How much more may be held in the last quarter than in the first: by share of the first, and in its unit on top. */
export const TOLERANCE: Readonly<Record<keyof SoakSample, { share: number; more: number; unit: string }>> = {
  rss_mib: { share: 0.05, more: 4, unit: 'MiB of resident memory' },
  heap_mib: { share: 0.05, more: 0, unit: 'MiB of heap' },
  heap_taken_mib: { share: 0.05, more: 4, unit: 'MiB taken for the heap' },
  external_mib: { share: 0.05, more: 2, unit: 'MiB of buffers' },
  handles: { share: 0, more: 32, unit: 'handles' },
  sockets: { share: 0, more: 4, unit: 'sockets' },
  jobs_running: { share: 0, more: 4, unit: 'running jobs' },
  jobs_in_flight: { share: 0, more: 8, unit: 'jobs in flight' },
  pool_waiting: { share: 0, more: 1, unit: 'statements that wait for a connection' },
};

/** Share of the samples that come first and are not judged: what is made once is being made. */
const WARM_UP = 1 / 6;
/** What leaks is there also when little is going on, however much was asked in between. */
const QUIET = 0.1;

/** What a quarter of the samples comes to. */
export interface Quarter {
  medians: SoakSample;
  /** The 10th percentiles. */
  quiet: SoakSample;
}

/** The first and the last quarter of the samples after the warm-up. */
export function quarters(samples: readonly SoakSample[]): { first: Quarter; last: Quarter } {
  const judged = samples.slice(Math.ceil(samples.length * WARM_UP));
  const length = Math.max(1, Math.floor(judged.length / 4));
  return { first: quarterOf(judged.slice(0, length)), last: quarterOf(judged.slice(-length)) };
}

/**
 * What was not flat between the quarters, in words; none when all was. What leaks raises the quiet samples and the medians: either
 * alone is how busy the quarter was, or an outage in the first one, during which little was held.
 */
export function grown({ first, last }: { first: Quarter; last: Quarter }): string[] {
  return namesOf(TOLERANCE).flatMap((name) => {
    const { share, more, unit } = TOLERANCE[name];
    const higher = (['quiet', 'medians'] as const).every(
      (kind) => last[kind][name] > first[kind][name] * (1 + share) + more,
    );
    if (!higher) return [];
    return [`${unit}: ${first.quiet[name]} in the first quarter, ${last.quiet[name]} in the last`];
  });
}

function quarterOf(samples: readonly SoakSample[]): Quarter {
  return { medians: at(samples, 0.5), quiet: at(samples, QUIET) };
}

function at(samples: readonly SoakSample[], rank: number): SoakSample {
  const pairs = namesOf(TOLERANCE).map((name) => {
    const sorted = samples.map((sample) => sample[name]).sort((a, b) => a - b);
    return [name, Number((sorted[Math.floor(sorted.length * rank)] ?? 0).toFixed(1))];
  });
  return Object.fromEntries(pairs) as SoakSample;
}

const namesOf = <T extends object>(of: T): (keyof T)[] => Object.keys(of) as (keyof T)[];
