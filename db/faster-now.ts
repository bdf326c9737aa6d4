/** A clock that runs `rate` times as fast as the machine's since `since_ms` (epoch, on the machine's clock). */
export interface FasterTime {
  /** Whole. */
  rate: number;
  since_ms: number;
}

/** @param now the database's clock as epoch milliseconds: an SQL expression */
export function fasterNow(now: string, { rate, since_ms }: FasterTime): string {
  const since = Math.trunc(since_ms);
  return `(${since} + (${now} - ${since}) * ${Math.trunc(rate)})`;
}
