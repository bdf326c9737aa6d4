import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Bus } from '../conductor/bus/bus.ts';
import { openBus } from '../conductor/bus/open-bus.ts';
import { type Neighbours, openNeighbours } from '../conductor/neighbours/neighbours.ts';
import { createLogger, type Logger } from '../config/logger.ts';
import type { Settings } from '../config/options.ts';
import { systemClock } from '../config/system-clock.ts';
import { openStore } from '../db/open-store.ts';
import type { Store } from '../db/store.ts';
import { createBampiDriver } from '../drivers/bampi/driver.ts';
import { createFakeDriver } from '../drivers/fake/driver.ts';
import { createIpmiDriver, INTEL_IPMI } from '../drivers/ipmi/driver.ts';
import { loadDriverPackages } from '../drivers/packages.ts';
import { createRedfishDriver, IDRAC } from '../drivers/redfish/driver.ts';
import { createDriverRegistry, type DriverRegistry } from '../drivers/registry.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { ServiceError } from '../lifecycle/errors.ts';
import { fetchSafely } from '../net/http-agent.ts';
import { composeTelemetry, type Telemetry } from './compose-telemetry.ts';
import type { Parts } from './parts.ts';
import { secretKeys } from './secret-keys.ts';
import { StartError } from './start-error.ts';

/** What every process of Kurogane works with. */
export interface Base {
  settings: Settings;
  log: Logger;
  clock: Clock;
  store: Store;
  telemetry: Telemetry;
}

export interface BaseOptions {
  /** Name of the process in its log. */
  name: string;
  /** Everything in one process: the key for secrets and the schema are made as needed. */
  embedded: boolean;
  /** Where log lines go; standard error when it is not given. */
  log?: Logger;
}

/**
 * Opens the store.
 * @throws StartError when the schema is not that of this build, unless embedded.
 */
export async function composeBase(parts: Parts, settings: Settings, options: BaseOptions): Promise<Base> {
  fetchSafely();
  const log = options.log ?? processLog(settings, options.name);
  const store = parts.own(await composeStore(settings, options.embedded));
  if (options.embedded) {
    const applied = await store.upgrade();
    if (applied.length > 0) log.info({ migrations: applied }, 'the database schema was made or upgraded');
  } else {
    const pending = await store.pendingMigrations();
    if (pending.length > 0)
      throw new StartError(
        `The database lacks ${pending.length} ${pending.length === 1 ? 'migration' : 'migrations'} of this version. ` +
          'Run "kurogane db upgrade" with the same settings, then start again.',
      );
  }
  const telemetry = await composeTelemetry(parts, { settings, log, clock: systemClock, store }, options.name);
  return { settings, log, clock: systemClock, store, telemetry };
}

/**
 * Opens the store as it is, whatever its schema. The caller disposes it.
 * @throws StartError, ServiceError
 */
export async function composeStore(settings: Settings, embedded: boolean): Promise<Store> {
  const keys = await secretKeys(settings, embedded);
  const { connection, max_pool_size } = settings.database;
  const { state_path } = settings.DEFAULT;
  if (connection === '') await mkdir(state_path, { recursive: true, mode: 0o700 });
  try {
    return await openStore({
      connection: connection === '' ? `sqlite://${join(state_path, 'kurogane.sqlite')}` : connection,
      max_pool_size,
      keys,
    });
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw new StartError((error as Error).message, { cause: error });
  }
}

/** Opens the bus. With RabbitMQ the process starts also while the broker is away. */
export async function composeBus(parts: Parts, { settings, clock, log, telemetry }: Base): Promise<Bus> {
  const { transport_url, redeliveries } = settings.oslo_messaging;
  try {
    const bus = parts.own(await openBus({ transport_url, redeliveries, clock, log }));
    telemetry.watchBus(bus);
    return bus;
  } catch (error) {
    throw new StartError(`[oslo_messaging]${(error as Error).message}`);
  }
}

/**
 * The drivers of this build, and those of the packages that the settings name. No socket is opened before the first call.
 * @throws StartError
 */
export async function composeDrivers(parts: Parts, { settings, clock, log }: Base): Promise<DriverRegistry> {
  const context = { clock, log };
  try {
    return parts.own(
      createDriverRegistry([
        createIpmiDriver(context, settings.ipmi),
        createIpmiDriver(context, settings.ipmi, INTEL_IPMI),
        createRedfishDriver(context, settings.redfish),
        createRedfishDriver(context, settings.redfish, IDRAC),
        createBampiDriver(context),
        createFakeDriver(context),
        ...(await loadDriverPackages(settings.DEFAULT.driver_packages, context, process.cwd())),
      ]),
    );
  } catch (error) {
    throw new StartError(`[DEFAULT]driver_packages: ${(error as Error).message}`);
  }
}

/** The ways to the OpenStack services that the settings name. */
export function composeNeighbours(parts: Parts, { settings, clock, log }: Base): Neighbours {
  try {
    return parts.own(openNeighbours(settings, clock, log));
  } catch (error) {
    throw new StartError((error as Error).message);
  }
}

/** Log lines go to standard error: standard output has the readiness line, and answers. */
export function processLog(settings: Settings, name: string): Logger {
  return createLogger({ level: settings.DEFAULT.log_level, name, destination: process.stderr });
}

/** The name of this process as conductors and reservations show it. */
export function processHost(settings: Settings): string {
  return settings.DEFAULT.host === '' ? hostname() : settings.DEFAULT.host;
}
