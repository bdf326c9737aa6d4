import { failRegistration } from '../registration/end-registration.ts';
import { settle } from '../registration/progress.ts';
import type { Periodic } from './periodic.ts';

const INTERVAL_S = 30;
/** Looked at in one run; the rest in the next. */
const BATCH = 500;

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
      if (now - (record.updated_at ?? record.created_at) < timeout_ms) continue;
      // The server went away while its BMC was tried: that may have ended well.
      if ((await settle(deps, record)).action !== 'wait') continue;
      const cause = `The server has said nothing for ${settings.registration.timeout} s. Look at its console.`;
      if (await failRegistration(deps, record, { step: record.step, cause }))
        ctx.log.warn(
          { registration: record.uuid, node: record.node_uuid },
          'a server fell silent while it registered',
        );
    }
  },
};
