import type { HardwareReadingRecord } from './hardware-reading.ts';
import type { JobRecord, WorkOrigin } from './job.ts';
import type { Json, JsonObject } from './json.ts';
import type { BiosSettingRecord, EpochMs, FirmwareComponentRecord, NodeRecord } from './records.ts';
import type { ScheduleRecord, ScheduleRunRecord } from './schedules.ts';

export const PENDING_COMPONENTS = ['bios', 'raid', 'firmware'] as const;
export type PendingComponent = (typeof PENDING_COMPONENTS)[number];

/**
 * - `running`: work that was asked for and has not ended.
 * - `waiting-for-restart`: the BMC has it, and the server takes it on with its next boot.
 * - `scheduled`: a schedule will ask for it, in a window from `at` to `until`.
 * - `asked`: it is the target, and nothing works on it.
 * - `failed`: it was tried and is not there, for `reason`; until it is tried again, or the hardware is read again.
 */
export type PendingState = 'running' | 'waiting-for-restart' | 'scheduled' | 'asked' | 'failed';

/** Something of a server that was asked for and is not there yet. */
export interface PendingChange {
  component: PendingComponent;
  /** A BIOS setting, or a component with firmware; null: all of it. */
  name: string | null;
  from: string | null;
  /** null: what the factory sets; for firmware, a version that is not known before. */
  to: string | null;
  state: PendingState;
  /** When it was asked for, was read, or failed. */
  since: EpochMs | null;
  at: EpochMs | null;
  until: EpochMs | null;
  /** The step that sets it; null: the BMC alone knows. */
  step: string | null;
  /** Name of the runbook or the tool that it is part of. */
  what: string | null;
  /** uuid of the schedule that asks for it. */
  schedule: string | null;
  /** In whose name: a project; null: the system's. */
  project: string | null;
  /** The work that sets it, or that failed. */
  job: JobRecord | null;
  reason: string | null;
}

/** What is known of a server, and what was asked of it. */
export interface PendingFacts {
  bios: readonly Pick<BiosSettingRecord, 'name' | 'value'>[];
  firmware: readonly Pick<FirmwareComponentRecord, 'component' | 'current_version'>[];
  node: Pick<NodeRecord, 'raid_config' | 'target_raid_config'>;
  reading: HardwareReadingRecord | null;
  /** The node's work with steps, newest first. */
  jobs: readonly JobRecord[];
  /** Active schedules that the server is in. */
  schedules: readonly ScheduleRecord[];
  /** The server's runs of schedules, newest first, each with its schedule. */
  runs: readonly { run: ScheduleRunRecord; schedule: ScheduleRecord }[];
}

type Wanted = Pick<PendingChange, 'component' | 'name' | 'to' | 'step'>;
type Origin = Omit<PendingChange, keyof Wanted | 'from'>;

const NOWHERE: Origin = {
  ...{ state: 'running', since: null, at: null, until: null },
  ...{ what: null, schedule: null, project: null, job: null, reason: null },
};

/**
 * What will change on a server, in BIOS settings, RAID and firmware: what work sets, what schedules will set, what its BMC holds for the next
 * boot, and what failed. What is there already is left out. Pure.
 */
export function pendingChanges(facts: PendingFacts): PendingChange[] {
  const tried = PENDING_COMPONENTS.flatMap((component) => lastTried(component, facts));
  const names = new Set(tried.map(({ component, name }) => `${component} ${name}`));
  const held = Object.entries(facts.reading?.bios_pending ?? {})
    .map(([name, to]) => ({ component: 'bios', name, to, step: null }) as const)
    .filter(({ name }) => !names.has(`bios ${name}`) && !names.has('bios null'))
    .map((wanted) =>
      change(facts, wanted, {
        ...{ ...NOWHERE, state: 'waiting-for-restart' },
        since: facts.reading?.bios_read_at ?? null,
      }),
    );
  const target = names.has('raid null') ? [] : raidTarget(facts);
  return [...tried, ...held, ...target, ...scheduled(facts)].filter(differs);
}

