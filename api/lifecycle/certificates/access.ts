import type { Caller } from '../../../lifecycle/caller.ts';
import type { LifecycleApi } from '../handler.ts';

/**
 * Which certificates the caller may see: all, or those of servers that its project had.
 * @throws NotAuthorized
 */
export function certificateScope(
  { policy }: Pick<LifecycleApi, 'policy'>,
  caller: Caller,
): { custodian?: string } {
  if (policy.allows('lifecycle:certificate:get_all', {}, caller)) return {};
  policy.authorize('lifecycle:certificate:get', {}, caller);
  if (caller.project_id === null) policy.authorize('lifecycle:certificate:get_all', {}, caller);
  return { custodian: caller.project_id ?? '' };
}
