import type { Tables } from '../../db/store.ts';
import type { ScheduleRecord, ScheduleRunRecord } from '../../lifecycle/schedules.ts';
import type { ServerRecord } from '../../lifecycle/server-record.ts';

/** What a maintenance that a schedule began says of who did. */
const byOf = ({ uuid }: Pick<ScheduleRecord, 'uuid'>): string => `schedule ${uuid}`;

/** Moves a server that is in use to maintenance for the length of its turn. Resolves with whether it did. */
export async function enterMaintenance(
  tables: Tables,
  schedule: ScheduleRecord,
  { window_end }: ScheduleRunRecord,
  { uuid, stage }: ServerRecord,
): Promise<boolean> {
  if (stage !== 'in-use') return false;
  const entered = {
    maintenance_side: schedule.side,
    maintenance_by: byOf(schedule),
    maintenance_reason: schedule.name ?? schedule.what,
    maintenance_since: await tables.now(),
    maintenance_until: window_end,
  };
  return (await tables.servers.update(uuid, entered, { stage, maintenance_side: null })) !== null;
}

/** Ends the maintenance, if it is still the schedule's. */
export async function leaveMaintenance(
  tables: Tables,
  schedule: Pick<ScheduleRecord, 'uuid'>,
  { server_uuid }: Pick<ScheduleRunRecord, 'server_uuid'>,
): Promise<void> {
  const left = {
    maintenance_side: null,
    maintenance_by: null,
    maintenance_reason: null,
    maintenance_since: null,
    maintenance_until: null,
  };
  await tables.servers.update(server_uuid, left, { maintenance_by: byOf(schedule) });
}
