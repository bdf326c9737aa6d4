import type { Clock } from '../../lifecycle/clock.ts';
import { createAmqpBus } from './amqp.ts';
import type { Bus, BusLogger } from './bus.ts';
import { createMemoryBus } from './memory.ts';
import { parseTransportUrl } from './transport-url.ts';

/** Longest wait for the broker's confirm of one message. */
const CONFIRM_TIMEOUT_MS = 5000;

export interface OpenBusOptions {
  /** `[oslo_messaging]transport_url`. */
  transport_url: string;
  /** `[oslo_messaging]redeliveries`. */
  redeliveries: number;
  clock: Clock;
  log: BusLogger;
  /** Longest wait for the broker's confirm of one message. Default 5000. */
  confirm_timeout_ms?: number;
}

/**
 * Opens the bus that `transport_url` names: `memory://` inside this process, else RabbitMQ. With RabbitMQ it resolves also
 * when the broker cannot be reached; `connected` is false then, and the bus connects when it can.
 *
 * @throws Error when the URL cannot be understood; it never repeats the URL.
 */
export async function openBus(options: OpenBusOptions): Promise<Bus> {
  const { redeliveries, clock, log, confirm_timeout_ms = CONFIRM_TIMEOUT_MS } = options;
  const transport = parseTransportUrl(options.transport_url);
  if (transport.kind === 'memory') return createMemoryBus({ redeliveries, clock, log });
  return createAmqpBus({ transport, redeliveries, clock, log, confirm_timeout_ms });
}
