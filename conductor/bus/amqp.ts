import { type ChannelModel, connect } from 'amqplib';
import type { Clock } from '../../lifecycle/clock.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { AmqpListener, type AmqpListenerOptions } from './amqp-listener.ts';
import { AmqpPublisher } from './amqp-publisher.ts';
import { declareQueue } from './amqp-queue.ts';
import { backoff_ms } from './backoff.ts';
import { brokerTrouble } from './broker-trouble.ts';
import type { Bus, BusLogger, MessageHandler } from './bus.ts';
import { within } from './in-flight.ts';
import { encodeMessage } from './message.ts';
import type { AmqpAddress, AmqpTransport } from './transport-url.ts';

const HEARTBEAT_S = 10;
const CONNECT_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 5000;
/** A connection that lasted this long was a good one: the next attempt comes soon. */
const GOOD_CONNECTION_MS = 30_000;
/** Messages of one topic listener that are handled at once, and kept for it by the broker. */
const LISTENER_PREFETCH = 100;
const LISTENER_QUEUE_LIMIT = 10_000;

export interface AmqpBusOptions {
  transport: AmqpTransport;
  redeliveries: number;
  clock: Clock;
  log: BusLogger;
  /** Longest wait for the broker's confirm of one message. */
  confirm_timeout_ms: number;
}

/**
 * The bus over RabbitMQ. Resolves when the broker was reached, or when the first attempt to reach it failed: a broker's
 * outage stops no process. It goes on trying until it is disposed of.
 */
export async function createAmqpBus(options: AmqpBusOptions): Promise<Bus> {
  const bus = new AmqpBus(options);
  await bus.tried;
  return bus;
}

/** One connection, while it lasts. */
interface Link {
  model: ChannelModel;
  publisher: AmqpPublisher;
  /** Resolves when the connection is gone. */
  lost: Promise<void>;
  ended: AbortSignal;
}

class AmqpBus implements Bus {
  readonly tried: Promise<void>;
  readonly #options: AmqpBusOptions;
  readonly #disposed = new AbortController();
  readonly #listeners = new Set<AmqpListener>();
  readonly #running: Promise<void>;
  #link: Link | null = null;

  constructor(options: AmqpBusOptions) {
    this.#options = options;
    const { promise, resolve } = deferred();
    this.tried = promise;
    this.#running = this.#keepConnected(resolve);
  }

  get connected(): boolean {
    return this.#link !== null;
  }

  send(queue: string, message: JsonObject): Promise<boolean> {
    return this.#confirmed(queue, message, (publisher, body) => publisher.toQueue(this.#name(queue), body));
  }

  publish(topic: string, message: JsonObject): Promise<boolean> {
    return this.#confirmed(topic, message, (publisher, body) => publisher.toTopic(this.#name(topic), body));
  }

  notify(exchange: string, routing_key: string, message: JsonObject): Promise<boolean> {
    return this.#confirmed(exchange, message, (publisher, body) =>
      publisher.toListeners(this.#name(exchange), this.#name(routing_key), body),
    );
  }

