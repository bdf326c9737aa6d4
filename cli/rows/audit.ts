import { type CommandRow, NEWEST, query } from '../command-row.ts';
import { TIMELINE_PAGE } from './server-options.ts';

/** Who did what, and what was tried. */
export const AUDIT_ROWS: readonly CommandRow[] = [
  {
    words: 'server audit',
    operation: 'lifecycle.servers.audit',
    method: 'GET',
    path: '/v1/servers/{server}/audit',
    help: 'list who did what to a server, newest first',
    options: NEWEST,
    output: {
      kind: 'list',
      key: 'audit',
      columns: ['id', 'created_at', 'action', 'user', 'project', 'request_id'],
    },
  },
  {
    words: 'trail list',
    operation: 'lifecycle.audit.list',
    method: 'GET',
    path: '/v1/audit',
    help: 'list who did what, newest first',
    examples: ['trail list --server web-1 --action power --since 2026-11-01'],
    options: [
      query('server', 'to this server: its name, or its uuid, also of one that is gone'),
      query('project', 'in the name of this project'),
      query('user', 'by this user'),
      query('action', 'what was done, such as provision or power'),
      query('outcome', 'what became of it', { choices: ['done', 'refused'] }),
      query('request_id', "by the request's id, as the service's logs have it"),
      query('since', 'from this time on, ISO 8601'),
      query('until', 'before this time, ISO 8601'),
      ...NEWEST,
    ],
    output: {
      kind: 'list',
      key: 'audit',
      columns: ['id', 'created_at', 'action', 'outcome', 'server_uuid', 'user', 'project', 'request_id'],
    },
  },
  {
    words: 'server timeline',
    operation: 'lifecycle.timeline.show',
    method: 'GET',
    path: '/v1/servers/{server}/timeline',
    help: 'show what was tried with a server, newest first',
    options: TIMELINE_PAGE,
    output: {
      kind: 'list',
      key: 'attempts',
      columns: ['kind', 'state', 'created_at', 'cause', 'next_action', 'finished_at', 'conductor', 'uuid'],
    },
  },
];
