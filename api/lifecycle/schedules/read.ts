import { serviceError } from '../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { NodeRecord } from '../../../lifecycle/records.ts';
import type { OsOff, ScheduledWork, ScheduleLimits, ScheduleRecord } from '../../../lifecycle/schedules.ts';
import { type SchedulableTool, TOOL_WORK } from '../../../lifecycle/tool-work.ts';
import type { ToolSide } from '../../../lifecycle/tools.ts';
import type { ApiRequest } from '../../openstack/handler.ts';
import { nodeTarget } from '../../openstack/node-access.ts';
import { findApprovedRunbook, stepsOf } from '../../openstack/runbook-use.ts';
import type { LifecycleApi } from '../handler.ts';
import { findServer, sideOf } from '../servers/access.ts';

interface ScheduleBody {
  name?: string | null;
  servers: string[];
  runbook?: string | null;
  tool?: SchedulableTool | null;
  args?: JsonObject;
  start_at?: string | null;
  cron?: string | null;
  time_zone?: string;
  window_s?: number;
  os_off?: Partial<OsOff> | null;
  limits?: Partial<ScheduleLimits>;
  dry_run?: boolean;
}

type Wanted = Pick<
  ScheduleRecord,
  'name' | 'project' | 'side' | 'what' | 'work' | 'servers' | 'cron' | 'time_zone' | 'start_at'
> &
  Pick<ScheduleRecord, 'window_s' | 'os_off' | 'limits'>;

const HOUR_S = 3600;

/** Arguments of tools, as their actions take them. */
const ARGUMENTS: Readonly<Partial<Record<SchedulableTool, string>>> = {
  'bios-settings': 'action-bios',
  'firmware-update': 'action-firmware',
};

/** A checked body as a schedule: every server found, and everything that the caller needs allowed. @throws ServiceError */
export async function readSchedule(
  request: ApiRequest,
  api: LifecycleApi,
): Promise<{ schedule: Wanted; dry_run: boolean }> {
  const { caller } = request;
  api.policy.authorize('lifecycle:schedule:create', {}, caller);
  const body = request.body as unknown as ScheduleBody;
  const { cron = null, limits = {}, os_off = null } = body;
  const start_at = timeOf(body.start_at ?? null);
  if (cron === null && start_at === null) throw invalid('A schedule needs start_at, or cron.');
  const { nodes, side } = await findServers(request, api, body.servers);
  const { what, work } = await workOf(body, nodes, request, api);
  const schedule: Wanted = {
    ...{ name: body.name ?? null, project: side === 'provider' ? null : caller.project_id, side },
    ...{ what, work, servers: nodes.map(({ uuid }) => uuid) },
    ...{ cron, start_at, time_zone: body.time_zone ?? 'UTC', window_s: body.window_s ?? HOUR_S },
    os_off:
      os_off === null
        ? null
        : { wait_s: os_off.wait_s ?? 0, soft_s: os_off.soft_s ?? 600, hard: os_off.hard === true },
    limits: {
      at_once: limits.at_once ?? null,
      per_rack: limits.per_rack ?? null,
      per_project: limits.per_project ?? null,
    },
  };
  return { schedule, dry_run: body.dry_run === true };
}

const invalid = (why: string) => serviceError('InvalidParameterValue', { why });

/** ISO 8601 with an offset. @throws InvalidParameterValue */
function timeOf(text: string | null): number | null {
  if (text === null) return null;
  const time = /(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw invalid('start_at must be a time with its offset, such as 2026-12-01T02:00+09:00.');
  return time;
}

/** The servers, each once, all with the tools of one side. @throws NotFound, NotAuthorized, InvalidParameterValue */
async function findServers(
  request: ApiRequest,
  api: LifecycleApi,
  idents: readonly string[],
): Promise<{ nodes: NodeRecord[]; side: ToolSide }> {
  const nodes = new Map<string, NodeRecord>();
  const sides = new Set<ToolSide>();
  for (const server of idents) {
    const found = await findServer(api, { ...request, params: { server } });
    const side = sideOf(api, found.server, request.caller);
    if (side === 'customer')
      api.policy.authorize('lifecycle:server:use', nodeTarget(found.server), request.caller);
    if (found.node === null) throw invalid(`The server ${server} was disposed of.`);
    nodes.set(found.node.uuid, found.node);
    sides.add(side);
  }
  const [side] = sides;
  if (side === undefined || sides.size > 1)
    throw invalid('The servers are of different sides: make a schedule for each.');
  return { nodes: [...nodes.values()], side };
}

/** What is to be done: copied now, so that a later change of the runbook does not touch it. @throws ServiceError */
async function workOf(
  { runbook = null, tool = null, args = {} }: ScheduleBody,
  nodes: readonly NodeRecord[],
  request: ApiRequest,
  api: LifecycleApi,
): Promise<{ what: string; work: ScheduledWork }> {
  if ((runbook === null) === (tool === null))
    throw invalid('A schedule needs a runbook, or a tool: one of them.');
  if (tool !== null) {
    const schema = ARGUMENTS[tool];
    if (schema !== undefined) api.schema(schema)(args);
    else if (Object.keys(args).length > 0) throw invalid(`The tool ${tool} takes no args.`);
    const work = TOOL_WORK[tool](args);
    return { what: tool, work: work.kind === 'power' ? work : { ...work, disable_ramdisk: false } };
  }
  const found = await findApprovedRunbook(api, request, nodes, runbook ?? '');
  const { disable_ramdisk, name } = found;
  return { what: name, work: { kind: 'steps', steps: stepsOf(found), disable_ramdisk } };
}
