import { serviceError } from '../../lifecycle/errors.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { WorkOrderRecord } from '../../lifecycle/work-orders.ts';
import type { LifecycleHandler } from './handler.ts';
import { isoTime, readTimes } from './iso-time.ts';
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
    const { due_at: _due, done_at: _done, ...plain } = body;
    const times = readTimes(body, ['due_at', 'done_at']);
    const after: JsonObject = { ...before, ...plain, ...times };
    if ((after.server_uuid ?? null) === null && (after.place ?? null) === null)
      throw invalid('A work order needs the server, or the place.');
    if (after.state === 'done' && ((after.done_by ?? null) === null || (after.done_at ?? null) === null))
      throw invalid('Work that is done has done_by and done_at: who did it, and when.');
    return { ...plain, ...times } as Partial<WorkOrderRecord>;
  },
};

const invalid = (why: string) => serviceError('InvalidParameterValue', { why });

/** Work that people do at the racks. */
export const WORK_ORDER_HANDLERS: Readonly<Record<string, LifecycleHandler>> = plainHandlers(
  'work_orders',
  WORK_ORDER,
);
