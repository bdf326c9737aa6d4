/** A time as the API shows it, to the millisecond: steps are often shorter than a second. */
export function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
