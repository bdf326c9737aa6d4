import { serviceError } from '../../../../lifecycle/errors.ts';
import type { Api, ApiRequest } from '../../handler.ts';

/**
 * Whether what an agent calls without credentials is open: by `[api]enable_ramdisk_endpoints`, and by the operator's policy.
 * @throws Forbidden, NotAuthorized
 */
export function checkRamdiskCall(api: Api, request: ApiRequest, rule: string): void {
  if (!api.settings.api.enable_ramdisk_endpoints) {
    throw serviceError('Forbidden', { why: 'The endpoints for ramdisks are disabled.' });
  }
  api.policy.authorize(rule, {}, request.caller);
}
