import { existsSync } from 'node:fs';
import { connect } from 'amqplib';
import { expect } from 'chai';
import { startRabbitmq } from './rabbitmq.ts';
import { testTransportUrl } from './test-services.ts';

describe('private RabbitMQ', () => {
  it('keeps its data over a restart and its port over a crash, and leaves no process behind', async () => {
    await using server = await startRabbitmq();
    const before = await connect(server.url);
    before.on('error', () => undefined);
    const channel = await before.createConfirmChannel();
    await channel.assertQueue('q', { durable: true });
    channel.sendToQueue('q', Buffer.from('kept'), { persistent: true });
    await channel.waitForConfirms();
    await server.restart();

    const after = await connect(server.url);
    const message = await (await after.createChannel()).get('q', { noAck: true });
    expect(message).to.have.property('content').that.deep.equals(Buffer.from('kept'));
    await after.close();

    // A crash loses what RabbitMQ had not yet written of its queues: only the port is looked at.
    await server.kill();
    await server.start();
    await (await connect(server.url)).close();

    const { pid } = server;
    await server[Symbol.asyncDispose]();
    expect(existsSync(`/proc/${pid}`)).to.equal(false);
  });

  it('serves specs by testTransportUrl, each with a prefix of its own', async () => {
    const [one, other] = [new URL(await testTransportUrl()), new URL(await testTransportUrl())];
    expect(one.searchParams.get('prefix')).to.not.equal(other.searchParams.get('prefix'));
    one.search = '';
    const connection = await connect(one.href);
    await connection.close();
  });
});
