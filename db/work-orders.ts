import type { WorkOrderRecord } from '../lifecycle/work-orders.ts';
import { flag, uuid, value } from './columns.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const WORK_ORDERS = defineTable<WorkOrderRecord>({
  name: 'work_orders',
  kind: 'work order',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    kind: value(),
    server_uuid: value(null),
    place: value(null),
    what: value(),
    assignee: value(null),
    due_at: value(null),
    state: value('open'),
    done_by: value(null),
    done_at: value(null),
    hot: flag(null),
    proposed_from: value(null),
    proposed_until: value(null),
    agreed_from: value(null),
    agreed_until: value(null),
    agreed_at: value(null),
    agreed_by: value(null),
  },
  unique: { work_orders_uuid: ['uuid'] },
});
