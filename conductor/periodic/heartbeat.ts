import type { Periodic } from './periodic.ts';

/** Says that this conductor lives; registers it again when its row is gone. */
export const heartbeat: Periodic = {
  name: 'heartbeat',
  interval_s: ({ settings }) => settings.conductor.heartbeat_interval,
  start:
    ({ store, hostname, registration }) =>
    async () => {
      if (!(await store.conductors.heartbeat(hostname))) await store.conductors.register(registration);
    },
};
