import type { AuditEntry } from '../../api/types.ts';

/** Parameters of paths that name what has a page of its own; entries of what was refused have them. */
const PAGES: Readonly<Record<string, string>> = { order: '/orders', schedule: '/schedules' };

/** First word of an action → the table that shows what it is about. */
const TABLES: Readonly<Record<string, string>> = {
  profile: '/admin/profiles',
  flavor: '/admin/flavors',
  model: '/admin/models',
  pool: '/admin/pools',
  address: '/admin/addresses',
  cable: '/admin/cables',
  'firmware-baseline': '/admin/firmware-baselines',
  runbooks: '/admin/runbooks',
  'enrolment-token': '/admin/enrolment-tokens',
  'work-order': '/admin/work-orders',
  subscription: '/admin/subscriptions',
  notice: '/notices',
  quota: '/quotas',
  iso: '/isos',
};

/** Where what an entry is about is shown, if it is not a server; null: nowhere. */
export function subjectOf({ action, detail }: Pick<AuditEntry, 'action' | 'detail'>): string | null {
  const fields = detail as Readonly<Record<string, unknown>>;
  for (const [kind, page] of Object.entries(PAGES)) {
    const named = action.startsWith(`${kind}-`) ? fields.uuid : fields[kind];
    if (typeof named === 'string') return `${page}/${encodeURIComponent(named)}`;
  }
  const table = Object.keys(TABLES).find((kind) => new RegExp(`^${kind}[-.]`).test(action));
  return table === undefined ? null : (TABLES[table] ?? null);
}
