import { type CommandRow, field } from '../command-row.ts';

const COLUMNS = ['uuid', 'type', 'state', 'created_at', 'user', 'project', 'read_only', 'why'];

export const CONSOLE_ROWS: readonly CommandRow[] = [
  {
    words: 'console open',
    operation: 'lifecycle.consoles.create',
    method: 'POST',
    path: '/v1/servers/{server}/consoles',
    help: "show a server's serial console in this terminal; with -o json, or of a screen, the address that opens it once",
    options: [
      field('type', 'the serial port, or the screen', { choices: ['serial', 'graphical'], preset: 'serial' }),
      field('read_only', 'only look', { kind: 'switch' }),
      field('take_over', 'somebody else who has the serial port at the BMC loses it', { kind: 'switch' }),
    ],
    output: { kind: 'console' },
  },
  {
    words: 'console list',
    operation: 'lifecycle.consoles.list',
    method: 'GET',
    path: '/v1/servers/{server}/consoles',
    help: 'list who has, or had, a console of a server open, newest first',
    output: { kind: 'list', key: 'consoles', columns: COLUMNS },
  },
  {
    words: 'console close',
    operation: 'lifecycle.consoles.close',
    method: 'DELETE',
    path: '/v1/servers/{server}/consoles/{console}',
    help: 'close a console, or take its ticket back',
    output: { kind: 'item', columns: COLUMNS },
  },
];
