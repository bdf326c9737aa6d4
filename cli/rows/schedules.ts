import type { JsonObject } from '../../lifecycle/json.ts';
import { type CommandRow, field, PAGE, query, type WaitRow } from '../command-row.ts';

const COLUMNS = ['uuid', 'name', 'project', 'what', 'state', 'cron', 'time_zone', 'next_at', 'window_s'];

const WAIT: WaitRow = {
  path: (_args, body) => `/v1/schedules/${String((body as JsonObject).uuid)}`,
  over: ({ state, progress, uuid }) => {
    if (state === 'active') return null;
    const well = Object.keys(progress as JsonObject).every((one) => one === 'done');
    return {
      well,
      text: `The schedule ${String(uuid)} is ${String(state)}: ${told(progress as JsonObject)}.`,
    };
  },
  progress: ({ progress }) => told(progress as JsonObject),
};

function told(progress: JsonObject): string {
  const states = Object.entries(progress).map(([state, count]) => `${state}: ${String(count)}`);
  return states.length === 0 ? 'its window has not come' : states.join(', ');
}

export const SCHEDULE_ROWS: readonly CommandRow[] = [
  {
    words: 'step list',
    operation: 'lifecycle.steps.list',
    method: 'GET',
    path: '/v1/steps',
    help: 'list the steps that BMCs carry out, for runbooks and templates',
    output: {
      kind: 'made',
      columns: ['step', 'areas', 'args'],
      rows: (body) =>
        ((body as JsonObject).steps as JsonObject[]).map(({ interface: on, step, areas, args }) => ({
          step: `${String(on)}.${String(step)}`,
          areas: (areas as string[]).join(', '),
          args: (args as JsonObject[])
            .map(({ name, required }) => `${String(name)}${required === true ? ' *' : ''}`)
            .join(', '),
        })),
    },
  },
  {
    words: 'schedule create',
    operation: 'lifecycle.schedules.create',
    method: 'POST',
    path: '/v1/schedules',
    help: 'have work done on servers at a time, or in a window that comes again',
    options: [
      field('servers', 'uuids or names', { kind: 'list', required: true }),
      field('runbook', 'uuid or name of a runbook'),
      field('tool', 'instead of a runbook', {
        choices: [
          ...['power-on', 'power-off', 'soft-power-off', 'reboot', 'soft-reboot'],
          ...['bios-settings', 'firmware-update'],
        ],
      }),
      field('args', 'what the tool takes: {"settings": {…}} or {"updates": […]}', { kind: 'json' }),
      field('name', 'a name for it'),
      field('start_at', 'once, at this time: 2026-12-01T02:00+09:00'),
      field('cron', 'again and again: "0 2 * * 6"'),
      field('time_zone', 'that cron is meant in, such as Asia/Tokyo; default UTC'),
      field('window_s', 'work begins within so many seconds or not at all; default 3600', {
        kind: 'integer',
      }),
      field('os_off', 'end the operating system first: {"wait_s": 600, "soft_s": 300, "hard": true}', {
        kind: 'json',
      }),
      field('limits', 'servers at once: {"at_once": 10, "per_rack": 2, "per_project": 20}', { kind: 'json' }),
      field('dry_run', 'only tell what it would be', { kind: 'switch' }),
    ],
    output: { kind: 'item' },
    wait: WAIT,
  },
  {
    words: 'schedule list',
    operation: 'lifecycle.schedules.list',
    method: 'GET',
    path: '/v1/schedules',
    help: 'list schedules, newest first',
    options: [
      query('state', 'in this state', { choices: ['active', 'done', 'cancelled'] }),
      query('project', 'of this project'),
      ...PAGE,
    ],
    output: { kind: 'list', key: 'schedules', columns: COLUMNS },
  },
  {
    words: 'schedule show',
    operation: 'lifecycle.schedules.show',
    method: 'GET',
    path: '/v1/schedules/{schedule}',
    help: 'show a schedule, its next windows and what became of its servers',
    output: { kind: 'item' },
  },
  {
    words: 'schedule cancel',
    operation: 'lifecycle.schedules.cancel',
    method: 'POST',
    path: '/v1/schedules/{schedule}/cancel',
    help: 'cancel a schedule; work that has begun goes on to its end',
    output: { kind: 'item', columns: [...COLUMNS, 'progress'] },
  },
];
