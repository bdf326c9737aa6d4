import { type CommandRow, field, type OptionRow } from '../command-row.ts';
import { type CrudRow, crudRows } from '../crud-rows.ts';

const CHANGES: readonly OptionRow[] = [
  field('name', 'its name'),
  field('target', 'a URL, or an e-mail address'),
  field('severity', 'the least one', { choices: ['info', 'warning', 'error'] }),
  field('events', 'names of events, or their beginnings such as server.', { kind: 'list' }),
  field('enabled', 'true or false', { kind: 'json' }),
];

const KINDS: readonly CrudRow[] = [
  {
    ...{
      words: 'subscription',
      operation: 'subscriptions',
      collection: 'subscriptions',
      param: 'subscription',
    },
    many: 'where notices go',
    fields: [
      ...CHANGES,
      field('outlet', 'webhook or email', { choices: ['webhook', 'email'] }),
      field('project', 'the project whose it is'),
      field('secret', 'what posts are signed with; without: one is made up', { kind: 'secret' }),
    ],
    required: ['name', 'outlet', 'target'],
    changes: CHANGES,
    filters: ['outlet'],
    sort_keys: ['name'],
    columns: ['uuid', 'name', 'project', 'outlet', 'target', 'severity', 'enabled'],
  },
  {
    ...{ words: 'notice', operation: 'notices', collection: 'notices', param: 'notice' },
    many: 'what people were told; those given up: --state dead',
    verbs: ['list', 'show'],
    filters: ['state', 'event', 'severity', 'outlet', 'subscription_uuid'],
    columns: ['uuid', 'event', 'severity', 'outlet', 'state', 'attempts', 'last_error', 'created_at'],
  },
];

/** What people are told, and where that goes. */
export const NOTICE_ROWS: readonly CommandRow[] = [
  ...KINDS.flatMap(crudRows),
  {
    words: 'notice drop',
    operation: 'lifecycle.notices.delete',
    method: 'DELETE',
    path: '/v1/notices/{notice}',
    help: 'send a notice no more',
    output: { kind: 'done', text: 'dropped' },
  },
  {
    words: 'notice retry',
    operation: 'lifecycle.notices.retry',
    method: 'POST',
    path: '/v1/notices/{notice}/retry',
    help: 'have a notice that was given up tried again',
    output: { kind: 'item', columns: ['uuid', 'event', 'state'] },
  },
];
