import type { JsonObject } from '../../lifecycle/json.ts';
import { type CommandRow, field, NEWEST, query } from '../command-row.ts';
import { endOf, serverNames, type WaitRow, type WorkPart } from '../work.ts';

const COLUMNS = ['uuid', 'name', 'what', 'state', 'next_at', 'cron', 'time_zone', 'window_s', 'project'];

const FAILED = ['failed', 'missed', 'cancelled'];

const WAIT: WaitRow = ({ body: { uuid } }) => {
  const named = serverNames();
  return {
    shown_by: `kurogane schedule show ${String(uuid)}`,
    look: async (ask) => {
      const body = (await ask(`/v1/schedules/${String(uuid)}`)) as JsonObject;
      const parts = partsOf(body, await named(ask, body.servers as string[]));
      const text = `The schedule ${String(uuid)} is ${String(body.state)}`;
      return { parts, over: body.state === 'active' ? null : endOf(text, parts), body };
    },
  };
};

/** The latest run of each server; before the first window the servers wait. */
function partsOf({ runs, servers, next_at }: JsonObject, nameOf: (uuid: string) => string): WorkPart[] {
  const parts = new Map<string, WorkPart>();
  for (const { server_uuid, state, last_error } of runs as JsonObject[]) {
    const uuid = String(server_uuid);
    if (parts.has(uuid)) continue;
    const well = state === 'done' ? true : FAILED.includes(String(state)) ? false : null;
    const note = typeof last_error === 'string' ? { note: last_error } : {};
    parts.set(uuid, { name: nameOf(uuid), state: String(state), well, ...note });
  }
  const waits = next_at === null ? {} : { note: `its window begins at ${String(next_at)}` };
  for (const uuid of servers as string[])
    if (!parts.has(uuid)) parts.set(uuid, { name: nameOf(uuid), state: 'waiting', well: null, ...waits });
  return [...parts.values()];
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
    examples: [
      'schedule create --tool reboot --start-at 2026-12-01T02:00+09:00 --servers web-1 web-2 --wait',
      'schedule create --runbook patch --cron "0 2 * * 6" --time-zone Asia/Tokyo --servers web-1 --dry-run',
    ],
    options: [
      field('servers', 'servers that it is done on: names or uuids', {
        kind: 'list',
        required: true,
        of: 'server',
      }),
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
      field('window_s', 'seconds within which work begins or not at all, 60 to 604800; default 3600', {
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
      ...NEWEST,
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
