import { serviceError } from '../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { NodeRecord } from '../../../lifecycle/records.ts';
import { type SchedulableTool, TOOL_WORK } from '../../../lifecycle/tool-work.ts';
import { isToolName, refusalOf, type ToolName, type ToolSide } from '../../../lifecycle/tools.ts';
import type { ApiRequest } from '../../openstack/handler.ts';
import { attachableUrl } from '../../openstack/handlers/nodes/vmedia.ts';
import { nodeTarget } from '../../openstack/node-access.ts';
import type { LifecycleApi, LifecycleHandler } from '../handler.ts';
import { mountUrl } from '../isos/isos.ts';
import { type FoundServer, findServer, sideOf } from './access.ts';
import { enterMaintenance, leaveMaintenance } from './maintenance.ts';
import { serverDetail, toolFacts } from './view.ts';

/** What an action works with; its body was checked by the document. */
export interface ActionContext {
  api: LifecycleApi;
  request: ApiRequest;
  found: FoundServer & { node: NodeRecord };
  side: ToolSide;
  body: JsonObject;
}

type Action = (context: ActionContext) => Promise<void>;

/** What a tool stands for: a power action, or steps that run while the server is in service with its customer. */
const asked =
  (tool: SchedulableTool): Action =>
  async ({ api, request, found, body }) => {
    const work = TOOL_WORK[tool](body);
    const { caller } = request;
    const timeout_s = typeof body.timeout_s === 'number' ? body.timeout_s : null;
    if (work.kind === 'power') await api.conductor.power(found.node, work.target, timeout_s, caller);
    else
      await api.conductor.provision(
        found.node,
        'service',
        { service_steps: work.steps, origin: { what: tool } },
        caller,
      );
  };

/** The tools that are actions of their own. The rest of them have resources. */
const ACTIONS: Readonly<Partial<Record<ToolName, Action>>> = {
  ...Object.fromEntries(Object.keys(TOOL_WORK).map((tool) => [tool, asked(tool as SchedulableTool)])),
  'boot-device': async ({ api, request, found, body }) => {
    const args = { boot_device: String(body.boot_device), persistent: body.persistent === true };
    await api.conductor.call(found.node, 'set_boot_device', args, request.caller);
  },
  'iso-mount': async ({ api, request, found, body }) => {
    const { iso } = body;
    const image_url =
      typeof iso === 'string'
        ? await mountUrl(request, api, iso, found.server)
        : attachableUrl(String(body.image_url));
    const change = { kind: 'attach_virtual_media', device_type: 'cdrom', image_url } as const;
    await api.conductor.changeHardware(found.node, change, request.caller);
  },
  'iso-eject': async ({ api, request, found }) => {
    const change = { kind: 'detach_virtual_media', device_types: ['cdrom'] } as const;
    await api.conductor.changeHardware(found.node, change, request.caller);
  },
  diagnostics: async ({ api, request, found }) => {
    await api.conductor.call(found.node, 'inject_nmi', {}, request.caller);
  },
  rescue: ({ api, request, found, body }) =>
    api.conductor.provision(
      found.node,
      'rescue',
      { rescue_password: String(body.rescue_password) },
      request.caller,
    ),
  unrescue: ({ api, request, found }) => api.conductor.provision(found.node, 'unrescue', {}, request.caller),
  rebuild: ({ api, request, found }) => api.conductor.provision(found.node, 'rebuild', {}, request.caller),
  return: ({ api, request, found }) => api.conductor.provision(found.node, 'deleted', {}, request.caller),
  'enter-maintenance': enterMaintenance,
  'leave-maintenance': leaveMaintenance,
};

/** POST /v1/servers/{server}/actions/<tool>: 409 with the reason, and the stage that allows it, where it is not possible now. */
export const runTool: LifecycleHandler = async (request, api) => {
  const tool = request.operation.split('.').at(-1) ?? '';
  const action = isToolName(tool) ? ACTIONS[tool] : undefined;
  if (!isToolName(tool) || action === undefined) throw new Error(`No tool belongs to ${request.operation}.`);
  const found = await findServer(api, request);
  const { caller } = request;
  const side = sideOf(api, found.server, caller);
  if (side === 'customer') api.policy.authorize('lifecycle:server:use', nodeTarget(found.server), caller);
  const why = refusalOf(tool, toolFacts(found), side)?.text ?? null;
  if (why !== null) throw serviceError('Conflict', { why });
  const { node } = found;
  if (node === null) throw serviceError('NotFound', { kind: 'Node', ident: found.server.uuid });
  const body = (request.body ?? {}) as JsonObject;
  await action({ api, request, found: { ...found, node }, side, body });
  const now = await findServer(api, { ...request, params: { server: found.server.uuid } });
  const provider = api.policy.allows('lifecycle:server:get:provider', {}, caller);
  return { status: 202, body: serverDetail(now, side, provider) };
};

/** operationId → its handler, one for each action. */
export const ACTION_HANDLERS: Readonly<Record<string, LifecycleHandler>> = Object.fromEntries(
  Object.keys(ACTIONS).map((tool) => [`lifecycle.servers.actions.${tool}`, runTool]),
);
