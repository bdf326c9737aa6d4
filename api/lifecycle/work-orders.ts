import { serviceError } from '../../lifecycle/errors.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { WorkOrderRecord } from '../../lifecycle/work-orders.ts';
import type { LifecycleHandler } from './handler.ts';
import { isoTime } from './iso-time.ts';
import { plainHandlers, type Resource } from './resource.ts';

const WORK_ORDER: Resource<WorkOrderRecord> = {
  kind: 'Work order',
  collection: 'work-orders',
  param: 'work_order',
  table: (store) => store.work_orders,
  rules: { read: 'lifecycle:work_order:get', write: 'lifecycle:work_order:manage' },
  filters: ['server_uuid', 'state', 'kind', 'assignee'],
  view: ({ kind, server_uuid, place, what, assignee, due_at, state, done_by, done_at }) => ({
    ...{ kind, server_uuid, place, what, assignee, due_at: isoTime(due_at) },
    ...{ state, done_by, done_at: isoTime(done_at) },
  }),
  read: (body, before) => {
    const { due_at, done_at, ...plain } = body;
    const times = {
      ...(due_at === undefined ? {} : { due_at: timeOf('due_at', due_at) }),
      ...(done_at === undefined ? {} : { done_at: timeOf('done_at', done_at) }),
    };
    const after: JsonObject = { ...before, ...plain, ...times };
    if ((after.server_uuid ?? null) === null && (after.place ?? null) === null)
      throw invalid('A work order needs the server, or the place.');
    if (after.state === 'done' && ((after.done_by ?? null) === null || (after.done_at ?? null) === null))
      throw invalid('Work that is done has done_by and done_at: who did it, and when.');
    return { ...plain, ...times } as Partial<WorkOrderRecord>;
  },
};

const invalid = (why: string) => serviceError('InvalidParameterValue', { why });

function timeOf(field: string, value: Json): number | null {
  if (value === null) return null;
  const time = Date.parse(String(value));
  if (Number.isNaN(time)) throw invalid(`${field} must be a time, ISO 8601.`);
  return time;
}

/** Work that people do at the racks. */
export const WORK_ORDER_HANDLERS: Readonly<Record<string, LifecycleHandler>> = plainHandlers(
  'work_orders',
  WORK_ORDER,
);
