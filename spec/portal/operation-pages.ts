/** Where in the portal an operation is used: a page, and what of it (or of what it imports) asks for it. */
export interface PageRow {
  /** Below portal/src. */
  page: string;
  /** Text of the page's sources. */
  by: string;
}

const on = (page: string, by: string): PageRow => ({ page: `pages/${page}`, by });

/** A table of administration. `kind`: in the names of its schemas; `verbs`: what is done with it there. */
function table(
  name: string,
  operation: string,
  kind: string,
  verbs: readonly ('create' | 'update' | 'delete')[] = ['create', 'update', 'delete'],
): Record<string, PageRow> {
  const page = 'tables/table-page.tsx';
  const by = { create: `'new-${kind}'`, update: `'${kind}-changes'`, delete: `lifecycle('${name}'` };
  return Object.fromEntries([
    [`lifecycle.${operation}.list`, on(page, `lifecycle('${name}'`)],
    ...verbs.map((verb) => [`lifecycle.${operation}.${verb}`, on(page, by[verb])] as const),
  ]);
}

const TOOLS = [
  ...(['power-on', 'power-off', 'soft-power-off', 'reboot', 'soft-reboot', 'boot-device'] as const),
  ...(['iso-mount', 'iso-eject', 'diagnostics', 'bios-settings', 'firmware-update', 'rescue'] as const),
  ...(['unrescue', 'rebuild', 'return', 'enter-maintenance', 'leave-maintenance'] as const),
] as const;

