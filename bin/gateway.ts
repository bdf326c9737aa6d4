import { readFile } from 'node:fs/promises';
import { ConsoleHomes } from '../conductor/consoles/console-homes.ts';
import { createPlacement } from '../conductor/placement.ts';
import type { Settings } from '../config/options.ts';
import type { IpmiGatewayOptions } from '../gateway/ipmi/gateway.ts';
import { type IpmiListener, listenIpmi } from '../gateway/ipmi/server.ts';
import { leasesOver } from '../gateway/leases.ts';
import { createRedfishGateway } from '../gateway/redfish/gateway.ts';
import { openUpstream } from '../gateway/redfish/upstream.ts';
import { createWatch } from '../gateway/watch.ts';
import { composeBase, composeDrivers } from './compose-base.ts';
import { composeConsoles } from './compose-consoles.ts';
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
    const watch = parts.own(createWatch((uuids) => leasesOver(store, uuids), clock));
    const common = { store, log, watch, audit: settings.audit.enabled };
    const drivers = await composeDrivers(parts, base);
    const listener = parts.own(
      await listen(createRedfishGateway({ ...common, upstream }), { host_ip, port, tls }),
    );
    // After what listens, so that they end before it: it waits for what is open.
    const consoles = new ConsoleHomes({ store, clock, placement: createPlacement(base), own: null });
    listener.upgrade(composeConsoles(parts, base, drivers, consoles).upgrade);
    const way = drivers.get('ipmi');
    if (way === null) throw new Error('This build has no driver ipmi.');
    const ipmi = parts.own(await openIpmi({ ...common, clock, way, consoles }, settings));
    base.telemetry.ready(parts);
    return { ready: `kurogane gateway ready on ${listener.url}, IPMI on UDP port ${ipmi.port}` };
  });
}

async function openIpmi(options: IpmiGatewayOptions, { gateway }: Settings): Promise<IpmiListener> {
  const { host_ip, ipmi_port: port, ipmi_public_endpoint } = gateway;
  try {
    const told = Number(ipmi_public_endpoint.split(':').at(-1)) || port;
    return await listenIpmi(told === 0 ? options : { ...options, told_port: told }, { host_ip, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new StartError(
      `Cannot listen on ${host_ip} UDP port ${port} (${code ?? message}). Choose another [gateway]ipmi_port, or end the program that has it.`,
    );
  }
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
