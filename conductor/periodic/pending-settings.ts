import { openBmc } from '../bmc.ts';
import { refreshBios } from '../caches.ts';
import { StepFailure } from '../step.ts';
import { eachOf } from './each-of.ts';
import { ownNodes } from './own-nodes.ts';
import type { Periodic, PeriodicContext } from './periodic.ts';

/** Reads BIOS settings again that waited for a boot: whoever boots the server, and when, nobody is told. */
export const pendingSettings: Periodic = {
  name: 'pending-settings',
  interval_s: ({ settings }) => settings.conductor.pending_settings_interval,
  start: (ctx) => async () => {
    const waiting = await ctx.store.hardware_readings.waiting({ limit: MOST, sort_key: 'bios_read_at' });
    if (waiting.length === 0) return;
    const uuid = waiting.map(({ node_uuid }) => node_uuid);
    await eachOf(
      ownNodes(ctx, { uuid, reservation: null }, []),
      ctx.settings.conductor.sync_power_state_workers,
      (node) => readAgain(ctx, node.uuid),
      ctx.clock,
    );
  },
};

/** Nodes of one run: those that were read longest ago. */
const MOST = 500;

async function readAgain(ctx: PeriodicContext, uuid: string): Promise<void> {
  const node = await ctx.store.nodes.get(uuid);
  if (node === null || node.reservation !== null) return;
  try {
    await using bmc = await openBmc({
      ...{ node, drivers: ctx.drivers, settings: ctx.settings, clock: ctx.clock, log: ctx.log },
      ...{ observer: ctx.observer, gates: ctx.gates },
      lease: { check: () => ctx.signal.throwIfAborted(), signal: ctx.signal },
    });
    await refreshBios({ node, store: ctx.store }, bmc);
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (!(error instanceof StepFailure)) throw error;
    ctx.log.info({ node: uuid, why: error.message }, 'settings that wait for a boot were not read again');
  }
}
