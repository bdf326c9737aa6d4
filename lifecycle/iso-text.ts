/** A time as texts for people and programs have it, to the millisecond: ISO 8601, UTC. Pure. */
export const isoText = (ms: number): string => new Date(ms).toISOString();
