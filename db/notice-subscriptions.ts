import type { NoticeSubscriptionRecord } from '../lifecycle/notice.ts';
import { flag, json, secretJson, uuid, value } from './columns.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const NOTICE_SUBSCRIPTIONS = defineTable<NoticeSubscriptionRecord>({
  name: 'notice_subscriptions',
  kind: 'subscription',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    name: value(),
    project: value(null),
    outlet: value(),
    target: value(),
    severity: value('info'),
    events: json('[]'),
    secrets: secretJson('{}'),
    enabled: flag(true),
  },
  unique: { notice_subscriptions_uuid: ['uuid'] },
});
