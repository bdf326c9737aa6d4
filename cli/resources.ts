/** A kind of object that has a uuid, and perhaps a name by which people know it. */
export interface ResourceRow {
  /** Its list below the endpoint, and the key of that. */
  list: string;
  key: string;
  /** Fields by which it is known beside its uuid; the first is what completion offers. */
  names: readonly string[];
  /** The API itself takes its name in paths. */
  by_name?: true;
  /** The query that finds those whose name begins so. */
  search?: string;
  /** A query of its list that finds others that the caller may name. */
  also?: string;
  /** Its list comes in one answer, and takes no limit. */
  whole?: true;
  /** The command that shows them all. */
  shown_by: string;
}

const named = (key: string, shown_by: string, more: Partial<ResourceRow> = {}): ResourceRow => ({
  ...{ list: `/v1/${key.replaceAll('_', '-')}`, key, names: ['name'], shown_by },
  ...more,
});

/** What arguments and options name: parameter of a path → the kind. */
export const RESOURCES = {
  server: named('servers', 'server list', { by_name: true, search: 'search' }),
  profile: named('profiles', 'profile list', { by_name: true, also: 'public' }),
  flavor: named('flavors', 'flavor list', { by_name: true }),
  pool: named('pools', 'ipam pool list', { by_name: true }),
  token: named('enrolment_tokens', 'enrolment token list', { by_name: true }),
  address: named('addresses', 'ipam address list', { names: ['address'], search: 'address' }),
  model: named('models', 'model list'),
  order: named('orders', 'order list'),
  schedule: named('schedules', 'schedule list'),
  iso: named('isos', 'iso list', { whole: true }),
  subscription: named('subscriptions', 'subscription list'),
  registration: named('registrations', 'registration list', { names: ['system_uuid'] }),
  certificate: named('certificates', 'certificate list', { names: [] }),
  cable: named('cables', 'cabling list', { names: [] }),
  baseline: named('firmware_baselines', 'firmware baseline list', { names: [] }),
  notice: named('notices', 'notice list', { names: [] }),
  work_order: named('work_orders', 'work list', { names: [] }),
} as const satisfies Record<string, ResourceRow>;

export type ResourceName = keyof typeof RESOURCES;

/** The kind of a name; null: there is none such. */
export function resourceOf(name: string): ResourceRow | null {
  return Object.hasOwn(RESOURCES, name) ? RESOURCES[name as ResourceName] : null;
}
