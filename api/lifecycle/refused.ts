import { isServiceError } from '../http/wire-error.ts';
import type { ApiRequest } from '../openstack/handler.ts';
import { auditServer } from './audit.ts';
import type { LifecycleApi } from './handler.ts';
import { findServer } from './servers/access.ts';

/** The caller may not, it is not there for the caller, or not now. What is no sound request at all is nobody's deed. */
const REFUSALS: readonly number[] = [403, 404, 409];

/** Says in the audit that a change was asked for and refused, with the reason. Never throws: the refusal is what is answered. */
export async function auditRefusal(
  request: Pick<ApiRequest, 'method' | 'operation' | 'params' | 'caller'>,
  api: Pick<LifecycleApi, 'policy' | 'store' | 'settings' | 'log'>,
  error: unknown,
): Promise<void> {
  const { method, operation, params, caller } = request;
  if (method === 'GET' || !isServiceError(error) || !REFUSALS.includes(error.status)) return;
  const { status, message: why } = error;
  const action = operation.replace(/^lifecycle\./, '');
  try {
    const node_uuid = await serverOf(api, request);
    await auditServer(api.store, api, node_uuid, caller, action, { ...params, status, why }, 'refused');
  } catch (failure) {
    api.log.warn({ err: failure, operation }, 'a refusal was not written into the audit');
  }
}

/** As far as the caller may see it: the audit tells nobody that a server which is missing to him is another's. */
async function serverOf(
  api: Pick<LifecycleApi, 'policy' | 'store'>,
  request: Pick<ApiRequest, 'params' | 'caller'>,
): Promise<string | null> {
  if (request.params.server === undefined) return null;
  try {
    return (await findServer(api, request)).server.uuid;
  } catch (error) {
    if (isServiceError(error)) return null;
    throw error;
  }
}
