import type { Store } from '../../../db/store.ts';
import type { Caller } from '../../../lifecycle/caller.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { type PendingChange, pendingChanges } from '../../../lifecycle/pending-changes.ts';
import type { BiosSettingRecord, FirmwareComponentRecord, NodeRecord } from '../../../lifecycle/records.ts';
import { redactUrls } from '../../../lifecycle/redact-urls.ts';
import type { ScheduleRecord } from '../../../lifecycle/schedules.ts';
import { isSecretName, MASK } from '../../../lifecycle/secret-names.ts';
import type { ServerRecord } from '../../../lifecycle/server-record.ts';
import { nodeTarget } from '../../openstack/node-access.ts';
import type { LifecycleApi } from '../handler.ts';
import { isoTime } from '../iso-time.ts';

/** Work and runs that are looked through, newest first: only the newest of each part counts. */
const LOOKED_THROUGH = 30;

/** What the caller may see of the hardware as it is; null: not this part. */
export interface SeenHardware {
  bios: readonly BiosSettingRecord[] | null;
  firmware: readonly FirmwareComponentRecord[] | null;
}

/** What was asked of a server and is not there yet, in those parts of its hardware that the caller may see. */
export async function pendingOf(
  { store, policy }: Pick<LifecycleApi, 'store' | 'policy'>,
  { server, node }: { server: ServerRecord; node: NodeRecord },
  { bios, firmware }: SeenHardware,
  caller: Caller,
): Promise<JsonObject[]> {
  const { uuid } = server;
  const [reading, jobs, schedules, runs] = await Promise.all([
    store.hardware_readings.get(uuid),
    store.jobs.list({
      where: { node_uuid: uuid, kind: ['clean', 'service', 'deploy', 'child'] },
      ...{ sort_dir: 'desc', limit: LOOKED_THROUGH },
    }),
    store.schedules.activeOf(uuid),
    runsOf(store, uuid),
  ]);
  const theirs = (schedule: ScheduleRecord): boolean =>
    schedule.side === 'provider' || schedule.project === server.lessee || schedule.project === server.owner;
  const seesHistory = policy.allows('baremetal:node:history:get', nodeTarget(server), caller);
  const own = ({ project }: PendingChange): boolean =>
    seesHistory || (project !== null && project === caller.project_id);
  return (
    pendingChanges({
      ...{ bios: bios ?? [], firmware: firmware ?? [], node, reading, jobs },
      schedules: schedules.filter(theirs),
      runs: runs.filter(({ schedule }) => theirs(schedule)),
    })
      .filter(({ component }) => component === 'raid' || { bios, firmware }[component] !== null)
      // What others tried in vain is no business of whoever has the server now.
      .filter((one) => one.state !== 'failed' || own(one))
      .map((one) => view(one, seesSchedule(one), own(one)))
  );

  function seesSchedule({ project }: PendingChange): boolean {
    return policy.allows('lifecycle:schedule:get', { 'order.project': project }, caller);
  }
}

async function runsOf(store: Pick<Store, 'schedule_runs' | 'schedules'>, server_uuid: string) {
  const runs = await store.schedule_runs.list({
    where: { server_uuid },
    ...{ sort_dir: 'desc', limit: LOOKED_THROUGH },
  });
  const uuid = [...new Set(runs.map(({ schedule_uuid }) => schedule_uuid))];
  const found = uuid.length === 0 ? [] : await store.schedules.list({ where: { uuid } });
  const schedules = new Map(found.map((one) => [one.uuid, one]));
  return runs.flatMap((run) => {
    const schedule = schedules.get(run.schedule_uuid);
    return schedule === undefined ? [] : [{ run, schedule }];
  });
}

function view(change: PendingChange, sees_schedule: boolean, sees_work: boolean): JsonObject {
  const { component, name, from, to, state, since, at, until, step, what, schedule, job, reason } = change;
  const secret = name !== null && isSecretName(name);
  const shown = (value: string | null): string | null => (secret && value !== null ? MASK : value);
  return {
    ...{ component, name, from: shown(from), to: shown(to), state },
    ...{ since: isoTime(since), at: isoTime(at), until: isoTime(until) },
    by: {
      ...{ step, what, schedule: sees_schedule ? schedule : null },
      attempt: sees_work && job !== null ? job.uuid : null,
      user: sees_work ? (job?.user ?? null) : null,
    },
    reason: reason === null ? null : redactUrls(reason),
  };
}
