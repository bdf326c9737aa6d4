import type { ConsoleWay } from '../conductor/consoles/viewer.ts';
import type { DriverRegistry } from '../drivers/registry.ts';
import { bmcOpener } from '../gateway/consoles/open-bmc.ts';
import { type ConsoleRelay, createConsoleRelay } from '../gateway/consoles/relay.ts';
import { consolesOver } from '../gateway/consoles/tickets.ts';
import { createWatch } from '../gateway/watch.ts';
import type { Base } from './compose-base.ts';
import type { Parts } from './parts.ts';

/**
 * Consoles by websocket, for whoever listens.
 * @param consoles the way to serial ports
 */
export function composeConsoles(
  parts: Parts,
  base: Base,
  drivers: DriverRegistry,
  consoles: ConsoleWay,
): ConsoleRelay {
  const { store, clock, log, settings } = base;
  const watch = parts.own(createWatch((uuids) => consolesOver(store, uuids), clock));
  const idle_s = settings.gateway.console_idle_timeout;
  const audit = settings.audit.enabled;
  const ways = { open: bmcOpener(drivers), consoles };
  return parts.own(createConsoleRelay({ store, watch, clock, log, audit, idle_s, ...ways }));
}
