import { expect } from 'chai';
import type { HardwareReadingRecord } from '../../lifecycle/hardware-reading.ts';
import type { JobRecord } from '../../lifecycle/job.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { type PendingChange, type PendingFacts, pendingChanges } from '../../lifecycle/pending-changes.ts';
import type { RunState, ScheduleRecord, ScheduleRunRecord } from '../../lifecycle/schedules.ts';

const step = (name: string, args: JsonObject = {}): JsonObject => {
  const [kind = '', word = ''] = name.split('.');
  return { interface: kind, step: word, args };
};
const BIOS = step('bios.apply_configuration', {
  settings: [
    { name: 'Cores', value: 8 },
    { name: 'Boot', value: 'uefi' },
  ],
});
const FLASH = step('firmware.update', {
  settings: [
    { component: 'bmc', url: 'http://u:p@images.example/bmc-2.bin?sig=secret' },
    { component: 'bios', url: 'http://images.example/bios.bin', version: '2.0' },
  ],
});
const VOLUMES = { logical_disks: [{ raid_level: '1', size_gb: 100 }, { raid_level: 'JBOD' }] };

const job = (fields: Omit<Partial<JobRecord>, 'steps'> & { steps?: JsonObject[] | null }): JobRecord =>
  ({
    ...{ uuid: 'job', args: {}, steps: [BIOS], step_index: 0, step_data: {}, state: 'running' },
    ...{ created_at: 100, finished_at: null, error: null, user: 'u', project: null },
    ...fields,
  }) as unknown as JobRecord;
const failed = (fields: object = {}): JobRecord =>
  job({ state: 'failed', finished_at: 200, error: { code: 'x', message: 'boom', status: 500 }, ...fields });
const schedule = (steps: JsonObject[], fields: Partial<ScheduleRecord> = {}): ScheduleRecord =>
  ({
    ...{ uuid: 'night', what: 'bios-settings', project: 'p', next_at: 500, window_s: 60, created_at: 50 },
    ...{ work: { kind: 'steps', steps, disable_ramdisk: false }, state: 'active' },
    ...fields,
  }) as unknown as ScheduleRecord;
const run = (state: RunState, fields: Partial<ScheduleRunRecord> = {}) => ({
  run: {
    ...{ schedule_uuid: 'night', state, window_start: 300, window_end: 400, started_at: null },
    ...{ finished_at: null, last_error: null },
    ...fields,
  } as unknown as ScheduleRunRecord,
  schedule: schedule([BIOS]),
});
const reading = (fields: Partial<HardwareReadingRecord>): HardwareReadingRecord =>
  ({ bios_read_at: null, firmware_read_at: null, bios_pending: {}, ...fields }) as HardwareReadingRecord;

const found = (facts: Partial<PendingFacts>): string[] =>
  pendingChanges({
    bios: [
      { name: 'Cores', value: '4' },
      { name: 'Boot', value: 'UEFI' },
    ],
    firmware: [
      { component: 'bmc', current_version: '1.0' },
      { component: 'bios', current_version: '1.0' },
    ],
    node: { raid_config: {}, target_raid_config: {} },
    ...{ reading: null, jobs: [], schedules: [], runs: [] },
    ...facts,
  }).map(text);

const text = ({ component, name, from, to, state, at, until, reason }: PendingChange): string =>
  [component, name ?? '*', from || '-', '→', to || '-', state, at, until, reason]
    .filter((one) => one !== null)
    .join(' ');

