import type { Periodic } from './periodic.ts';

const INTERVAL_S = 1;

/** Brings new entries of the audit into its chain. */
export const auditSeal: Periodic = {
  name: 'audit-seal',
  interval_s: ({ settings }) => (settings.audit.enabled ? INTERVAL_S : 0),
  start:
    ({ store }) =>
    async () => {
      await store.audit.seal();
    },
};
