import { type ChannelModel, connect } from 'amqplib';
import { expect } from 'chai';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { eventually } from '../../services/eventually.ts';

/** A listener to notifications as oslo.messaging's: it makes exchange and queues with oslo's defaults, or finds them made. */
export interface Listener extends AsyncDisposable {
  /** What a service is configured with to be heard. */
  readonly transport_url: string;
  readonly exchange: string;
  readonly model: ChannelModel;
  /** The messages heard, in their order. */
  readonly heard: JsonObject[];
  listen(): Promise<void>;
  /** Waits until exactly these event types were heard, of those that `about` fits. */
  until(types: readonly string[], about?: RegExp): Promise<void>;
  /** `payload['ironic_object.data']` of the last message of an event type. */
  data(event_type: string): JsonObject;
}

const LEVELS = ['info', 'error'] as const;

/** @param transport_url of a test's own broker, whose query names a prefix. */
export async function openListener(transport_url: string): Promise<Listener> {
  const url = new URL(transport_url);
  const prefix = url.searchParams.get('prefix') ?? '';
  url.search = '';
  const model = await connect(url.href);
  const channel = await model.createChannel();
  const exchange = `${prefix}ironic`;
  const queues = LEVELS.map((level) => `${prefix}ironic_versioned_notifications.${level}`);
  const heard: JsonObject[] = [];
  return {
    ...{ transport_url, exchange, model, heard },
    async listen() {
      await channel.assertExchange(exchange, 'topic', { durable: false });
      for (const queue of queues) {
        await channel.assertQueue(queue, { durable: false });
        await channel.bindQueue(queue, exchange, queue);
        await channel.consume(
          queue,
          (delivery) => {
            if (delivery === null) return;
            expect(delivery.properties.contentType).to.equal('application/json');
            const envelope = JSON.parse(delivery.content.toString()) as JsonObject;
            heard.push(JSON.parse(String(envelope['oslo.message'])) as JsonObject);
          },
          { noAck: true },
        );
      }
    },
    async until(types, about = /^/) {
      const told = () => heard.map(({ event_type }) => String(event_type)).filter((type) => about.test(type));
      await eventually(async () => expect(told()).to.have.members([...types]), 20_000);
    },
    data(event_type) {
      const message = heard.findLast((one) => one.event_type === event_type);
      return (message?.payload as JsonObject | undefined)?.['ironic_object.data'] as JsonObject;
    },
    async [Symbol.asyncDispose]() {
      for (const queue of queues) await channel.deleteQueue(queue);
      await channel.deleteExchange(exchange);
      await model.close();
    },
  };
}
