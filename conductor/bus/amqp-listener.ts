import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import type { Clock } from '../../lifecycle/clock.ts';
import { backoff_ms } from './backoff.ts';
import type { BusLogger, MessageHandler } from './bus.ts';
import { InFlight, within } from './in-flight.ts';
import { decodeMessage } from './message.ts';

const DISPOSE_LIMIT_MS = 5000;

export interface AmqpListenerOptions {
  /** Queue or topic, for the log. */
  name: string;
  prefetch: number;
  /** Times that a message whose handler failed is delivered again. */
  redeliveries: number;
  handler: MessageHandler;
  /** Declares what is listened to; resolves with the queue to consume. */
  declare: (model: ChannelModel, channel: Channel) => Promise<string>;
  clock: Clock;
  log: BusLogger;
}

/** One consumer: set up on every connection, and again when its queue was deleted or its channel closed. */
export class AmqpListener {
  readonly #options: AmqpListenerOptions;
  readonly #disposed = new AbortController();
  readonly #in_flight = new InFlight();
  #consuming: { channel: Channel; consumer_tag: string } | null = null;

  constructor(options: AmqpListenerOptions) {
    this.#options = options;
  }

  /** Listens on a connection until `ended`. Resolves after the first try, whether it succeeded or not. */
  attach(model: ChannelModel, ended: AbortSignal): Promise<void> {
    const stop = AbortSignal.any([ended, this.#disposed.signal]);
    return new Promise((resolve) => void this.#keep(model, stop, resolve));
  }

  /** Takes no more messages and waits, bounded, for those that are being handled. */
  async stop(): Promise<void> {
    const { clock } = this.#options;
    const consuming = this.#consuming;
    this.#disposed.abort();
    if (consuming === null) return;
    const { channel, consumer_tag } = consuming;
    await within(
      clock,
      DISPOSE_LIMIT_MS,
      attempt(async () => channel.cancel(consumer_tag)),
    );
    await this.#in_flight.settle(clock, DISPOSE_LIMIT_MS);
    await within(
      clock,
      DISPOSE_LIMIT_MS,
      attempt(async () => channel.close()),
    );
  }

  async #keep(model: ChannelModel, stop: AbortSignal, tried: () => void): Promise<void> {
    const { clock, log, name } = this.#options;
    for (let tries = 0; !stop.aborted; tries += 1) {
      try {
        const { lost } = await this.#listen(model, stop);
        tried();
        tries = 0;
        await lost;
        if (!stop.aborted) log.warn({ queue: name }, 'the broker ended the consumer; it is set up again');
      } catch (error) {
        if (!stop.aborted) log.warn({ queue: name, err: error }, 'the consumer could not be set up');
      }
      this.#consuming = null;
      tried();
      await clock.sleep(backoff_ms(tries), stop).catch(() => undefined);
    }
    tried();
  }

  /** Resolves when messages flow. `lost` resolves when they no longer do. */
  async #listen(model: ChannelModel, stop: AbortSignal): Promise<{ lost: Promise<void> }> {
    const { declare, log, name, prefetch } = this.#options;
    const channel = await model.createChannel();
    channel.on('error', (error) =>
      log.warn({ queue: name, err: error }, "the broker closed a consumer's channel"),
    );
    const lost = new Promise<void>((resolve) => channel.once('close', () => resolve()));
    try {
      const queue = await declare(model, channel);
      await channel.prefetch(prefetch);
      const { consumerTag } = await channel.consume(queue, (message) => {
        // null: the queue was deleted. Messages in flight are still acknowledged before the channel closes.
        if (message === null) void this.#end(channel);
        else this.#in_flight.add(this.#handle(channel, message));
      });
      if (stop.aborted) await this.#end(channel);
      else this.#consuming = { channel, consumer_tag: consumerTag };
    } catch (error) {
      await attempt(async () => channel.close());
      throw error;
    }
    return { lost };
  }

  async #end(channel: Channel): Promise<void> {
    await this.#in_flight.settle(this.#options.clock, DISPOSE_LIMIT_MS);
    await attempt(async () => channel.close());
  }

  async #handle(channel: Channel, message: ConsumeMessage): Promise<void> {
    const { handler, log, name, redeliveries } = this.#options;
    const content = decodeMessage(message.content);
    if (content === null) {
      log.warn({ queue: name, bytes: message.content.length }, 'dropped what is no message of ours');
      await attempt(async () => channel.ack(message));
      return;
    }
    try {
      await handler(content);
      await attempt(async () => channel.ack(message));
    } catch (error) {
      const again = failures(message) < redeliveries;
      log.warn(
        { queue: name, err: error },
        `a message's handler failed; ${again ? 'delivered again' : 'given up'}`,
      );
      await attempt(async () => (again ? channel.nack(message, false, true) : channel.ack(message)));
    }
  }
}

/** Deliveries of this message that failed before: counted by quorum queues. */
function failures(message: ConsumeMessage): number {
  const count: unknown = message.properties.headers?.['x-delivery-count'];
  return typeof count === 'number' ? count : 0;
}

/** A channel that has closed meanwhile refuses everything; the broker then delivers the message again by itself. */
async function attempt(work: () => Promise<unknown>): Promise<void> {
  await work().catch(() => undefined);
}
