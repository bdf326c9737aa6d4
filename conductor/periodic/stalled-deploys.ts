import type { Tables } from '../../db/store.ts';
import { isStalled } from '../../lifecycle/install-state.ts';
import type { Notice } from '../../lifecycle/notice.ts';
import type { ServerRecord } from '../../lifecycle/server-record.ts';
import type { ProvisionState } from '../../lifecycle/states.ts';
import { addNotice } from '../notices/add-notice.ts';
import type { Periodic, PeriodicContext } from './periodic.ts';

const INTERVAL_S = 30;
const BATCH = 200;
/** States in which a deploy is to go on by itself. */
const STATES: readonly ProvisionState[] = ['deploying', 'wait call-back'];

/** Marks servers whose deploy makes no progress, tells people of each once, and takes the mark away when it goes on. */
export const stalledDeploys: Periodic = {
  name: 'stalled-deploys',
  interval_s: ({ settings }) => (settings.conductor.deploy_stalled_after === 0 ? 0 : INTERVAL_S),
  start: (ctx) => async () => {
    const now = await ctx.store.now();
    for (let after_id = 0; !ctx.signal.aborted; ) {
      const page = await ctx.store.servers.list({
        where: { provision_state: STATES },
        limit: BATCH,
        after_id,
      });
      for (const server of page) await look(ctx, server, now);
      const last = page.at(-1);
      if (last === undefined || page.length < BATCH) return;
      after_id = last.id;
    }
  },
};

async function look(ctx: PeriodicContext, server: ServerRecord, now: number): Promise<void> {
  const { store, settings } = ctx;
  const limit_ms = settings.conductor.deploy_stalled_after * 1000;
  const told = Math.max(server.provision_updated_at ?? server.created_at, server.progressed_at ?? 0);
  // Its journal is read of those only that look as if they stood still.
  if (server.stalled_at === null && !isStalled(told, now, limit_ms)) return;
  const { since, step } = await stepOf(store, server.uuid);
  const last_at = Math.max(told, since);
  const stalled = isStalled(last_at, now, limit_ms);
  if (stalled === (server.stalled_at !== null)) return;
  const { provision_state, stalled_at, uuid } = server;
  await store.transaction(async (tables) => {
    const marked = await tables.servers.update(
      uuid,
      { stalled_at: stalled ? now : null },
      { provision_state, stalled_at },
    );
    if (marked !== null && stalled)
      await addNotice(tables, settings, now, stalledNotice(server, last_at, step));
  });
}

/** The step that a server's work is in, and since when. */
async function stepOf(
  { jobs }: Pick<Tables, 'jobs'>,
  node_uuid: string,
): Promise<{ since: number; step: string | null }> {
  const [job] = await jobs.list({ where: { node_uuid, state: ['queued', 'running'] }, limit: 1 });
  if (job === undefined) return { since: 0, step: null };
  // A step that waits is run again and again: it began with the first.
  const first = (await jobs.journal(job.id)).find(({ step_index }) => step_index === job.step_index);
  return {
    since: first?.started_at ?? 0,
    step: first === undefined ? null : `${first.interface}.${first.step}`,
  };
}

function stalledNotice(
  { name, provision_state, uuid }: ServerRecord,
  last_at: number,
  step: string | null,
): Notice {
  const since = new Date(last_at).toISOString();
  const where = step === null ? '' : ` at ${step}`;
  return {
    event: 'deploy.stalled',
    severity: 'warning',
    project: null,
    subject_key: `deploy.stalled:${uuid}:${last_at}`,
    text: `The deploy of server ${name ?? uuid} (${uuid}) makes no progress since ${since}${where}: it is "${provision_state}". Look at its console, or abort it.`,
    facts: { server_uuid: uuid, name, provision_state, step, since },
  };
}