  consume(queue: string, prefetch: number, handler: MessageHandler): Promise<AsyncDisposable> {
    const { log, redeliveries } = this.#options;
    const name = this.#name(queue);
    return this.#listen({
      name,
      prefetch,
      redeliveries,
      handler,
      declare: async (model) => {
        await declareQueue(model, name, log);
        return name;
      },
    });
  }

  subscribe(topic: string, handler: MessageHandler): Promise<AsyncDisposable> {
    const name = this.#name(topic);
    return this.#listen({
      name,
      prefetch: LISTENER_PREFETCH,
      redeliveries: 0,
      handler,
      declare: async (_model, channel) => {
        await channel.assertExchange(name, 'fanout', { durable: true });
        const { queue } = await channel.assertQueue('', {
          exclusive: true,
          autoDelete: true,
          durable: false,
          maxLength: LISTENER_QUEUE_LIMIT,
        });
        await channel.bindQueue(queue, name, '');
        return queue;
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { clock } = this.#options;
    const link = this.#link;
    this.#link = null;
    this.#disposed.abort();
    await Promise.all([...this.#listeners].map((listener) => listener.stop()));
    this.#listeners.clear();
    if (link !== null) await closeModel(link.model, clock);
    await this.#running;
  }

  #name(name: string): string {
    return this.#options.transport.prefix + name;
  }

  async #listen(options: Omit<AmqpListenerOptions, 'clock' | 'log'>): Promise<AsyncDisposable> {
    const { clock, log } = this.#options;
    const listener = new AmqpListener({ ...options, clock, log });
    this.#listeners.add(listener);
    if (this.#link !== null) await listener.attach(this.#link.model, this.#link.ended);
    return {
      [Symbol.asyncDispose]: async () => {
        this.#listeners.delete(listener);
        await listener.stop();
      },
    };
  }

  async #confirmed(
    name: string,
    message: JsonObject,
    work: (publisher: AmqpPublisher, body: Buffer) => Promise<void>,
  ): Promise<boolean> {
    const { clock, confirm_timeout_ms, log } = this.#options;
    const body = encodeMessage(message);
    if (typeof body === 'string') {
      log.warn({ queue: name }, `not sent: ${body}`);
      return false;
    }
    if (this.#link === null) return false;
    let confirmed = false;
    const sent = work(this.#link.publisher, body).then(
      () => {
        confirmed = true;
      },
      (error: unknown) => log.warn({ queue: name, err: error }, 'the broker did not take a message'),
    );
    if (!(await within(clock, confirm_timeout_ms, sent)))
      log.warn({ queue: name }, `the broker did not confirm a message in ${confirm_timeout_ms} ms`);
    return confirmed;
  }

  /** Connects, and connects again when the connection is lost, until disposed of. Never rejects. */
  async #keepConnected(tried: () => void): Promise<void> {
    const { clock, log, transport } = this.#options;
    const stop = this.#disposed.signal;
    let attempt = 0;
    for (let turn = 0; !stop.aborted; turn += 1) {
      const address = transport.addresses[turn % transport.addresses.length];
      if (address === undefined) throw new Error('A transport without an address.');
      const broker = `${address.hostname}:${address.port}`;
      const started_at = clock.monotonic();
      try {
        const link = await this.#connect(address);
        log.info({ broker }, 'connected to RabbitMQ');
        await this.#attachAll(link);
        tried();
        await link.lost;
        if (!stop.aborted) log.warn({ broker }, 'the connection to RabbitMQ was lost');
      } catch (error) {
        log.warn({ broker, err: error }, brokerTrouble(error));
      }
      this.#link = null;
      tried();
      attempt = clock.monotonic() - started_at > GOOD_CONNECTION_MS ? 0 : attempt + 1;
      await clock.sleep(backoff_ms(attempt), stop).catch(() => undefined);
    }
  }

  async #connect(address: AmqpAddress): Promise<Link> {
    const { clock, log, transport } = this.#options;
    const model = await connect(
      { ...address, vhost: encodeURIComponent(transport.vhost), heartbeat: HEARTBEAT_S },
      { noDelay: true, keepAlive: true, timeout: CONNECT_TIMEOUT_MS },
    );
    const { promise: lost, resolve } = deferred();
    const ended = new AbortController();
    model.on('close', () => {
      ended.abort();
      if (this.#link?.model === model) this.#link = null;
      resolve();
    });
    model.on('error', (error) => log.warn({ err: error }, 'RabbitMQ ended the connection'));
    model.on('blocked', (reason) => log.warn({ reason }, 'RabbitMQ takes no messages for now'));
    model.on('unblocked', () => log.info({}, 'RabbitMQ takes messages again'));
    return { model, publisher: new AmqpPublisher(model, clock, log), lost, ended: ended.signal };
  }

  async #attachAll(link: Link): Promise<void> {
    if (this.#disposed.signal.aborted) {
      await closeModel(link.model, this.#options.clock);
      return;
    }
    this.#link = link;
    await Promise.all([...this.#listeners].map((one) => one.attach(link.model, link.ended)));
  }
}

/** Closes a connection, by force when the broker does not answer. */
async function closeModel(model: ChannelModel, clock: Clock): Promise<void> {
  // A connection that is closed already throws.
  const close = async () => model.close();
  if (await within(clock, CLOSE_TIMEOUT_MS, close())) return;
  // The library has no public way to drop a connection whose broker is silent.
  const { stream } = model.connection as unknown as { stream?: { destroy(error: Error): void } };
  stream?.destroy(new Error('the broker did not answer the farewell'));
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let settle: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: () => settle() };
}
