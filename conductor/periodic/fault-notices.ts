import type { Notice } from '../../lifecycle/notice.ts';
import type { EpochMs } from '../../lifecycle/records.ts';
import type { ServerRecord } from '../../lifecycle/server-record.ts';
import { customerOf, named, serverFacts } from '../notices/about-server.ts';
import { addNotice } from '../notices/add-notice.ts';
import type { Periodic, PeriodicContext } from './periodic.ts';

const INTERVAL_S = 10;
const BATCH = 500;

/** What was told, and in which words. `hardware`: its BMC reports a critical condition. */
const FAULTS = {
  hardware: 'its hardware reports a critical condition',
  'power failure': 'its management controller does not answer, so that its power state is not known',
  'clean failure': 'it could not be cleaned',
  'rescue abort failure': 'its rescue could not be ended',
  'service failure': 'work on its hardware failed',
} as const;
type Fault = keyof typeof FAULTS;

const KNOWN = Object.keys(FAULTS) as Fault[];

/** Tells of faults of servers, and of their end, whoever found them: the customer who has the server, the provider, and nobody else. */
export const faultNotices: Periodic = {
  name: 'fault-notices',
  interval_s: () => INTERVAL_S,
  start: (ctx) => async () => {
    const { servers } = ctx.store;
    const [critical, failed, told] = await Promise.all([
      servers.list({ where: { attention: true, health: 'Critical' }, limit: BATCH }),
      servers.list({
        where: { attention: true, fault: KNOWN.filter((one) => one !== 'hardware') },
        limit: BATCH,
      }),
      servers.list({ where: { fault_told: KNOWN }, limit: BATCH }),
    ]);
    const all = new Map([...critical, ...failed, ...told].map((server) => [server.uuid, server]));
    for (const server of all.values()) {
      if (ctx.signal.aborted) return;
      if (faultOf(server) !== server.fault_told) await tell(ctx, server);
    }
  },
};

function faultOf({ fault, health, disposed_at }: ServerRecord): Fault | null {
  if (disposed_at !== null) return null;
  return fault ?? (health === 'Critical' ? 'hardware' : null);
}

async function tell({ store, settings }: PeriodicContext, server: ServerRecord): Promise<void> {
  const fault = faultOf(server);
  await store.transaction(async (tables) => {
    const now = await tables.now();
    // Another conductor was faster.
    const { fault_told } = server;
    if ((await tables.servers.update(server.uuid, { fault_told: fault }, { fault_told })) === null) return;
    const notice = fault === null ? over(server, now) : begun(server, fault, now);
    await addNotice(tables, settings, now, notice);
  });
}

const begun = (server: ServerRecord, fault: Fault, now: EpochMs): Notice => ({
  ...{ event: 'server.fault', severity: 'error', project: customerOf(server) },
  subject_key: `server.fault:${server.uuid}:${now}`,
  text: `The server ${named(server)}: ${FAULTS[fault]}.`,
  facts: { ...serverFacts(server), fault },
});

const over = (server: ServerRecord, now: EpochMs): Notice => ({
  ...{ event: 'server.recovered', severity: 'info', project: customerOf(server) },
  subject_key: `server.recovered:${server.uuid}:${now}`,
  text: `The server ${named(server)} is in order again.`,
  facts: { ...serverFacts(server), fault: null },
});
