import { addressRelease } from './address-release.ts';
import { addressSweep } from './address-sweep.ts';
import { auditSeal } from './audit-seal.ts';
import { consoleTakeover } from './console-takeover.ts';
import { endOfLifeNotices } from './end-of-life-notices.ts';
import { faultNotices } from './fault-notices.ts';
import { heartbeat } from './heartbeat.ts';
import { historyTrim } from './history-trim.ts';
import { jobTrim } from './job-trim.ts';
import { leaseSweep } from './lease-sweep.ts';
import { noticeDelivery } from './notice-delivery.ts';
import { orphanedReservations } from './orphaned-reservations.ts';
import { pendingSettings } from './pending-settings.ts';
import type { Periodic } from './periodic.ts';
import { powerFailureRecovery } from './power-failure-recovery.ts';
import { powerSync } from './power-sync.ts';
import { registrationSweep } from './registration-sweep.ts';
import { removedServersTrim } from './removed-servers-trim.ts';
import { repairNotices } from './repair-notices.ts';
import { stalledDeploys } from './stalled-deploys.ts';

/**
 * Every periodic task. Stalled jobs and waits past their deadline need none: the claim takes them, and every conductor
 * claims at least every `[conductor]poll_interval`.
 */
export const PERIODICS: readonly Periodic[] = [
  heartbeat,
  powerSync,
  powerFailureRecovery,
  pendingSettings,
  orphanedReservations,
  historyTrim,
  jobTrim,
  auditSeal,
  addressSweep,
  addressRelease,
  removedServersTrim,
  leaseSweep,
  registrationSweep,
  faultNotices,
  endOfLifeNotices,
  repairNotices,
  stalledDeploys,
  noticeDelivery,
  consoleTakeover,
];
