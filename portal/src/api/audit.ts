import { listing } from './listing.ts';
import type { AuditEntry } from './types.ts';

export const AUDIT = '/lifecycle/v1/audit';

const FOLLOW_MS = 4000;
/** Whoever reads further back does not look at what is new. */
const FOLLOWED_PAGES = 2;

/** Who did what, newest first. No event tells of new entries: the newest pages are read again and again. */
export function auditTrail(query: Readonly<Record<string, string>>) {
  return {
    ...listing<AuditEntry>(AUDIT, 'audit', query),
    refetchInterval: ({ state }: { state: { data?: { pages: unknown[] } | undefined } }) =>
      (state.data?.pages.length ?? 0) <= FOLLOWED_PAGES ? FOLLOW_MS : (false as const),
  };
}
