import type { ConsoleRecord } from '../lifecycle/console.ts';
import { flag, uuid, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { getBy, repository } from './repository.ts';
import type { ConsoleRepository } from './store.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const CONSOLES = defineTable<ConsoleRecord>({
  name: 'consoles',
  kind: 'console',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    server_uuid: value(),
    type: value(),
    project: value(null),
    user: value(null),
    side: value(),
    read_only: flag(false),
    take_over: flag(false),
    ticket_hash: value(),
    state: value('waiting'),
    expires_at: value(),
    opened_at: value(null),
    seen_at: value(null),
    closed_at: value(null),
    why: value(null),
  },
  unique: { consoles_uuid: ['uuid'], consoles_ticket_hash: ['ticket_hash'] },
});

export function consoleRepository(db: Executor): ConsoleRepository {
  return {
    ...repository(db, CONSOLES),
    getByTicketHash: (hash) => getBy(db, CONSOLES, 'ticket_hash', hash),
  };
}