/** What the newest attempt of a component sets, or did not set. */
function lastTried(component: PendingComponent, facts: PendingFacts): PendingChange[] {
  const attempts = facts.jobs.map((job) => ({ job, wanted: wantedBy(job, facts.node, component) }));
  const found = attempts.find(({ wanted }) => wanted.all.length > 0);
  const missed = facts.runs.find(
    ({ run, schedule }) =>
      (run.state === 'missed' || run.state === 'failed') &&
      run.started_at === null &&
      stepsOfSchedule(schedule).some((step) => wantedOf(step, facts.node).some(is(component))),
  );
  if (missed !== undefined && (missed.run.finished_at ?? 0) > (found?.job.created_at ?? 0))
    return failedRun(component, facts, missed.run, missed.schedule);
  if (found === undefined) return [];
  const { job, wanted } = found;
  const { what = null, schedule = null } = originOf(job);
  const { created_at: since, project } = job;
  const origin: Origin = { ...NOWHERE, since, what, schedule, project, job };
  if (job.finished_at === null) return wanted.left.map((one) => change(facts, one, origin));
  if (job.state === 'done' || job.finished_at <= (readAt(component, facts) ?? 0)) return [];
  const failed = { state: 'failed', since: job.finished_at, reason: job.error?.message ?? null } as const;
  return wanted.left.map((one) => change(facts, one, { ...origin, ...failed }));
}

function failedRun(
  component: PendingComponent,
  facts: PendingFacts,
  { finished_at, last_error }: ScheduleRunRecord,
  schedule: ScheduleRecord,
): PendingChange[] {
  if ((finished_at ?? 0) <= (readAt(component, facts) ?? 0)) return [];
  const failed = { state: 'failed', since: finished_at, reason: last_error } as const;
  return stepsOfSchedule(schedule)
    .flatMap((step) => wantedOf(step, facts.node))
    .filter(is(component))
    .map((one) => change(facts, one, { ...NOWHERE, ...failed, ...named(schedule) }));
}

function scheduled(facts: PendingFacts): PendingChange[] {
  return facts.schedules.flatMap((schedule) => {
    const open = facts.runs.find(
      ({ run }) =>
        run.schedule_uuid === schedule.uuid && ['waiting', 'claimed', 'stopping'].includes(run.state),
    )?.run;
    const at = open?.window_start ?? schedule.next_at;
    if (at === null) return [];
    const until = open?.window_end ?? at + schedule.window_s * 1000;
    const origin: Origin = {
      ...{ ...NOWHERE, state: 'scheduled', since: schedule.created_at, at, until },
      ...named(schedule),
    };
    return stepsOfSchedule(schedule)
      .flatMap((step) => wantedOf(step, facts.node))
      .map((one) => change(facts, one, origin));
  });
}

const is =
  (component: PendingComponent) =>
  (wanted: Wanted): boolean =>
    wanted.component === component;

const named = ({ what, uuid, project }: ScheduleRecord) => ({ what, schedule: uuid, project });

const stepsOfSchedule = ({ work }: ScheduleRecord): JsonObject[] => (work.kind === 'steps' ? work.steps : []);

/** When a component was read last; null: never. What RAID there is is known from its last change. */
function readAt(component: PendingComponent, { reading, node }: PendingFacts): EpochMs | null {
  if (component === 'bios') return reading?.bios_read_at ?? null;
  if (component === 'firmware') return reading?.firmware_read_at ?? null;
  const { last_updated } = node.raid_config;
  return typeof last_updated === 'string' ? Date.parse(last_updated) : null;
}

/** What a job sets in a component: in all, and what of it is not done. */
function wantedBy(
  job: JobRecord,
  node: PendingFacts['node'],
  component: PendingComponent,
): { all: Wanted[]; left: Wanted[] } {
  const { args } = job;
  const asked = args.clean_steps ?? args.service_steps ?? args.deploy_steps;
  const steps = (job.steps ?? (Array.isArray(asked) ? asked : [])) as unknown as JsonObject[];
  const each = steps.map((step) => wantedOf(step, node).filter(is(component)));
  // Firmware is written one component after the other.
  const done = Number(job.step_data.index ?? 0);
  return {
    all: each.flat(),
    left: each.slice(job.step_index).flatMap((wanted, index) => (index === 0 ? wanted.slice(done) : wanted)),
  };
}

