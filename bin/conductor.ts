import { startConductor } from '../conductor/server.ts';
import type { Settings } from '../config/options.ts';
import { composeBase, composeBus, composeDrivers, processHost } from './compose-base.ts';
import { startParts } from './parts.ts';

/** `kurogane conductor` */
export async function startConductorService(
  settings: Settings,
): Promise<{ ready: string } & AsyncDisposable> {
  return await startParts(async (parts) => {
    const base = await composeBase(parts, settings, { name: 'conductor', embedded: false });
    const bus = await composeBus(parts, base);
    const drivers = composeDrivers(parts, base);
    const hostname = processHost(settings);
    parts.own(await startConductor({ ...base, bus, drivers, hostname, drain_ms: CONDUCTOR_DRAIN_MS }));
    return { ready: `kurogane conductor ready as ${hostname}` };
  });
}

/** Less than what the process itself is given to end: the rest of it must end as well. */
export const CONDUCTOR_DRAIN_MS = 20_000;
