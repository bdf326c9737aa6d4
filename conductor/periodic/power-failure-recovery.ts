import { eachOf } from './each-of.ts';
import { ownNodes } from './own-nodes.ts';
import type { Periodic } from './periodic.ts';
import { readPower } from './power-sync.ts';

/** Takes nodes out of the maintenance that the power synchronisation put them in, once their BMC answers again. */
export const powerFailureRecovery: Periodic = {
  name: 'power-failure-recovery',
  interval_s: ({ settings }) => settings.conductor.power_failure_recovery_interval,
  start: (ctx) => () =>
    eachOf(
      ownNodes(ctx, { maintenance: true, fault: 'power failure', reservation: null }, []),
      ctx.settings.conductor.sync_power_state_workers,
      async ({ uuid }) => {
        const { state } = await readPower(ctx, uuid);
        if (state === null) return;
        const recovered = await ctx.store.nodes.update(
          uuid,
          { power_state: state, maintenance: false, maintenance_reason: null, fault: null, last_error: null },
          { maintenance: true, fault: 'power failure', reservation: null },
        );
        if (recovered !== null)
          ctx.log.info({ node: uuid, power_state: state }, 'the BMC answers again: out of maintenance');
      },
      ctx.clock,
    ),
};
