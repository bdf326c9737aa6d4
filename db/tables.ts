import { ALLOCATIONS, allocationRepository } from './allocations.ts';
import { AUDIT, AUDIT_PENDING, auditRepository } from './audit.ts';
import { BIOS_SETTINGS, biosSettingRepository } from './bios-settings.ts';
import { BMC_LEASES, bmcLeaseRepository } from './bmc-leases.ts';
import { cableRepository } from './cables.ts';
import { CHASSIS, chassisRepository } from './chassis.ts';
import { CONDUCTORS, conductorRepository } from './conductors.ts';
import { CONSOLE_LINKS, CONSOLES, consoleLinkRepository, consoleRepository } from './consoles.ts';
import { DEPLOY_TEMPLATES, deployTemplateRepository } from './deploy-templates.ts';
import { enrolmentTokenRepository } from './enrolment-tokens.ts';
import { ERASE_CERTIFICATES, eraseCertificateRepository } from './erase-certificates.ts';
import type { Executor } from './executor.ts';
import { FIRMWARE_COMPONENTS, firmwareComponentRepository } from './firmware-components.ts';
import { HARDWARE_READINGS, hardwareReadingRepository } from './hardware-readings.ts';
import { HISTORY, historyRepository } from './history.ts';
import { INSPECTION_RULES, inspectionRuleRepository } from './inspection-rules.ts';
import { INVENTORY, inventoryRepository } from './inventory.ts';
import { IP_ADDRESSES, ipAddressRepository } from './ip-addresses.ts';
import { ISO_MOUNTS, ISOS, isoMountRepository } from './isos.ts';
import { JOB_STEPS } from './job-journal.ts';
import { JOBS, jobRepository } from './jobs.ts';
import { MODELS, modelRepository } from './models.ts';
import { NODES, nodeRepository } from './nodes.ts';
import { NOTICE_SUBSCRIPTIONS } from './notice-subscriptions.ts';
import { noticeRepository } from './notices.ts';
import {
  ORDER_LINES,
  ORDERS,
  orderLineRepository,
  orderRepository,
  QUOTAS,
  quotaRepository,
} from './orders.ts';
import { PORTGROUPS, portgroupRepository } from './portgroups.ts';
import { PORTS, portRepository } from './ports.ts';
import {
  CABLES,
  ENROLMENT_TOKENS,
  FIRMWARE_BASELINES,
  FLAVORS,
  IP_POOLS,
  NOTICES,
  PROFILES,
  REGISTRATIONS,
} from './registration-tables.ts';
import { repository } from './repository.ts';
import { RUNBOOKS, runbookRepository } from './runbooks.ts';
import { SCHEDULE_RUNS, SCHEDULES, scheduleRepository, scheduleRunRepository } from './schedules.ts';
import { SERVER_BASELINES } from './server-baselines.ts';
import { REMOVED_SERVERS, SERVERS, serverRepository } from './servers.ts';
import type { Tables } from './store.ts';
import type { Table } from './table.ts';
import { VOLUME_CONNECTORS, volumeConnectorRepository } from './volume-connectors.ts';
import { VOLUME_TARGETS, volumeTargetRepository } from './volume-targets.ts';
import { WORK_ORDERS } from './work-orders.ts';

/** Every table that is described by a literal. */
export const TABLES = [
  NODES,
  SERVERS,
  REMOVED_SERVERS,
  SERVER_BASELINES,
  ORDERS,
  ORDER_LINES,
  QUOTAS,
  BMC_LEASES,
  CONSOLES,
  CONSOLE_LINKS,
  ISOS,
  ISO_MOUNTS,
  WORK_ORDERS,
  SCHEDULES,
  SCHEDULE_RUNS,
  PORTS,
  PORTGROUPS,
  CHASSIS,
  ALLOCATIONS,
  DEPLOY_TEMPLATES,
  RUNBOOKS,
  VOLUME_CONNECTORS,
  VOLUME_TARGETS,
  INSPECTION_RULES,
  HISTORY,
  BIOS_SETTINGS,
  FIRMWARE_COMPONENTS,
  HARDWARE_READINGS,
  INVENTORY,
  CONDUCTORS,
  JOBS,
  JOB_STEPS,
  AUDIT,
  AUDIT_PENDING,
  ERASE_CERTIFICATES,
  PROFILES,
  FLAVORS,
  IP_POOLS,
  IP_ADDRESSES,
  CABLES,
  FIRMWARE_BASELINES,
  ENROLMENT_TOKENS,
  REGISTRATIONS,
  NOTICES,
  NOTICE_SUBSCRIPTIONS,
  MODELS,
] as const satisfies readonly Table<never>[];

/** The repositories over `db`: the store's own, or those of one transaction. */
export function tables(db: Executor): Tables {
  return {
    nodes: nodeRepository(db),
    servers: serverRepository(db),
    server_baselines: repository(db, SERVER_BASELINES),
    orders: orderRepository(db),
    order_lines: orderLineRepository(db),
    quotas: quotaRepository(db),
    bmc_leases: bmcLeaseRepository(db),
    consoles: consoleRepository(db),
    console_links: consoleLinkRepository(db),
    isos: repository(db, ISOS),
    iso_mounts: isoMountRepository(db),
    work_orders: repository(db, WORK_ORDERS),
    schedules: scheduleRepository(db),
    schedule_runs: scheduleRunRepository(db),
    ports: portRepository(db),
    portgroups: portgroupRepository(db),
    chassis: chassisRepository(db),
    allocations: allocationRepository(db),
    deploy_templates: deployTemplateRepository(db),
    runbooks: runbookRepository(db),
    volume_connectors: volumeConnectorRepository(db),
    volume_targets: volumeTargetRepository(db),
    inspection_rules: inspectionRuleRepository(db),
    history: historyRepository(db),
    bios_settings: biosSettingRepository(db),
    firmware_components: firmwareComponentRepository(db),
    hardware_readings: hardwareReadingRepository(db),
    inventory: inventoryRepository(db),
    conductors: conductorRepository(db),
    jobs: jobRepository(db),
    audit: auditRepository(db),
    erase_certificates: eraseCertificateRepository(db),
    profiles: repository(db, PROFILES),
    flavors: repository(db, FLAVORS),
    ip_pools: repository(db, IP_POOLS),
    ip_addresses: ipAddressRepository(db),
    cables: cableRepository(db),
    firmware_baselines: repository(db, FIRMWARE_BASELINES),
    enrolment_tokens: enrolmentTokenRepository(db),
    registrations: repository(db, REGISTRATIONS),
    notices: noticeRepository(db),
    notice_subscriptions: repository(db, NOTICE_SUBSCRIPTIONS),
    models: modelRepository(db),
    async now() {
      const [row] = await db.rows(`SELECT ${db.dialect.now}`, []);
      return Number(row?.[0]);
    },
  };
}
