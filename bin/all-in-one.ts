import { startConductor } from '../conductor/server.ts';
import type { Logger } from '../config/logger.ts';
import type { Settings } from '../config/options.ts';
import { composeCertifier } from './certificates.ts';
import { composeApi, composeDoor, publicUrl } from './compose-api.ts';
import { composeBase, composeBus, composeDrivers, composeNeighbours, processHost } from './compose-base.ts';
import { composeBoot } from './compose-boot.ts';
import { composeConsoles } from './compose-consoles.ts';
import { ensureAccounts } from './embedded-accounts.ts';
import { startParts } from './parts.ts';

export interface AllInOne extends AsyncDisposable {
  /** For standard output. */
  readonly ready: string;
  readonly api_url: string;
  readonly boot_url: string;
  /** `host:port` of the registration service; null: it is not enabled. */
  readonly registration: string | null;
}

/**
 * `kurogane serve`: API, conductor and boot service in one process. Without settings it runs on SQLite, an in-process
 * bus and its own small Keystone, all of whose state is in `[DEFAULT]state_path`.
 */
export async function startAllInOne(settings: Settings, log?: Logger): Promise<AllInOne> {
  return await startParts(async (parts) => {
    const { settings: own, created } = await ensureAccounts(settings);
    const options = { name: 'serve', embedded: true, ...(log === undefined ? {} : { log }) };
    const opened = await composeBase(parts, own, options);
    const door = await composeDoor(parts, own);
    const api_url = publicUrl(own, door);
    const neighbours = composeNeighbours(parts, opened);
    let registration: string | null = null;
    const boot = await composeBoot(parts, opened, api_url, neighbours, { registration: () => registration });
    const base = { ...opened, settings: withAddresses(own, api_url, boot.url) };
    const bus = await composeBus(parts, base);
    const drivers = await composeDrivers(parts, base);
    const hostname = processHost(own);
    const drain_ms = own.conductor.graceful_shutdown_timeout * 1000;
    const certifier = await composeCertifier(own, true);
    const worker = { bus, drivers, neighbours, certifier, hostname, drain_ms };
    const { spans, metrics } = base.telemetry;
    const observer = metrics.conductor;
    const conductor = parts.own(await startConductor({ ...base, ...worker, observer, spans }));
    base.telemetry.watchConductor(conductor);
    ({ registration } = await composeApi(parts, base, { bus, drivers, door, embedded: true }));
    // After the API, so that they end before it: it waits for what is open.
    door.upgrade(composeConsoles(parts, base, drivers, conductor.consoles).upgrade);
    base.telemetry.ready(parts);
    const also = registration === null ? '' : `, registration: ${registration}`;
    return {
      api_url,
      boot_url: boot.url,
      registration,
      ready: [
        `kurogane serve ready on ${door.url} (boot service: ${boot.url}${also})`,
        ...(created === null ? [] : [created]),
      ].join('\n'),
    };
  });
}

/** The settings with the addresses that were taken, where they were left to be chosen. */
function withAddresses(settings: Settings, api_url: string, boot_url: string): Settings {
  return {
    ...settings,
    api: { ...settings.api, public_endpoint: settings.api.public_endpoint || api_url },
    gateway: {
      ...settings.gateway,
      console_endpoint: settings.gateway.console_endpoint || api_url.replace(/^http/, 'ws'),
    },
    deploy: { ...settings.deploy, http_url: settings.deploy.http_url || boot_url },
  };
}
