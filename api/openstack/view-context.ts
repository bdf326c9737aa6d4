import type { NodeRecord } from '../../lifecycle/records.ts';
import type { Api, ApiRequest } from './handler.ts';
import type { CompiledView, ViewContext } from './views/view.ts';

/** The context in which this request's records are shown. */
export function viewContext(request: ApiRequest, api: Api): ViewContext {
  return {
    base_url: request.base_url,
    minor: request.minor,
    caller: request.caller,
    policy: api.policy,
    sees_all_fields: api.policy.allows('baremetal:node:get:filter_threshold', {}, request.caller),
    conductorOf: () => null,
  };
}

/** The context for nodes: with their conductors when the view shows them. */
export async function nodeViewContext(
  request: ApiRequest,
  api: Api,
  view: CompiledView<NodeRecord>,
): Promise<ViewContext> {
  const context = viewContext(request, api);
  if (!view.names.includes('conductor')) return context;
  return { ...context, conductorOf: await api.conductor.conductorFinder() };
}
