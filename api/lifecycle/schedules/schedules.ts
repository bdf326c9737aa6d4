import type { Caller } from '../../../lifecycle/caller.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import type { ScheduleRecord, ScheduleRunRecord } from '../../../lifecycle/schedules.ts';
import { requireUuid } from '../../http/value-syntax.ts';
import type { ApiRequest } from '../../openstack/handler.ts';
import { auditServer } from '../audit.ts';
import type { LifecycleApi, LifecycleHandler } from '../handler.ts';
import { readLimit } from '../page.ts';
import { readSchedule } from './read.ts';
import { scheduleDetail, scheduleView, windowView } from './view.ts';

/** Windows and runs that a schedule by itself shows. */
const WINDOWS = 5;
const RUNS = 500;

/** POST /v1/schedules: work at a time, or in a window that comes again. `dry_run`: only what it would be. */
export const createSchedule: LifecycleHandler = async (request, api) => {
  const { schedule, dry_run } = await readSchedule(request, api);
  if (dry_run) {
    const windows = await api.conductor.scheduleWindows(schedule, WINDOWS);
    if (windows.length === 0) throw invalid('The schedule has no window to come.');
    const { what, side, servers, limits, os_off } = schedule;
    const would = {
      what,
      side,
      servers,
      limits: { ...limits },
      os_off: os_off === null ? null : { ...os_off },
    };
    return { status: 200, body: { dry_run: true, ...would, windows: windows.map(windowView) } };
  }
  const made = await api.conductor.createSchedule(schedule, request.caller);
  return { status: 202, body: await detailOf(made, [], api) };
};

const invalid = (why: string) => serviceError('InvalidParameterValue', { why });

async function detailOf(schedule: ScheduleRecord, runs: readonly ScheduleRunRecord[], api: LifecycleApi) {
  const windows = schedule.state === 'active' ? await api.conductor.scheduleWindows(schedule, WINDOWS) : [];
  return scheduleDetail(schedule, runs, windows);
}

/** GET /v1/schedules */
export const listSchedules: LifecycleHandler = async (request, api) => {
  const { query, caller } = request;
  const all = api.policy.allows('lifecycle:schedule:list_all', {}, caller);
  if (!all) api.policy.authorize('lifecycle:schedule:list', {}, caller);
  const project = all ? query.project : (caller.project_id ?? '');
  const limit = readLimit(query.limit, api.settings.api.max_limit);
  const { schedules } = api.store;
  const after =
    query.marker === undefined ? null : await schedules.get(requireUuid(query.marker).toLowerCase());
  if (query.marker !== undefined && (after === null || (!all && after.project !== project)))
    throw serviceError('NotFound', { kind: 'Marker', ident: query.marker });
  const found = await schedules.list({
    where: {
      ...(project === undefined ? {} : { project }),
      ...(query.state === undefined ? {} : { state: query.state as ScheduleRecord['state'] }),
    },
    sort_dir: 'desc',
    limit: limit + 1,
    ...(after === null ? {} : { after_id: after.id }),
  });
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const more = new URLSearchParams({ ...query, limit: String(limit), marker: last?.uuid ?? '' });
  const next =
    found.length > limit ? { next: `${request.base_url}/lifecycle/v1/schedules?${more.toString()}` } : {};
  return { status: 200, body: { schedules: shown.map(scheduleView), ...next } };
};

/** GET /v1/schedules/{schedule}: with its next windows and its latest runs. */
export const showSchedule: LifecycleHandler = async (request, api) => {
  const schedule = await findSchedule(request, api);
  return { status: 200, body: await detailOf(schedule, await runsOf(schedule, api), api) };
};

function runsOf({ uuid }: ScheduleRecord, { store }: LifecycleApi): Promise<ScheduleRunRecord[]> {
  return store.schedule_runs.list({ where: { schedule_uuid: uuid }, sort_dir: 'desc', limit: RUNS });
}

/** POST /v1/schedules/{schedule}/cancel: what has begun goes on, the rest does not begin. @throws Conflict */
export const cancelSchedule: LifecycleHandler = async (request, api) => {
  const schedule = await findSchedule(request, api, 'lifecycle:schedule:cancel');
  const { caller } = request;
  const cancelled = await api.store.transaction(async (tables) => {
    const cancelled_at = await tables.now();
    const { uuid } = schedule;
    const over = { state: 'cancelled', cancelled_at, next_at: null } as const;
    const written = await tables.schedules.update(uuid, over, { state: 'active' });
    if (written === null)
      throw serviceError('Conflict', { why: `The schedule ${uuid} is over: it is ${schedule.state}.` });
    // Those whose turn has come are carried to their end.
    const waiting = await tables.schedule_runs.list({
      where: { schedule_uuid: uuid, state: 'waiting' },
      fields: ['state'],
    });
    for (const run of waiting)
      await tables.schedule_runs.update(
        run.uuid,
        { state: 'cancelled', finished_at: cancelled_at },
        { state: 'waiting' },
      );
    await auditServer(tables, api, null, caller, 'schedule-cancel', { uuid });
    return written;
  });
  return { status: 202, body: await detailOf(cancelled, await runsOf(cancelled, api), api) };
};

/** A schedule of others is missing. @throws NotFound, NotAuthorized */
async function findSchedule(
  { params, caller }: { params: ApiRequest['params']; caller: Caller },
  api: LifecycleApi,
  ...rules: string[]
): Promise<ScheduleRecord> {
  const ident = params.schedule ?? '';
  const schedule = await api.store.schedules.get(requireUuid(ident).toLowerCase());
  const target = { 'order.project': schedule?.project ?? null };
  if (schedule === null || !api.policy.allows('lifecycle:schedule:get', target, caller))
    throw serviceError('NotFound', { kind: 'Schedule', ident });
  for (const rule of rules) api.policy.authorize(rule, target, caller);
  return schedule;
}
