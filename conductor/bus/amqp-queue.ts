import type { Channel, ChannelModel } from 'amqplib';
import type { BusLogger } from './bus.ts';

/** Messages kept per queue; the oldest go first. */
const QUEUE_LIMIT = 100_000;
/** Deliveries after which the broker itself gives a message up: one that kills its consumers. */
const DELIVERY_LIMIT = 20;
/** AMQP 0-9-1 1.2: the queue exists with other arguments. */
const PRECONDITION_FAILED = 406;
/** AMQP 0-9-1 1.2: it does not exist. */
const NOT_FOUND = 404;

/**
 * Makes a queue if it is missing: durable, replicated (quorum), bounded. On a channel of its own, which a refusal closes.
 * A queue that exists with other arguments is used as it is.
 */
export async function declareQueue(model: ChannelModel, name: string, log: BusLogger): Promise<void> {
  const channel = await model.createChannel();
  // The refusal comes as the rejection below too.
  channel.on('error', () => undefined);
  try {
    await channel.assertQueue(name, {
      durable: true,
      arguments: {
        'x-queue-type': 'quorum',
        'x-delivery-limit': DELIVERY_LIMIT,
        'x-max-length': QUEUE_LIMIT,
      },
    });
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== PRECONDITION_FAILED) throw error;
    log.warn({ queue: name }, 'the queue exists with other arguments and is used as it is');
    return;
  }
  await channel.close();
}

/**
 * Makes the topic exchange and the queue of oslo.messaging's listeners, with its defaults, unless they exist: an operator may have
 * made them otherwise. Each on a channel of its own, which a refusal closes.
 */
export async function declareListeners(model: ChannelModel, exchange: string, key: string): Promise<void> {
  await unlessThere(
    model,
    (channel) => channel.checkExchange(exchange),
    (channel) => channel.assertExchange(exchange, 'topic', { durable: false }),
  );
  await unlessThere(
    model,
    (channel) => channel.checkQueue(key),
    (channel) => channel.assertQueue(key, { durable: false }),
  );
  await onChannel(model, (channel) => channel.bindQueue(key, exchange, key));
}

async function unlessThere(
  model: ChannelModel,
  check: (channel: Channel) => Promise<unknown>,
  make: (channel: Channel) => Promise<unknown>,
): Promise<void> {
  const there = await onChannel(model, check).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === NOT_FOUND) return false;
      throw error;
    },
  );
  if (!there) await onChannel(model, make);
}

async function onChannel(model: ChannelModel, work: (channel: Channel) => Promise<unknown>): Promise<void> {
  const channel = await model.createChannel();
  // The refusal comes as the rejection below too.
  channel.on('error', () => undefined);
  await work(channel);
  await channel.close();
}
