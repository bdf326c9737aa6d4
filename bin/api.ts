import type { Settings } from '../config/options.ts';
import { composeApi, composeDoor } from './compose-api.ts';
import { composeBase, composeBus, composeDrivers } from './compose-base.ts';
import { startParts } from './parts.ts';

/** `kurogane api` */
export async function startApi(settings: Settings): Promise<{ ready: string } & AsyncDisposable> {
  return await startParts(async (parts) => {
    const base = await composeBase(parts, settings, { name: 'api', embedded: false });
    if (settings.oslo_messaging.transport_url === 'memory://')
      base.log.warn(
        {},
        'memory:// reaches no other process: conductors find work only when they look for it',
      );
    const bus = await composeBus(parts, base);
    const drivers = await composeDrivers(parts, base);
    const door = await composeDoor(parts, settings);
    const { registration } = await composeApi(parts, base, { bus, drivers, door, embedded: false });
    base.telemetry.ready(parts);
    const also = registration === null ? '' : ` (registration: ${registration})`;
    return { ready: `kurogane api ready on ${door.url}${also}` };
  });
}