describe('what is pending on a server', () => {
  const ROWS: [string, Partial<PendingFacts>, string[]][] = [
    ['is nothing, when nothing was asked for', {}, []],
    ['is what work sets, and not what is so already', { jobs: [job({})] }, ['bios Cores 4 → 8 running']],
    [
      'is told before the work was planned',
      { jobs: [job({ steps: null, state: 'queued', args: { service_steps: [BIOS] } })] },
      ['bios Cores 4 → 8 running'],
    ],
    [
      'is what of the work is left: components one by one, images by their file alone',
      { jobs: [job({ steps: [BIOS, FLASH], step_index: 1 })] },
      ['firmware bmc 1.0 → bmc-2.bin running', 'firmware bios 1.0 → 2.0 running'],
    ],
    [
      'leaves out a component that is written',
      { jobs: [job({ steps: [FLASH], step_data: { index: 1 } })] },
      ['firmware bios 1.0 → 2.0 running'],
    ],
    [
      'is a reset to the factory',
      { jobs: [job({ steps: [step('bios.factory_reset')] })] },
      ['bios * - → - running'],
    ],
    [
      'is RAID in a line',
      {
        jobs: [job({ steps: [step('raid.create_configuration')] })],
        node: {
          raid_config: { logical_disks: [{ raid_level: '0', size_gb: 10 }] },
          target_raid_config: VOLUMES,
        },
      },
      ['raid * RAID 0, 10 GB → RAID 1, 100 GB; JBOD running'],
    ],
    ['stays with its reason when it failed', { jobs: [failed()] }, ['bios Cores 4 → 8 failed boom']],
    ['is over with the next reading', { jobs: [failed()], reading: reading({ bios_read_at: 201 }) }, []],
    [
      'is over with the next attempt',
      {
        jobs: [
          job({ steps: [step('bios.apply_configuration', { settings: [{ name: 'Turbo', value: 1 }] })] }),
          failed(),
        ],
      },
      ['bios Turbo - → 1 running'],
    ],
    [
      'does not wait for a reading of another part',
      { jobs: [failed()], reading: reading({ firmware_read_at: 201 }) },
      ['bios Cores 4 → 8 failed boom'],
    ],
    [
      'is nothing after work that is done',
      { jobs: [job({ state: 'done', finished_at: 200 }), failed()] },
      [],
    ],
    [
      'is what the BMC holds for the next boot, unless work says more',
      { jobs: [failed()], reading: reading({ bios_pending: { Cores: '8', Turbo: 'on' } }) },
      ['bios Cores 4 → 8 failed boom', 'bios Turbo - → on waiting-for-restart'],
    ],
    [
      'is what a schedule will do, and when',
      { schedules: [schedule([BIOS, FLASH])] },
      [
        'bios Cores 4 → 8 scheduled 500 60500',
        'firmware bmc 1.0 → bmc-2.bin scheduled 500 60500',
        'firmware bios 1.0 → 2.0 scheduled 500 60500',
      ],
    ],
    [
      'is in the window that is open',
      { schedules: [schedule([BIOS])], runs: [run('waiting')] },
      ['bios Cores 4 → 8 scheduled 300 400'],
    ],
    [
      'is nothing of a schedule that has no window left',
      { schedules: [schedule([BIOS], { next_at: null })] },
      [],
    ],
    [
      'is what a schedule missed',
      { runs: [run('missed', { finished_at: 400, last_error: 'no turn' })] },
      ['bios Cores 4 → 8 failed no turn'],
    ],
    [
      'is not what a schedule missed before it was tried by hand',
      {
        runs: [run('missed', { finished_at: 90, last_error: 'no turn' })],
        jobs: [job({ state: 'done', finished_at: 150 })],
      },
      [],
    ],
    [
      'is a target of RAID that nobody builds',
      { node: { raid_config: {}, target_raid_config: VOLUMES } },
      ['raid * - → RAID 1, 100 GB; JBOD asked'],
    ],
    [
      'is not a target that is there, as far as a controller rounds',
      {
        node: {
          raid_config: {
            logical_disks: [
              { raid_level: 'JBOD', size_gb: 7 },
              { raid_level: '1', size_gb: 99 },
            ],
          },
          target_raid_config: VOLUMES,
        },
      },
      [],
    ],
  ];
  for (const [it_is, facts, expected] of ROWS) it(it_is, () => expect(found(facts)).to.deep.equal(expected));
});
