import { type Channel, type ChannelModel, connect } from 'amqplib';
import { expect } from 'chai';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { eventually } from '../../services/eventually.ts';
import { testTransportUrl } from '../../services/test-services.ts';
import { CALLER, type ConductorBench, startConductorBench } from '../conductor-bench.ts';

/** A listener as oslo.messaging's: it makes exchange and queue with oslo's defaults, or finds them made. */
describe('notifications on RabbitMQ', () => {
  let bench: ConductorBench;
  let model: ChannelModel;
  let channel: Channel;
  let queue: string;
  let exchange: string;
  let heard: JsonObject[];

  beforeEach(async () => {
    const transport_url = await testTransportUrl();
    const url = new URL(transport_url);
    const prefix = url.searchParams.get('prefix') ?? '';
    url.search = '';
    model = await connect(url.href);
    channel = await model.createChannel();
    queue = `${prefix}ironic_versioned_notifications.info`;
    exchange = `${prefix}ironic`;
    heard = [];
    const settings = {
      DEFAULT: { enabled_hardware_types: ['fake-hardware'], notification_level: 'info' as const },
    };
    bench = await startConductorBench(settings, { transport_url });
    await bench.start();
  });
  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
    await channel.deleteQueue(queue);
    await channel.deleteExchange(exchange);
    await model.close();
  });

  async function listen(): Promise<void> {
    await channel.assertExchange(exchange, 'topic', { durable: false });
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

  const node = () => bench.node({ provision_state: 'available', power_state: 'power off' });
  const POWER = ['baremetal.node.power_set.start', 'baremetal.node.power_set.end'];
  const heardTypes = () => heard.map(({ event_type }) => event_type);
  const until = (types: string[]) =>
    eventually(async () => expect(heardTypes()).to.deep.equal(types), 20_000);

  it('reach a listener that was there first', async () => {
    await listen();
    const one = await node();
    await bench.client.power(one, 'power on', null, CALLER);
    await until(POWER);
    await bench.settled(one, 'available');
    await bench.client.updateNode(
      await bench.read(one),
      { maintenance: true, maintenance_reason: 'fan' },
      CALLER,
    );
    await bench.client.updateNode(await bench.read(one), { name: 'kumo' }, CALLER);
    await until([
      ...POWER,
      ...['baremetal.node.maintenance_set.start', 'baremetal.node.maintenance_set.end'],
      ...['baremetal.node.update.start', 'baremetal.node.update.end'],
    ]);
    const payload = heard.at(-1)?.payload as JsonObject;
    expect(payload['ironic_object.name']).to.equal('NodeCRUDPayload');
    expect((payload['ironic_object.data'] as JsonObject).name).to.equal('kumo');
  });

  it('wait for a listener that comes later', async () => {
    const one = await node();
    await bench.client.power(one, 'power on', null, CALLER);
    await bench.settled(one, 'available');
    await listen();
    await until(POWER);
  });

  it('tell a deployment from start to end', async () => {
    await listen();
    const one = await node();
    await bench.client.provision(one, 'active', {}, CALLER);
    await bench.settled(one, 'active');
    await until(['baremetal.node.provision_set.start', 'baremetal.node.provision_set.end']);
    expect((heard.at(-1)?.payload as JsonObject | undefined)?.['ironic_object.data']).to.deep.include({
      ...{ provision_state: 'active', previous_provision_state: 'deploying', event: 'done' },
    });
  });

  it('disturb nothing when an exchange of another type is in their way', async () => {
    await channel.assertExchange(exchange, 'fanout', { durable: true });
    const one = await node();
    await bench.client.power(one, 'power on', null, CALLER);
    expect((await bench.settled(one, 'available')).power_state).to.equal('power on');
  });
});
