import type { Settings } from '../config/options.ts';
import { composeBase, composeNeighbours } from './compose-base.ts';
import { composeBoot } from './compose-boot.ts';
import { startParts } from './parts.ts';
import { StartError } from './start-error.ts';

/** `kurogane boot` */
export async function startBootService(settings: Settings): Promise<{ ready: string } & AsyncDisposable> {
  if (settings.api.public_endpoint === '')
    throw new StartError(
      'The boot service tells agents where the API is: set [api]public_endpoint (KUROGANE_API__PUBLIC_ENDPOINT) ' +
        'to its URL as the servers reach it, such as http://192.0.2.1:6385.',
    );
  return await startParts(async (parts) => {
    const base = await composeBase(parts, settings, { name: 'boot', embedded: false });
    const boot = await composeBoot(
      parts,
      base,
      settings.api.public_endpoint.replace(/\/+$/, ''),
      composeNeighbours(parts, base),
      null,
    );
    base.telemetry.ready(parts);
    return { ready: `kurogane boot ready on ${boot.url}` };
  });
}
