import { isUuidLike } from '../http/value-syntax.ts';
import { isServiceError } from '../http/wire-error.ts';
import type { ApiRequest } from '../openstack/handler.ts';
import { auditServer } from './audit.ts';
import type { LifecycleApi } from './handler.ts';

/** The caller may not, it is not there for the caller, or not now. What is no sound request at all is nobody's deed. */
const REFUSALS: readonly number[] = [403, 404, 409];

/** Says in the audit that a change was asked for and refused, with the reason. Never throws: the refusal is what is answered. */
export async function auditRefusal(
  request: Pick<ApiRequest, 'method' | 'operation' | 'params' | 'caller'>,
  api: Pick<LifecycleApi, 'store' | 'settings' | 'log'>,
  error: unknown,
): Promise<void> {
  const { method, operation, params, caller } = request;
  if (method === 'GET' || !isServiceError(error) || !REFUSALS.includes(error.status)) return;
  const { status, message: why } = error;
  const action = operation.replace(/^lifecycle\./, '');
  try {
    const node_uuid = await serverOf(api, params.server);
    await auditServer(api.store, api, node_uuid, caller, action, { ...params, status, why }, 'refused');
  } catch (failure) {
    api.log.warn({ err: failure, operation }, 'a refusal was not written into the audit');
  }
}

async function serverOf({ store }: Pick<LifecycleApi, 'store'>, ident?: string): Promise<string | null> {
  if (ident === undefined) return null;
  const node = isUuidLike(ident)
    ? await store.nodes.get(ident.toLowerCase())
    : await store.nodes.getByName(ident);
  return node?.uuid ?? null;
}
