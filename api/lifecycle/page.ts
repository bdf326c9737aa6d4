import { serviceError } from '../../lifecycle/errors.ts';

/** The size of a page. @throws InvalidParameterValue */
export function readLimit(limit: string | undefined, max_limit: number): number {
  if (limit === undefined) return Math.min(100, max_limit);
  const wanted = Number(limit);
  if (!Number.isSafeInteger(wanted) || wanted <= 0)
    throw serviceError('InvalidParameterValue', { why: 'limit must be a positive integer.' });
  return Math.min(wanted, max_limit);
}