/** Operation of the life-cycle API → its page. */
export const PAGES: Readonly<Record<string, PageRow>> = {
  'lifecycle.openapi.show': on('tables/table-page.tsx', '/openapi.json'),
  'lifecycle.events.watch': { page: 'app/live-updates.tsx', by: '/lifecycle/v1/events' },
  'lifecycle.servers.list': on('servers/stage-page.tsx', 'serverList('),
  'lifecycle.servers.counts': { page: 'app/navigation.tsx', by: 'serverCounts()' },
  'lifecycle.servers.show': on('server/server-page.tsx', 'serverDetail('),
  'lifecycle.servers.update': on('server/server-page.tsx', "method: 'PATCH'"),
  'lifecycle.servers.hardware': on('server/server-page.tsx', 'hardware('),
  'lifecycle.sensors.show': on('server/server-page.tsx', 'sensors('),
  'lifecycle.servers.audit': on('server/server-page.tsx', 'audit('),
  'lifecycle.timeline.show': on('server/server-page.tsx', 'timeline('),
  // What each tool takes is asked for in a form; what cannot be used now is shown with the reason.
  ...Object.fromEntries(
    TOOLS.map((tool) => [`lifecycle.servers.actions.${tool}`, on('server/server-page.tsx', `/actions/`)]),
  ),
  'lifecycle.servers.deploy': on('server/server-page.tsx', '/deploy`'),
  'lifecycle.servers.dispose': on('server/server-page.tsx', '/dispose`'),
  'lifecycle.servers.quarantine': on('server/server-page.tsx', '/quarantine$'),
  'lifecycle.servers.release': on('server/server-page.tsx', '/release'),
  'lifecycle.baseline.show': on('server/server-page.tsx', '/baseline`, { signal }'),
  'lifecycle.baseline.take': on('server/server-page.tsx', "/baseline`, { method: 'POST'"),
  'lifecycle.baseline.delete': on('server/server-page.tsx', "/baseline`, { method: 'DELETE'"),
  'lifecycle.baseline.compare': on('server/server-page.tsx', '/baseline/differences'),
  'lifecycle.reservation.show': on('server/server-page.tsx', '/reservation`'),
  'lifecycle.reservation.break': on('server/server-page.tsx', '{query}`, { method:'),
  'lifecycle.repairs.list': on('server/server-page.tsx', '/repairs`'),
  'lifecycle.repairs.agree': on('server/server-page.tsx', '/agree`'),
  'lifecycle.baremetals.list': on('baremetal/baremetal-list.tsx', '/lifecycle/v1/baremetals'),
  'lifecycle.audit.list': on('audit/audit-page.tsx', 'auditTrail('),
  'lifecycle.bmc_leases.list': on('server/server-page.tsx', 'bmc_leases'),
  'lifecycle.bmc_leases.create': on('server/server-page.tsx', '/bmc-leases`, { method:'),
  'lifecycle.bmc_leases.revoke': on('server/server-page.tsx', '/bmc-leases/${'),
  'lifecycle.consoles.create': on('console/serial-console.tsx', '/consoles`'),
  'lifecycle.certificates.list': on('certificates/certificate-list.tsx', '/lifecycle/v1/certificates'),
  'lifecycle.certificates.show': on('certificates/certificate-list.tsx', '{CERTIFICATES}/'),
  'lifecycle.certificate_keys.list': on('certificates/certificate-list.tsx', '/certificate-keys'),
  ...table('profiles', 'profiles', 'profile'),
  ...table('flavors', 'flavors', 'flavor'),
  ...table('models', 'models', 'model'),
  ...table('pools', 'pools', 'pool'),
  ...table('addresses', 'addresses', 'ip-address', ['create', 'delete']),
  ...table('cables', 'cables', 'cable'),
  ...table('firmware-baselines', 'baselines', 'firmware-baseline'),
  ...table('enrolment-tokens', 'tokens', 'enrolment-token', ['create', 'delete']),
  ...table('registrations', 'registrations', '', []),
  ...table('work-orders', 'work_orders', 'work-order'),
  ...table('subscriptions', 'subscriptions', 'subscription'),
  'lifecycle.reports.end-of-support': on('reports/reports-page.tsx', 'endOfSupport('),
  'lifecycle.reports.replacement-plan': on('reports/reports-page.tsx', 'replacementPlan('),
  'lifecycle.notices.list': on('notices/notices-page.tsx', 'listing<Notice>('),
  'lifecycle.notices.delete': on('notices/notices-page.tsx', 'dropNotice'),
  'lifecycle.notices.retry': on('notices/notices-page.tsx', '/retry`'),
  'lifecycle.orders.list': on('orders/order-list.tsx', 'listing<Order>('),
  'lifecycle.orders.create': on('orders/new-order.tsx', 'placeOrder'),
  'lifecycle.orders.show': on('orders/order-page.tsx', 'orderDetail('),
  'lifecycle.orders.cancel': on('orders/order-page.tsx', "'cancel'"),
  'lifecycle.orders.again': on('orders/order-page.tsx', "'again'"),
  'lifecycle.steps.list': on('tables/table-page.tsx', '/lifecycle/v1/steps'),
  'lifecycle.stock.show': on('orders/new-order.tsx', '/lifecycle/v1/stock'),
  'lifecycle.quotas.list': on('quotas/quotas-page.tsx', 'listing<Quota>('),
  'lifecycle.quotas.show': on('orders/new-order.tsx', 'quotaOf('),
  'lifecycle.quotas.set': on('quotas/quotas-page.tsx', 'setQuota('),
  'lifecycle.isos.list': on('isos/iso-page.tsx', '/lifecycle/v1/isos'),
  'lifecycle.isos.create': on('isos/iso-page.tsx', "ask<Iso>(ROOT, { method: 'POST'"),
  'lifecycle.isos.show': on('isos/iso-page.tsx', '{uuid}`, { signal }'),
  'lifecycle.isos.upload': on('isos/iso-page.tsx', '/content?offset='),
  'lifecycle.isos.delete': on('isos/iso-page.tsx', "{uuid}`, { method: 'DELETE' }"),
  'lifecycle.schedules.list': on('schedules/schedule-list.tsx', 'listing<Schedule>('),
  'lifecycle.schedules.create': on('schedules/new-schedule.tsx', 'SCHEDULES, { method:'),
  'lifecycle.schedules.show': on('schedules/schedule-page.tsx', 'SCHEDULES}/${'),
  'lifecycle.schedules.cancel': on('schedules/schedule-page.tsx', '/cancel`'),
};

const OF_THE_LIST = 'The list has all of its fields.';

/** Operations that no page asks for, and why not. */
export const WITHOUT_PAGE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...(['profiles', 'flavors', 'pools', 'cables', 'baselines', 'models', 'notices'] as const),
      ...(['subscriptions', 'registrations', 'work_orders'] as const),
    ].map((name) => [`lifecycle.${name}.show`, OF_THE_LIST]),
  ),
  'lifecycle.consoles.list': 'A console is a page that is open: its own says how it is.',
  'lifecycle.consoles.close': 'It ends with the page that shows it.',
};
