import { startConductor } from '../conductor/server.ts';
import type { Settings } from '../config/options.ts';
import { composeCertifier } from './certificates.ts';
import { composeBase, composeBus, composeDrivers, composeNeighbours, processHost } from './compose-base.ts';
import { startParts } from './parts.ts';

/** `kurogane conductor` */
export async function startConductorService(
  settings: Settings,
): Promise<{ ready: string } & AsyncDisposable> {
  return await startParts(async (parts) => {
    const base = await composeBase(parts, settings, { name: 'conductor', embedded: false });
    const bus = await composeBus(parts, base);
    const drivers = await composeDrivers(parts, base);
    const neighbours = composeNeighbours(parts, base);
    const hostname = processHost(settings);
    const certifier = await composeCertifier(settings, false);
    const own = {
      bus,
      drivers,
      neighbours,
      certifier,
      hostname,
      drain_ms: settings.conductor.graceful_shutdown_timeout * 1000,
    };
    const { spans, metrics } = base.telemetry;
    const observer = metrics.conductor;
    const conductor = parts.own(await startConductor({ ...base, ...own, observer, spans }));
    base.telemetry.watchConductor(conductor);
    base.telemetry.ready(parts);
    return { ready: `kurogane conductor ready as ${hostname}` };
  });
}
