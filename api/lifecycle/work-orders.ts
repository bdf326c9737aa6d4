import { serviceError } from '../../lifecycle/errors.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { repairState, type WorkOrderRecord } from '../../lifecycle/work-orders.ts';
import type { LifecycleHandler } from './handler.ts';
import { isoTime, readTimes } from './iso-time.ts';
import { plainHandlers, type Resource } from './resource.ts';

const TIMES = ['due_at', 'done_at', 'proposed_from', 'proposed_until'] as const;
const NOT_AGREED = { agreed_from: null, agreed_until: null, agreed_at: null, agreed_by: null };

const WORK_ORDER: Resource<WorkOrderRecord> = {
  kind: 'Work order',
  collection: 'work-orders',
  param: 'work_order',
  table: (store) => store.work_orders,
  rules: { read: 'lifecycle:work_order:get', write: 'lifecycle:work_order:manage' },
  filters: ['server_uuid', 'state', 'kind', 'assignee'],
  searched: ['what', 'place', 'assignee', 'done_by'],
  view: (order) => ({
    ...{ kind: order.kind, server_uuid: order.server_uuid, place: order.place, what: order.what },
    ...{ assignee: order.assignee, due_at: isoTime(order.due_at), state: order.state },
    ...{ done_by: order.done_by, done_at: isoTime(order.done_at), hot: order.hot },
    ...{ proposed_from: isoTime(order.proposed_from), proposed_until: isoTime(order.proposed_until) },
    ...{ agreed_from: isoTime(order.agreed_from), agreed_until: isoTime(order.agreed_until) },
    ...{ agreed_at: isoTime(order.agreed_at), agreed_by: order.agreed_by, repair_state: repairState(order) },
  }),
  read: (body, before) => {
    const times = readTimes(body, TIMES);
    const plain = Object.fromEntries(Object.entries(body).filter(([name]) => !Object.hasOwn(times, name)));
    const after: JsonObject = { ...before, ...plain, ...times };
    if ((after.server_uuid ?? null) === null && (after.place ?? null) === null)
      throw invalid('A work order needs the server, or the place.');
    if (after.state === 'done' && ((after.done_by ?? null) === null || (after.done_at ?? null) === null))
      throw invalid('Work that is done has done_by and done_at: who did it, and when.');
    const from = (after.proposed_from ?? null) as number | null;
    const until = (after.proposed_until ?? null) as number | null;
    if ((from === null) !== (until === null) || (from !== null && until !== null && until <= from))
      throw invalid('proposed_from and proposed_until go together, the later one last.');
    if (from !== null && (after.server_uuid ?? null) === null)
      throw invalid('Dates are proposed to who has the server: name server_uuid.');
    // Who agreed did so to other dates.
    const anew = times.proposed_from !== undefined || times.proposed_until !== undefined ? NOT_AGREED : {};
    return { ...plain, ...times, ...anew } as Partial<WorkOrderRecord>;
  },
};

const invalid = (why: string) => serviceError('InvalidParameterValue', { why });

/** Work that people do at the racks. */
export const WORK_ORDER_HANDLERS: Readonly<Record<string, LifecycleHandler>> = plainHandlers(
  'work_orders',
  WORK_ORDER,
);
