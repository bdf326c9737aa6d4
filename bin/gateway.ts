import { readFile } from 'node:fs/promises';
import type { Settings } from '../config/options.ts';
import { createRedfishGateway } from '../gateway/redfish/gateway.ts';
import { openUpstream } from '../gateway/redfish/upstream.ts';
import { composeBase } from './compose-base.ts';
import { listen } from './listen.ts';
import { startParts } from './parts.ts';
import { StartError } from './start-error.ts';

/** `kurogane gateway` */
export async function startGateway(settings: Settings): Promise<{ ready: string } & AsyncDisposable> {
  return await startParts(async (parts) => {
    const { host_ip, port } = settings.gateway;
    const tls = await readTls(settings);
    const base = await composeBase(parts, settings, { name: 'gateway', embedded: false });
    const { store, clock, log } = base;
    const upstream = parts.own(openUpstream());
    const audit = settings.audit.enabled;
    const gateway = createRedfishGateway({ store, clock, log, audit, upstream });
    const listener = parts.own(await listen(gateway, { host_ip, port, tls }));
    base.telemetry.ready(parts);
    return { ready: `kurogane gateway ready on ${listener.url}` };
  });
}

async function readTls({ gateway }: Settings): Promise<{ cert: string; key: string }> {
  const { cert_file, key_file } = gateway;
  if (cert_file === '' || key_file === '')
    throw new StartError('The gateway speaks HTTPS only: set [gateway]cert_file and key_file.');
  try {
    return { cert: await readFile(cert_file, 'utf8'), key: await readFile(key_file, 'utf8') };
  } catch (error) {
    throw new StartError(`A file of [gateway] cannot be read: ${(error as Error).message}`);
  }
}
