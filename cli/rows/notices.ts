import type { JsonObject } from '../../lifecycle/json.ts';
import { type CommandRow, field, type OptionRow, query } from '../command-row.ts';
import { type CrudRow, crudRows } from '../crud-rows.ts';
import { endOf, type WaitRow } from '../work.ts';

const CHANGES: readonly OptionRow[] = [
  field('name', 'its name'),
  field('target', 'a URL, or an e-mail address'),
  field('severity', 'the least one that is told; default info', { choices: ['info', 'warning', 'error'] }),
  field('events', 'names of events, or their beginnings such as server.', { kind: 'list' }),
  field('enabled', 'true, or false: nothing is sent', { kind: 'json' }),
];

const KINDS: readonly CrudRow[] = [
  {
    ...{
      words: 'subscription',
      operation: 'subscriptions',
      collection: 'subscriptions',
      param: 'subscription',
    },
    many: 'subscriptions: where notices go',
    fields: [
      ...CHANGES,
      field('outlet', 'by what it is told', { choices: ['webhook', 'email'] }),
      field('project', "the project whose servers it is about; default: the caller's"),
      field('secret', 'what posts are signed with, 16 to 255 characters; default: one is made up', {
        kind: 'secret',
      }),
    ],
    required: ['name', 'outlet', 'target'],
    changes: CHANGES,
    filters: [query('outlet', 'by this outlet', { choices: ['webhook', 'email'] })],
    sort_keys: ['name'],
    columns: ['uuid', 'name', 'outlet', 'enabled', 'target', 'severity', 'project'],
  },
  {
    ...{ words: 'notice', operation: 'notices', collection: 'notices', param: 'notice' },
    many: 'notices: what people were told; those given up: --state dead',
    newest: true,
    verbs: ['list', 'show'],
    filters: [
      query('state', 'in this state', { choices: ['queued', 'sent', 'dead', 'dropped'] }),
      query('event', 'of this event, such as server.failed'),
      query('severity', 'of this severity', { choices: ['info', 'warning', 'error'] }),
      query('outlet', 'by this outlet', { choices: ['slack', 'webhook', 'email'] }),
      query('server_uuid', 'about this server'),
      'subscription_uuid',
    ],
    columns: [
      ...['uuid', 'event', 'state', 'created_at', 'severity', 'server_uuid', 'outlet', 'attempts'],
      ...['last_error'],
    ],
  },
];

/** Until it is sent, or given up again. */
const RETRIED: WaitRow = ({ body: { uuid } }) => ({
  shown_by: `kurogane notice show ${String(uuid)}`,
  look: async (ask) => {
    const body = (await ask(`/v1/notices/${String(uuid)}`)) as JsonObject;
    const well = body.state === 'queued' ? null : body.state === 'sent';
    const note = typeof body.last_error === 'string' ? { note: body.last_error } : {};
    const parts = [{ name: String(body.event), state: String(body.state), well, ...note }];
    return { parts, over: well === null ? null : endOf(`The notice is ${String(body.state)}`, parts), body };
  },
});

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
    wait: RETRIED,
  },
];
