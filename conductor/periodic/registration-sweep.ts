import type { RegistrationRecord } from '../../lifecycle/registration-records.ts';
import { failRegistration } from '../registration/end-registration.ts';
import { isWithConductor, settle } from '../registration/progress.ts';
import type { Periodic, PeriodicContext } from './periodic.ts';

const INTERVAL_S = 30;
/** Looked at in one run; the rest in the next. */
const BATCH = 500;

/** Whether a job is at work on its node. */
async function isHeld(
  { store }: Pick<PeriodicContext, 'store'>,
  { node_uuid }: RegistrationRecord,
): Promise<boolean> {
  const node = node_uuid === null ? null : await store.nodes.get(node_uuid);
  return node !== null && node.reservation !== null;
}

/** Ends registrations whose server fell silent: what nobody ends would look as if it ran for ever. */
export const registrationSweep: Periodic = {
  name: 'registration-sweep',
  interval_s: () => INTERVAL_S,
  start: (ctx) => async () => {
    const { store, settings } = ctx;
    const deps = { ...ctx, notifier: ctx.notifier ?? { nodeChanged() {} } };
    const timeout_ms = settings.registration.timeout * 1000;
    const now = await store.now();
    const running = await store.registrations.list({ where: { state: 'running' }, limit: BATCH });
    for (const record of running) {
      const is_late = now - (record.updated_at ?? record.created_at) >= timeout_ms;
      // The server may have gone away meanwhile; a job ends by itself, however long it takes.
      if (isWithConductor(record))
        if ((await settle(deps, record)).action !== 'wait' || (await isHeld(ctx, record))) continue;
      if (!is_late) continue;
      const cause = `The server has said nothing for ${settings.registration.timeout} s. Look at its console.`;
      if (await failRegistration(deps, record, { step: record.step, cause, silent: true }))
        ctx.log.warn(
          { registration: record.uuid, node: record.node_uuid },
          'a server fell silent while it registered',
        );
    }
  },
};