function originOf({ args }: JobRecord): Partial<WorkOrigin> {
  return (args.origin ?? {}) as Partial<WorkOrigin>;
}

/** What a step sets. */
function wantedOf({ interface: kind, step, args }: JsonObject, node: PendingFacts['node']): Wanted[] {
  const name = `${String(kind)}.${String(step)}`;
  return (READ[name]?.((args ?? {}) as JsonObject, node) ?? []).map((one) => ({ ...one, step: name }));
}

type Reader = (args: JsonObject, node: PendingFacts['node']) => Omit<Wanted, 'step'>[];

const raidBuilt: Reader = ({ raid_config }, { target_raid_config }) => [
  { component: 'raid', name: null, to: raidText((raid_config ?? target_raid_config) as JsonObject) },
];

const firmwareWritten: Reader = ({ settings, firmware_images }) =>
  objects(settings ?? firmware_images).map(({ component, version, url }) => ({
    component: 'firmware',
    name: typeof component === 'string' ? component : 'bios',
    to: typeof version === 'string' ? version : fileOf(url),
  }));

const READ: Readonly<Record<string, Reader>> = {
  'bios.apply_configuration': ({ settings }) =>
    objects(settings).map(({ name, value }) => ({
      component: 'bios',
      name: String(name),
      to: String(value),
    })),
  'bios.factory_reset': () => [{ component: 'bios', name: null, to: null }],
  'raid.create_configuration': raidBuilt,
  'raid.apply_configuration': raidBuilt,
  'raid.delete_configuration': () => [{ component: 'raid', name: null, to: '' }],
  'firmware.update': firmwareWritten,
  'management.update_firmware': firmwareWritten,
};

const objects = (value: Json | undefined): JsonObject[] =>
  Array.isArray(value) ? (value as JsonObject[]) : [];

/** The file's name in a URL: no host, no account and no query. */
function fileOf(url: Json | undefined): string | null {
  const path = typeof url === 'string' ? url.split(/[?#]/, 1)[0] : '';
  return path?.split('/').at(-1) || null;
}

/** Logical disks in a line: `RAID 1, 480 GB; JBOD`. Empty: there are none. */
export function raidText({ logical_disks }: JsonObject): string {
  return objects(logical_disks)
    .map(({ raid_level, size_gb }) => {
      const level = raid_level === 'JBOD' ? 'JBOD' : `RAID ${String(raid_level)}`;
      return typeof size_gb === 'number' ? `${level}, ${size_gb} GB` : level;
    })
    .join('; ');
}

/** A target that nobody has built. */
function raidTarget(facts: PendingFacts): PendingChange[] {
  const { raid_config, target_raid_config } = facts.node;
  const wanted = objects(target_raid_config.logical_disks);
  const left = objects(raid_config.logical_disks);
  for (const disk of wanted) {
    const index = left.findIndex((one) => isAs(disk, one));
    if (index === -1) {
      const to = raidText(target_raid_config);
      return [
        change(facts, { component: 'raid', name: null, to, step: null }, { ...NOWHERE, state: 'asked' }),
      ];
    }
    left.splice(index, 1);
  }
  return [];
}

/** A controller may round a size. */
const SIZE_DIFFERENCE = 0.05;

function isAs(wanted: JsonObject, found: JsonObject): boolean {
  if (wanted.raid_level !== found.raid_level) return false;
  const [size, is] = [wanted.size_gb, found.size_gb];
  return typeof size !== 'number' || typeof is !== 'number' || Math.abs(size - is) <= size * SIZE_DIFFERENCE;
}

function change(facts: PendingFacts, wanted: Wanted, origin: Origin): PendingChange {
  return { ...wanted, from: currentOf(wanted, facts), ...origin };
}

function currentOf({ component, name }: Wanted, { bios, firmware, node }: PendingFacts): string | null {
  if (component === 'raid') return raidText(node.raid_config);
  if (component === 'bios') return bios.find((one) => one.name === name)?.value ?? null;
  return firmware.find((one) => one.component === name)?.current_version ?? null;
}

/** RAID may be built anew as it is; all else that is there already changes nothing. */
function differs({ component, from, to }: PendingChange): boolean {
  return component === 'raid' || to === null || from?.toLowerCase() !== to.toLowerCase();
}
