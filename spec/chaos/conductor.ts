import { openBus } from '../../conductor/bus/open-bus.ts';
import { type Conductor, startConductor } from '../../conductor/server.ts';
import { WORKS } from '../../conductor/work/works.ts';
import { createLogger } from '../../config/logger.ts';
import { systemClock } from '../../config/system-clock.ts';
import { openStore } from '../../db/open-store.ts';
import { parseKeyRing } from '../../db/secrets.ts';
import { createIpmiDriver } from '../../drivers/ipmi/driver.ts';
import { createRedfishDriver } from '../../drivers/redfish/driver.ts';
import { createDriverRegistry } from '../../drivers/registry.ts';
import { settingsWith } from '../conductor/conductor-bench.ts';
import { createGate } from './gate.ts';
import { gateParts } from './gated-parts.ts';
import type { FromConductor, StartOrder, ToConductor } from './protocol.ts';

/** A conductor process of the chaos run: the product's parts behind a gate. Ends with the process that started it. */
async function start(order: StartOrder): Promise<Conductor> {
  const log = createLogger({ level: 'warn', name: order.hostname, destination: process.stderr });
  const settings = settingsWith(order.settings);
  const context = { clock: systemClock, log };
  const store = await openStore({
    connection: order.connection,
    keys: parseKeyRing(order.key),
  });
  const bus = await openBus({ ...context, transport_url: order.transport_url, redeliveries: 3 });
  globalThis.fetch = parts.fetch(globalThis.fetch);
  return startConductor({
    ...context,
    settings,
    bus,
    hostname: order.hostname,
    store: parts.store(store),
    drivers: createDriverRegistry([
      parts.driver(createIpmiDriver(context, settings.ipmi)),
      parts.driver(createRedfishDriver(context, settings.redfish)),
    ]),
    works: parts.works(WORKS),
  });
}

function send(message: FromConductor): void {
  process.send?.(message);
}

const gate = createGate(send);
const parts = gateParts(gate);
let conductor: Conductor | null = null;
process.on('disconnect', () => process.exit());
process.on('message', (message: ToConductor) => {
  gate.answer(message);
  if (message.type === 'count') send({ type: 'running', jobs: conductor?.running ?? 0 });
  if (message.type !== 'start') return;
  start(message).then(
    (started) => {
      conductor = started;
      send({ type: 'ready' });
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
