import { nodes } from './0001-nodes.ts';
import { conductorsAndJobs } from './0002-conductors-and-jobs.ts';
import { resources } from './0003-resources.ts';
import { stepCommands } from './0004-step-commands.ts';
import { audit } from './0005-audit.ts';
import { servers } from './0006-servers.ts';
import { auditPending } from './0007-audit-pending.ts';
import { registration } from './0011-registration.ts';
import { orders } from './0015-orders.ts';
import { eraseCertificates } from './0023-erase-certificates.ts';
import { serverInstalls } from './0050-server-installs.ts';
import { changeIndexes } from './0060-change-indexes.ts';
import { schedules } from './0061-schedules.ts';
import { bmcLeases } from './0062-bmc-leases.ts';
import { workOrders } from './0063-work-orders.ts';
import { stageIndexes } from './0064-stage-indexes.ts';
import { auditIndexes } from './0071-audit-indexes.ts';
import { searchIndex } from './0072-search-index.ts';
import { quarantineAndDates } from './0085-quarantine-and-dates.ts';
import { firmwareUpdates } from './0086-firmware-updates.ts';
import { serverBaselines } from './0086-server-baselines.ts';
import { noticeSubscriptions } from './0087-notice-subscriptions.ts';
import { models } from './0088-models.ts';
import { kindIndex } from './0089-kind-index.ts';
import { repairDates } from './0090-repair-dates.ts';
import { consoles } from './0095-consoles.ts';
import { isos } from './0096-isos.ts';
import { stalledDeploys } from './0105-stalled-deploys.ts';
import { consoleLinks } from './0124-console-links.ts';
import { hardwareReadings } from './0130-hardware-readings.ts';
import { auditOutcomes } from './0133-audit-outcomes.ts';
import { noticeServers } from './0133-notice-servers.ts';
import { addressOrder } from './0134-address-order.ts';
import type { Migration } from './migration.ts';

/** The schema's history, oldest first. */
export const MIGRATIONS: readonly Migration[] = [
  nodes,
  conductorsAndJobs,
  resources,
  stepCommands,
  audit,
  servers,
  auditPending,
  registration,
  orders,
  eraseCertificates,
  serverInstalls,
  changeIndexes,
  schedules,
  bmcLeases,
  workOrders,
  stageIndexes,
  auditIndexes,
  searchIndex,
  quarantineAndDates,
  serverBaselines,
  firmwareUpdates,
  noticeSubscriptions,
  models,
  kindIndex,
  repairDates,
  consoles,
  isos,
  stalledDeploys,
  consoleLinks,
  hardwareReadings,
  addressOrder,
  auditOutcomes,
  noticeServers,
];
