import { type BmcLeaseRecord, LEASE_NAME, leasePause_ms, leaseProblem } from '../../lifecycle/bmc-lease.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { openBmc } from '../bmc.ts';
import { StepFailure } from '../step.ts';
import type { Periodic, PeriodicContext } from './periodic.ts';

const INTERVAL_S = 2;
const BATCH = 100;
/** An account is made by a call; whoever asked for it is gone by then. */
const PENDING_MS = 300_000;
/** How long one deletion may take before another conductor tries it too. */
const TRY_MS = 60_000;
const MOST_WORDS = 500;

/** Ends leases whose time, or whose holder’s right, is over, and deletes their accounts until the BMC has done so. */
export const leaseSweep: Periodic = {
  name: 'lease-sweep',
  interval_s: () => INTERVAL_S,
  start: (ctx) => async () => {
    await endLeases(ctx);
    const now = await ctx.store.now();
    const where = { state: 'revoking' as const };
    const due = (await ctx.store.bmc_leases.list({ where, sort_key: 'next_at', limit: BATCH })).filter(
      ({ next_at }) => (next_at ?? 0) <= now,
    );
    const uuid = due.map(({ server_uuid }) => server_uuid);
    const nodes =
      uuid.length === 0 ? [] : await ctx.store.nodes.list({ where: { uuid }, include_children: true });
    const of = new Map(nodes.map((node) => [node.uuid, node]));
    await Promise.all(due.map((lease) => revoke(ctx, lease, of.get(lease.server_uuid) ?? null, now)));
  },
};

async function endLeases({ store }: PeriodicContext): Promise<void> {
  const now = await store.now();
  for (let after_id = 0; ; ) {
    const where = { state: ['pending', 'active'] as const };
    const page = await store.bmc_leases.list({ where, limit: BATCH, ...(after_id > 0 ? { after_id } : {}) });
    const uuid = page.map(({ server_uuid }) => server_uuid);
    const servers = uuid.length === 0 ? [] : await store.servers.list({ where: { uuid } });
    const of = new Map(servers.map((server) => [server.uuid, server]));
    for (const lease of page) {
      const why =
        lease.state === 'active'
          ? leaseProblem(lease, of.get(lease.server_uuid) ?? null, now)
          : lease.created_at + PENDING_MS < now
            ? 'Its account was never finished.'
            : null;
      if (why === null) continue;
      const over = { state: 'revoking', last_error: why, next_at: now, bmc: {} } as const;
      await store.bmc_leases.update(lease.uuid, over, { state: lease.state });
    }
    const last = page.at(-1);
    if (last === undefined || page.length < BATCH) return;
    after_id = last.id;
  }
}

async function revoke(
  ctx: PeriodicContext,
  lease: BmcLeaseRecord,
  node: NodeRecord | null,
  now: number,
): Promise<void> {
  const { store } = ctx;
  const { uuid, attempts, username } = lease;
  const done = { state: 'revoked', revoked_at: now, bmc: {}, next_at: null } as const;
  if (node === null) {
    await store.bmc_leases.update(
      uuid,
      { ...done, last_error: 'The server is gone.' },
      { state: 'revoking' },
    );
    return;
  }
  if (node.conductor_group !== ctx.registration.conductor_group) return;
  if (ctx.drivers.get(node.driver) === null || !LEASE_NAME.test(username)) return;
  // Counted before it is tried: another conductor that looks now does not try it too.
  const taken = { attempts: attempts + 1, next_at: now + TRY_MS };
  if ((await store.bmc_leases.update(uuid, taken, { attempts, state: 'revoking' })) === null) return;
  try {
    await dropAccount(ctx, node, username);
    await store.bmc_leases.update(uuid, done, { state: 'revoking' });
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (!(error instanceof StepFailure)) throw error;
    const last_error = error.message.slice(0, MOST_WORDS);
    await store.bmc_leases.update(uuid, { last_error, next_at: now + leasePause_ms(attempts) });
    ctx.log.warn({ node: node.uuid, lease: uuid, why: last_error }, 'a leased account could not be deleted');
  }
}

/** Without the node’s lock, which a cleaning may hold for hours: nobody else has to do with this account. */
async function dropAccount(ctx: PeriodicContext, node: NodeRecord, username: string): Promise<void> {
  const lease = { signal: ctx.signal, check: () => ctx.signal.throwIfAborted() };
  await using bmc = await openBmc({ ...ctx, node, lease, observer: ctx.observer, gates: ctx.gates });
  await bmc.use(`delete the account ${username}`, async ({ accounts }, options) => {
    const found = (await accounts?.list(options))?.find(({ name }) => name === username);
    if (found !== undefined) await accounts?.delete(found.id, options);
  });
}
