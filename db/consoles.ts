import type { ConsoleLinkRecord, ConsoleRecord } from '../lifecycle/console.ts';
import { flag, secretJson, uuid, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { getBy, repository } from './repository.ts';
import type { ConsoleLinkRepository, ConsoleRepository } from './store.ts';
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

export const CONSOLE_LINKS = defineTable<ConsoleLinkRecord>({
  name: 'console_links',
  kind: 'console link',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    conductor: value(),
    address: value(),
    port: value(),
    access: secretJson('{}'),
  },
  unique: { console_links_uuid: ['uuid'], console_links_conductor: ['conductor'] },
});

export function consoleLinkRepository(db: Executor): ConsoleLinkRepository {
  return {
    ...repository(db, CONSOLE_LINKS),
    getByConductor: (hostname) => getBy(db, CONSOLE_LINKS, 'conductor', hostname),
  };
}

export function consoleRepository(db: Executor): ConsoleRepository {
  return {
    ...repository(db, CONSOLES),
    getByTicketHash: (hash) => getBy(db, CONSOLES, 'ticket_hash', hash),
  };
}
