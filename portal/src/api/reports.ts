import { queryOptions } from '@tanstack/react-query';
import { ask } from './http.ts';
import type { EndingModel, EndingServer } from './types.ts';

const END_OF_SUPPORT = '/lifecycle/v1/reports/end-of-support';
const REPLACEMENT_PLAN = '/lifecycle/v1/reports/replacement-plan';

/** Servers whose support or warranty ends within so many days, or has ended; the earliest first. */
export function endOfSupport(days: string) {
  return queryOptions({
    queryKey: ['servers', 'report', 'end', days],
    queryFn: ({ signal }) =>
      ask<{ servers: EndingServer[]; total: number }>(`${END_OF_SUPPORT}?days=${days}`, { signal }),
  });
}

/** What is to be bought in the place of models that end within so many days. */
export function replacementPlan(days: string) {
  return queryOptions({
    queryKey: ['servers', 'report', 'plan', days],
    queryFn: ({ signal }) => ask<{ models: EndingModel[] }>(`${REPLACEMENT_PLAN}?days=${days}`, { signal }),
  });
}
