/** What the form of a schedule holds: texts, as they are typed. */
export interface ScheduleFields {
  name: string;
  servers: string;
  /** A tool, or `runbook`. */
  tool: string;
  runbook: string;
  /** JSON. */
  args: string;
  repeat: string;
  /** By the browser's clock. */
  start_at: string;
  cron: string;
  time_zone: string;
  /** Minutes. */
  window: string;
  os_off: boolean;
  wait_s: string;
  soft_s: string;
  hard: boolean;
  at_once: string;
  per_rack: string;
  per_project: string;
}

export const AT_FIRST: ScheduleFields = {
  ...{ name: '', servers: '', tool: 'reboot', runbook: '', args: '', repeat: 'once' },
  ...{ start_at: '', cron: '', time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone, window: '60' },
  ...{ os_off: false, wait_s: '0', soft_s: '600', hard: false, at_once: '', per_rack: '', per_project: '' },
};

const WITH_ARGS: readonly string[] = ['bios-settings', 'firmware-update'];

/** The form as the API takes it. @throws SyntaxError when args are no JSON; it names the field */
export function scheduleBody(fields: ScheduleFields): object {
  const { name, tool, runbook, repeat, start_at, cron, time_zone, os_off, hard } = fields;
  const limits = (['at_once', 'per_rack', 'per_project'] as const).flatMap((one) =>
    fields[one] === '' ? [] : [[one, Number(fields[one])] as const],
  );
  return {
    ...(name === '' ? {} : { name }),
    servers: fields.servers.split(/[\s,]+/).filter((one) => one !== ''),
    ...(tool === 'runbook' ? { runbook } : { tool }),
    ...(WITH_ARGS.includes(tool) ? { args: parsed(fields.args) } : {}),
    ...(repeat === 'once' ? { start_at: new Date(start_at).toISOString() } : { cron, time_zone }),
    window_s: Number(fields.window) * 60,
    ...(os_off ? { os_off: { wait_s: Number(fields.wait_s), soft_s: Number(fields.soft_s), hard } } : {}),
    ...(limits.length === 0 ? {} : { limits: Object.fromEntries(limits) }),
  };
}

function parsed(args: string): unknown {
  try {
    return JSON.parse(args);
  } catch (error) {
    throw new SyntaxError(`args: ${(error as Error).message}`);
  }
}
