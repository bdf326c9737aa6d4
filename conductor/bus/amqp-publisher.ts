import type { ChannelModel, ConfirmChannel } from 'amqplib';
import type { Clock } from '../../lifecycle/clock.ts';
import { declareListeners, declareQueue } from './amqp-queue.ts';
import type { BusLogger } from './bus.ts';

/** Messages that wait for the broker's confirm; more are refused at once. */
const UNCONFIRMED_LIMIT = 1000;
/**
 * Wait before a deleted queue is made again. RabbitMQ tells its consumers of the deletion some 30 ms after it, and does not
 * when the queue exists again by then.
 */
const BEFORE_REMAKE_MS = 250;

/** Publishes on one connection, with the broker's confirms. Opens its channel when first needed, and again after it closed. */
export class AmqpPublisher {
  readonly #model: ChannelModel;
  readonly #clock: Clock;
  readonly #log: BusLogger;
  #channel: Promise<ConfirmChannel> | undefined;
  readonly #declared = new Map<string, Promise<void>>();
  readonly #exchanges = new Map<string, Promise<unknown>>();
  /** Ids of messages that came back: there was no queue. */
  readonly #returned = new Set<string>();
  #next_id = 0;
  #unconfirmed = 0;

  constructor(model: ChannelModel, clock: Clock, log: BusLogger) {
    this.#model = model;
    this.#clock = clock;
    this.#log = log;
  }

  /** Resolves when the broker has stored the message on the queue. Rejects when it did not. */
  async toQueue(queue: string, body: Buffer): Promise<void> {
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await once(this.#declared, queue, () => declareQueue(this.#model, queue, this.#log));
      const arrived = await this.#publish('', queue, body, true);
      if (arrived) return;
      // The queue was deleted since it was declared.
      this.#declared.delete(queue);
      await this.#clock.sleep(BEFORE_REMAKE_MS);
    }
    throw new Error('the queue cannot be kept');
  }

  /** Resolves when the broker has handed the message to the exchange's listeners, of which there may be none. */
  async toTopic(exchange: string, body: Buffer): Promise<void> {
    const channel = await this.#open();
    await once(this.#exchanges, exchange, () =>
      channel.assertExchange(exchange, 'fanout', { durable: true }),
    );
    await this.#publish(exchange, '', body, false);
  }

  /** Resolves when the broker has handed the message to a topic exchange, and by it to the queue named like the key. */
  async toListeners(exchange: string, key: string, body: Buffer): Promise<void> {
    await this.#open();
    await once(this.#exchanges, `${exchange} ${key}`, () => declareListeners(this.#model, exchange, key));
    await this.#publish(exchange, key, body, false);
  }

  async #publish(exchange: string, key: string, body: Buffer, to_queue: boolean): Promise<boolean> {
    if (this.#unconfirmed >= UNCONFIRMED_LIMIT)
      throw new Error(`${UNCONFIRMED_LIMIT} messages wait for the broker`);
    this.#unconfirmed += 1;
    try {
      const channel = await this.#open();
      this.#next_id += 1;
      const messageId = String(this.#next_id);
      await new Promise<void>((resolve, reject) => {
        const options = {
          mandatory: to_queue,
          persistent: to_queue,
          messageId,
          contentType: 'application/json',
        };
        channel.publish(exchange, key, body, options, (error: unknown) =>
          error === null || error === undefined ? resolve() : reject(refusal(error)),
        );
      });
      return !this.#returned.delete(messageId);
    } finally {
      this.#unconfirmed -= 1;
    }
  }

  #open(): Promise<ConfirmChannel> {
    this.#channel ??= this.#make().catch((error: unknown) => {
      this.#forget();
      throw error;
    });
    return this.#channel;
  }

  async #make(): Promise<ConfirmChannel> {
    const channel = await this.#model.createConfirmChannel();
    channel.on('error', (error) =>
      this.#log.warn({ err: error }, 'the broker closed the publishing channel'),
    );
    channel.on('close', () => this.#forget());
    channel.on('return', ({ properties }) => this.#returned.add(String(properties.messageId)));
    return channel;
  }

  #forget(): void {
    this.#channel = undefined;
    this.#exchanges.clear();
    this.#returned.clear();
  }
}

/** Does `work` once per key; a failure is forgotten. */
async function once(done: Map<string, Promise<unknown>>, key: string, work: () => Promise<unknown>) {
  const running = done.get(key) ?? work();
  done.set(key, running);
  try {
    await running;
  } catch (error) {
    if (done.get(key) === running) done.delete(key);
    throw error;
  }
}

function refusal(error: unknown): Error {
  return error instanceof Error ? error : new Error('the broker refused the message');
}
