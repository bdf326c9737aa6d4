import { listAudit, listServerAudit } from './audit-entries.ts';
import { listBaremetals } from './baremetals.ts';
import { listCertificateKeys } from './certificates/keys.ts';
import { listCertificates } from './certificates/list.ts';
import { showCertificate } from './certificates/show.ts';
import { CONSOLE_HANDLERS } from './consoles/consoles.ts';
import { watchEvents } from './events/events.ts';
import type { LifecycleHandler } from './handler.ts';
import { ISO_HANDLERS } from './isos/isos.ts';
import { createLease, listLeases, revokeLease } from './leases/leases.ts';
import { NOTICE_HANDLERS } from './notices.ts';
import { cancelOrder, createOrder, listOrders, repeatOrder, showOrder } from './orders/orders.ts';
import { listQuotas, setQuota, showQuota } from './orders/quotas.ts';
import { showStock } from './orders/stock.ts';
import { CATALOGUE_HANDLERS } from './registration/catalogue.ts';
import { IPAM_HANDLERS } from './registration/ipam.ts';
import { PROFILE_HANDLERS } from './registration/profiles.ts';
import { REGISTRATION_HANDLERS } from './registration/registrations.ts';
import { TOKEN_HANDLERS } from './registration/tokens.ts';
import { agreeRepair, listRepairs } from './repairs.ts';
import { endOfSupport, replacementPlan } from './reports.ts';
import { cancelSchedule, createSchedule, listSchedules, showSchedule } from './schedules/schedules.ts';
import { ACTION_HANDLERS } from './servers/actions.ts';
import { compareBaseline, deleteBaseline, showBaseline, takeBaseline } from './servers/baseline.ts';
import { countServers } from './servers/counts.ts';
import { deployServer } from './servers/deploy.ts';
import { disposeServer } from './servers/dispose.ts';
import { showHardware } from './servers/hardware.ts';
import { listServers } from './servers/list.ts';
import { quarantineServer, releaseServer } from './servers/quarantine.ts';
import { breakReservation, showReservation } from './servers/reservation.ts';
import { showSensors } from './servers/sensors.ts';
import { showServer } from './servers/show.ts';
import { updateServer } from './servers/update.ts';
import { listSteps } from './steps.ts';
import { showTimeline } from './timeline.ts';
import { WORK_ORDER_HANDLERS } from './work-orders.ts';

/** operationId of openapi.yaml → what answers it. */
export const HANDLERS: Readonly<Record<string, LifecycleHandler>> = {
  'lifecycle.openapi.show': (_request, api) => ({ status: 200, text: api.document }),
  'lifecycle.events.watch': watchEvents,
  'lifecycle.servers.list': listServers,
  'lifecycle.servers.counts': countServers,
  'lifecycle.servers.show': showServer,
  'lifecycle.servers.hardware': showHardware,
  'lifecycle.sensors.show': showSensors,
  'lifecycle.servers.audit': listServerAudit,
  'lifecycle.audit.list': listAudit,
  'lifecycle.baremetals.list': listBaremetals,
  'lifecycle.servers.update': updateServer,
  'lifecycle.servers.deploy': deployServer,
  'lifecycle.servers.dispose': disposeServer,
  'lifecycle.servers.quarantine': quarantineServer,
  'lifecycle.servers.release': releaseServer,
  'lifecycle.baseline.show': showBaseline,
  'lifecycle.baseline.take': takeBaseline,
  'lifecycle.baseline.delete': deleteBaseline,
  'lifecycle.baseline.compare': compareBaseline,
  'lifecycle.reservation.show': showReservation,
  'lifecycle.reservation.break': breakReservation,
  ...ACTION_HANDLERS,
  'lifecycle.certificates.list': listCertificates,
  'lifecycle.certificates.show': showCertificate,
  'lifecycle.certificate_keys.list': listCertificateKeys,
  'lifecycle.orders.create': createOrder,
  'lifecycle.orders.list': listOrders,
  'lifecycle.orders.show': showOrder,
  'lifecycle.orders.cancel': cancelOrder,
  'lifecycle.orders.again': repeatOrder,
  'lifecycle.stock.show': showStock,
  'lifecycle.quotas.list': listQuotas,
  'lifecycle.quotas.show': showQuota,
  'lifecycle.quotas.set': setQuota,
  'lifecycle.bmc_leases.create': createLease,
  'lifecycle.bmc_leases.list': listLeases,
  'lifecycle.bmc_leases.revoke': revokeLease,
  ...CONSOLE_HANDLERS,
  ...ISO_HANDLERS,
  'lifecycle.schedules.create': createSchedule,
  'lifecycle.schedules.list': listSchedules,
  'lifecycle.schedules.show': showSchedule,
  'lifecycle.schedules.cancel': cancelSchedule,
  'lifecycle.steps.list': listSteps,
  'lifecycle.timeline.show': showTimeline,
  ...WORK_ORDER_HANDLERS,
  'lifecycle.repairs.list': listRepairs,
  'lifecycle.repairs.agree': agreeRepair,
  ...NOTICE_HANDLERS,
  'lifecycle.reports.end-of-support': endOfSupport,
  'lifecycle.reports.replacement-plan': replacementPlan,
  ...PROFILE_HANDLERS,
  ...CATALOGUE_HANDLERS,
  ...IPAM_HANDLERS,
  ...TOKEN_HANDLERS,
  ...REGISTRATION_HANDLERS,
};
