import type { HistoryRecord } from '../../../lifecycle/records.ts';
import { plain, time } from './fields.ts';
import type { ResourceView } from './view.ts';

const SHORT_EVENT = 255;

/** How a history entry looks in detail; a list cuts the event. */
export const HISTORY_VIEW: ResourceView<'history', HistoryRecord> = {
  resource: 'history',
  list_fields: ['uuid', 'created_at', 'severity', 'event'],
  unsortable: ['links', 'event', 'project', 'state', 'target_provision_state', 'duration_seconds'],
  columns: ['uuid'],
  fields: {
    uuid: plain('uuid'),
    created_at: time('created_at'),
    severity: plain('severity'),
    event: plain('event'),
    event_type: plain('event_type'),
    conductor: plain('conductor'),
    user: plain('user'),
    project: plain('project'),
    state: plain('state'),
    target_provision_state: plain('target_provision_state'),
    duration_seconds: plain('duration_seconds'),
    links: {
      columns: ['uuid', 'node_uuid'],
      of: (entry, context) => [
        { href: `${context.base_url}/v1/nodes/${entry.node_uuid}/history/${entry.uuid}`, rel: 'self' },
      ],
    },
  },
};

/** The event as a list without detail shows it. */
export function shortEvent(event: string): string {
  return event.length > SHORT_EVENT ? `${event.slice(0, 251)}...` : event;
}
