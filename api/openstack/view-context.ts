import type { NodeRecord } from '../../lifecycle/records.ts';
import type { Api, ApiRequest } from './handler.ts';
import type { CompiledView, ViewContext } from './views/view.ts';

const NO_CONDUCTORS: ReadonlyMap<string, string | null> = new Map();

/** The context in which this request's records are shown. */
export function viewContext(request: ApiRequest, api: Api): ViewContext {
  return {
    base_url: request.base_url,
    minor: request.minor,
    caller: request.caller,
    policy: api.policy,
    sees_all_fields: api.policy.allows('baremetal:node:get:filter_threshold', {}, request.caller),
    conductors: NO_CONDUCTORS,
  };
}

/** The context for nodes: with their conductors when the view shows them. */
export async function nodeViewContext(
  request: ApiRequest,
  api: Api,
  view: CompiledView<NodeRecord>,
  nodes: readonly NodeRecord[],
): Promise<ViewContext> {
  const context = viewContext(request, api);
  if (nodes.length === 0 || !view.names.includes('conductor')) return context;
  const hosts = await api.conductor.conductorsOf(nodes);
  return { ...context, conductors: new Map(nodes.map((node, at) => [node.uuid, hosts[at] ?? null])) };
}
