import { type CommandRow, query } from './command-row.ts';
import { AUDIT_ROWS } from './rows/audit.ts';
import { CERTIFICATE_ROWS } from './rows/certificates.ts';
import { CONSOLE_ROWS } from './rows/consoles.ts';
import { ISO_ROWS } from './rows/isos.ts';
import { LEASE_ROWS } from './rows/leases.ts';
import { MODEL_ROWS } from './rows/models.ts';
import { NOTICE_ROWS } from './rows/notices.ts';
import { ORDER_ROWS } from './rows/orders.ts';
import { REGISTRATION_ROWS } from './rows/registration.ts';
import { SCHEDULE_ROWS } from './rows/schedules.ts';
import { SERVER_ROWS } from './rows/servers.ts';
import { WORK_ORDER_ROWS } from './rows/work-orders.ts';

/** Every command that asks the life-cycle API: one a row, one for each operation (a spec compares it with the document). */
export const COMMANDS: readonly CommandRow[] = [
  {
    words: 'api document',
    operation: 'lifecycle.openapi.show',
    method: 'GET',
    path: '/v1/openapi.json',
    help: 'print the OpenAPI document of the life-cycle API (with -o json)',
    output: { kind: 'item', columns: ['openapi', 'info.title', 'info.version'] },
  },
  {
    words: 'event watch',
    operation: 'lifecycle.events.watch',
    method: 'GET',
    path: '/v1/events',
    help: 'tell what changes, as it changes, until it is interrupted',
    options: [
      query('after', 'go on after this event', { kind: 'integer' }),
      query('follow', 'false: only what there is to tell now', { choices: ['true', 'false'] }),
    ],
    output: { kind: 'events' },
  },
  ...SERVER_ROWS,
  ...AUDIT_ROWS,
  ...LEASE_ROWS,
  ...CONSOLE_ROWS,
  ...ISO_ROWS,
  ...CERTIFICATE_ROWS,
  ...REGISTRATION_ROWS,
  ...ORDER_ROWS,
  ...SCHEDULE_ROWS,
  ...WORK_ORDER_ROWS,
  ...MODEL_ROWS,
  ...NOTICE_ROWS,
];
