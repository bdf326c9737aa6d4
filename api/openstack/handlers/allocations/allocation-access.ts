import { serviceError } from '../../../../lifecycle/errors.ts';
import type { AllocationRecord } from '../../../../lifecycle/records.ts';
import { LOGICAL_NAME } from '../../../http/value-syntax.ts';
import type { Api, ApiRequest } from '../../handler.ts';

/** Whether the caller may see the allocation at all. */
export function isVisible(
  api: Api,
  { caller }: ApiRequest,
  { owner }: Pick<AllocationRecord, 'owner'>,
): boolean {
  return api.policy.allows('baremetal:allocation:get', { 'allocation.owner': owner }, caller);
}

/** @throws InvalidParameterValue */
export function checkAllocationName(name: string): void {
  if (!LOGICAL_NAME.test(name)) throw invalid(`Cannot name an allocation "${name}": the name is not valid.`);
}

export function missing(ident: string) {
  return serviceError('NotFound', { kind: 'Allocation', ident });
}

export function invalid(why: string) {
  return serviceError('InvalidParameterValue', { why });
}
