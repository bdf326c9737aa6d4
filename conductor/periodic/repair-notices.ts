import { ServiceError } from '../../lifecycle/errors.ts';
import type { Notice } from '../../lifecycle/notice.ts';
import type { EpochMs } from '../../lifecycle/records.ts';
import type { ServerRecord } from '../../lifecycle/server-record.ts';
import { repairState, type WorkOrderRecord } from '../../lifecycle/work-orders.ts';
import { customerOf, named, serverFacts } from '../notices/about-server.ts';
import { addNotice } from '../notices/add-notice.ts';
import type { Periodic, PeriodicContext } from './periodic.ts';

const INTERVAL_S = 30;
/** The newest orders that are looked at. */
const MOST = 1000;
/** What is older was told, or is no news any more. */
const NEWS_MS = 7 * 86_400_000;

type Dated = WorkOrderRecord & { server_uuid: string; proposed_from: EpochMs; proposed_until: EpochMs };

/** What of a repair is told, and in which words. */
const NEWS = {
  proposed: 'is proposed for',
  agreed: 'is agreed for',
  cancelled: 'is cancelled; it was to be',
} as const;

/** Tells the project that has a server, and no other, of the dates of its repairs: proposed, agreed, cancelled; once each. */
export const repairNotices: Periodic = {
  name: 'repair-notices',
  interval_s: () => INTERVAL_S,
  start: (ctx) => {
    // What was told, to which subscriptions: nothing is told again until somebody else wants to hear it.
    let told = new Set<string>();
    return async () => {
      const { store, signal } = ctx;
      const since = (await store.now()) - NEWS_MS;
      const where = { state: ['open', 'cancelled'] } as const;
      const listeners = await subscriptions(store);
      const before = told;
      told = new Set();
      for (const order of await store.work_orders.list({ where, sort_dir: 'desc', limit: MOST })) {
        if (signal.aborted) return;
        if (!isDated(order) || (order.updated_at ?? order.created_at) < since) continue;
        const server = await store.servers.get(order.server_uuid);
        const notice = server === null ? null : noticeOf(order, server);
        if (notice === null) continue;
        const key = `${notice.project} ${notice.subject_key} ${listeners}`;
        if (!before.has(key)) await tell(ctx, notice);
        told.add(key);
      }
    };
  },
};

/** Who wants to hear of things, as a text that changes with them. */
async function subscriptions({ notice_subscriptions }: PeriodicContext['store']): Promise<string> {
  const all = await notice_subscriptions.list();
  return all.map(({ uuid, updated_at }) => `${uuid}@${updated_at}`).join();
}

const isDated = (order: WorkOrderRecord): order is Dated =>
  order.server_uuid !== null && order.proposed_from !== null && order.proposed_until !== null;

async function tell({ store, settings }: PeriodicContext, notice: Notice): Promise<void> {
  try {
    await store.transaction(async (tables) => addNotice(tables, settings, await tables.now(), notice));
  } catch (error) {
    // Another conductor was faster.
    if (!(error instanceof ServiceError && error.code === 'AlreadyExists')) throw error;
  }
}

/** null: there is nothing to tell, or nobody whom it concerns. */
function noticeOf(order: Dated, server: ServerRecord): Notice | null {
  const state = repairState(order);
  const project = customerOf(server);
  if (project === null || !(state === 'proposed' || state === 'agreed' || state === 'cancelled')) return null;
  const { uuid, kind, what, hot } = order;
  const [from, until] = [
    order.agreed_from ?? order.proposed_from,
    order.agreed_until ?? order.proposed_until,
  ].map((at) => new Date(at).toISOString());
  const running = { true: 'It goes on running meanwhile.', false: 'It has to be off meanwhile.', null: '' };
  return {
    ...{
      event: `repair.${state}`,
      severity: state === 'proposed' ? 'warning' : 'info',
      project,
      to: 'project',
    },
    subject_key: `repair.${state}:${uuid}:${order.proposed_from}:${order.proposed_until}`,
    text: `A repair of the server ${named(server)} (${what}) ${NEWS[state]} ${from} to ${until}. ${running[`${hot}`]}`.trim(),
    facts: { ...serverFacts(server), repair_uuid: uuid, kind, what, hot, from, until } as Notice['facts'],
  };
}
