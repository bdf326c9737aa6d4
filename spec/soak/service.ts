import { readdirSync, readlinkSync } from 'node:fs';
import { composeApi, composeDoor } from '../../bin/compose-api.ts';
import type { Base } from '../../bin/compose-base.ts';
import { composeTelemetry } from '../../bin/compose-telemetry.ts';
import { Parts } from '../../bin/parts.ts';
import { openBus } from '../../conductor/bus/open-bus.ts';
import { type Conductor, startConductor } from '../../conductor/server.ts';
import { createLogger } from '../../config/logger.ts';
import { openStore } from '../../db/open-store.ts';
import { parseKeyRing } from '../../db/secrets.ts';
import type { Store } from '../../db/store.ts';
import { createFakeDriver } from '../../drivers/fake/driver.ts';
import { createIpmiDriver } from '../../drivers/ipmi/driver.ts';
import { createRedfishDriver } from '../../drivers/redfish/driver.ts';
import { createDriverRegistry } from '../../drivers/registry.ts';
import { settingsWith } from '../conductor/conductor-bench.ts';
import { fasterClock } from './faster-clock.ts';
import type { FromService, ProcessSample, StartOrder, ToService } from './protocol.ts';
import { sharedServers } from './shared-power.ts';

/** A process of the soak: a conductor, and the API where it is told so, made of the product's parts on a faster clock. */
async function start(order: StartOrder): Promise<{ conductor: Conductor; url: string | null }> {
  const parts = new Parts();
  const clock = fasterClock(order.time);
  const settings = settingsWith(order.settings);
  const log = createLogger({ level: 'error', name: order.hostname, destination: process.stderr });
  const { connection, time, transport_url } = order;
  const store = await openStore({ connection, time, keys: parseKeyRing(order.key) });
  const telemetry = await composeTelemetry(parts, { settings, log, clock, store });
  const base: Base = { settings, log, clock, store, telemetry };
  const bus = await openBus({ transport_url, redeliveries: 3, clock, log });
  const context = { clock, log };
  const drivers = createDriverRegistry([
    createIpmiDriver(context, settings.ipmi),
    createRedfishDriver(context, settings.redfish),
    createFakeDriver(context, sharedServers(order.power_file, await memoryNodes(store))),
  ]);
  const observer = telemetry.metrics.conductor;
  const conductor = await startConductor({ ...base, bus, drivers, hostname: order.hostname, observer });
  if (!order.api) return { conductor, url: null };
  const door = await composeDoor(parts, settings);
  await composeApi(parts, base, { bus, drivers, door, embedded: false });
  return { conductor, url: door.url };
}

/** The nodes in memory, in the same order in every process. */
async function memoryNodes(store: Store): Promise<string[]> {
  const nodes = await store.nodes.list({ where: { driver: 'fake-hardware' }, fields: ['uuid'] });
  return nodes.map(({ uuid }) => uuid).sort();
}

function sample(conductor: Conductor | null): ProcessSample {
  globalThis.gc?.();
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  return {
    rss_mib: rss / 2 ** 20,
    heap_mib: heapUsed / 2 ** 20,
    heap_taken_mib: heapTotal / 2 ** 20,
    external_mib: external / 2 ** 20,
    handles: process.getActiveResourcesInfo().length,
    sockets: openSockets(),
    jobs_running: conductor?.running ?? 0,
  };
}

function openSockets(): number {
  const folder = '/proc/self/fd';
  return readdirSync(folder).filter((name) => {
    try {
      return readlinkSync(`${folder}/${name}`).startsWith('socket:');
    } catch {
      // It was closed meanwhile.
      return false;
    }
  }).length;
}

function send(message: FromService): void {
  process.send?.(message);
}

let conductor: Conductor | null = null;
process.on('disconnect', () => process.exit());
process.on('message', (message: ToService) => {
  if (message.type === 'sample') {
    send({ type: 'sample', sample: sample(conductor) });
    return;
  }
  start(message.order).then(
    (started) => {
      conductor = started.conductor;
      send({ type: 'ready', url: started.url });
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
