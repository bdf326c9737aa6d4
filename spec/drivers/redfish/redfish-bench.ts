import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../config/system-clock.ts';
import type { RedfishOptions } from '../../../drivers/redfish/driver-options.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { Certificate } from '../../../rack/certificate.ts';
import type { Machine } from '../../../rack/machine.ts';
import { type RedfishServer, startRedfishRack } from '../../../rack/redfish/redfish-rack.ts';
import type { Screen } from '../../../rack/screen/screen.ts';

export const PASSWORD = 'r3dfish-s3cret';
export const WRONG_PASSWORD = 'wr0ng-s3cret';

export const QUICK_OPTIONS: RedfishOptions = {
  connection_attempts: 2,
  connection_retry_interval: 0.05,
  auth_type: 'auto',
  session_idle_timeout: 30,
};

export interface QuickRack extends AsyncDisposable {
  servers: readonly RedfishServer[];
  server(index: number): RedfishServer;
  /** With the file of the rack's CA. */
  driver_info(index: number): JsonObject;
}

/** A rack whose servers obey at once, with its CA in a file. */
export async function quickRack(
  options: {
    count?: number;
    certificate?: Certificate;
    delays_ms?: { soft_off?: number };
    screen?: (machine: Machine) => Screen;
  } = {},
): Promise<QuickRack> {
  const folder = await mkdtemp(join(tmpdir(), 'kurogane-redfish-'));
  const rack = await startRedfishRack({
    count: options.count ?? 2,
    clock: systemClock,
    password: PASSWORD,
    delays_ms: { power: 0, soft_off: 0, post: 0, ...options.delays_ms },
    ...(options.screen === undefined ? {} : { screen: options.screen }),
    ...(options.certificate === undefined ? {} : { certificate: options.certificate }),
  });
  const ca_file = join(folder, 'ca.pem');
  await writeFile(ca_file, rack.ca);
  const server = (index: number): RedfishServer => {
    const found = rack.servers[index];
    if (found === undefined) throw new Error(`no server ${index}`);
    return found;
  };
  return {
    servers: rack.servers,
    server,
    driver_info: (index) => ({ ...server(index).redfish_info, redfish_verify_ca: ca_file }),
    [Symbol.asyncDispose]: async () => {
      await rack[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
