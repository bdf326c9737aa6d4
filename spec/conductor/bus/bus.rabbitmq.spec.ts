import { randomBytes } from 'node:crypto';
import { type Channel, type ChannelModel, connect } from 'amqplib';
import { expect } from 'chai';
import type { Bus, BusLogger } from '../../../conductor/bus/bus.ts';
import { openBus } from '../../../conductor/bus/open-bus.ts';
import { systemClock } from '../../../config/system-clock.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { BENCH_REDELIVERIES, describeBus } from '../../contract/describe-bus.ts';
import { eventually } from '../../services/eventually.ts';
import { freePort } from '../../services/free-port.ts';
import { type RabbitmqServer, startRabbitmq } from '../../services/rabbitmq.ts';
import { startTcpRelay, type TcpRelay } from '../../services/tcp-relay.ts';
import { testTransportUrl } from '../../services/test-services.ts';

/** Keeps every line as it would be written. */
function recordingLog(): BusLogger & { lines: string[] } {
  const lines: string[] = [];
  const write = (facts: object, message: string): void => {
    const shown = Object.entries(facts).map(([key, value]) =>
      value instanceof Error ? `${key}=${value.stack} ${JSON.stringify(value)}` : `${key}=${String(value)}`,
    );
    lines.push(`${message} ${shown.join(' ')}`);
  };
  return { lines, debug: write, info: write, warn: write };
}

function open(
  transport_url: string,
  log: BusLogger = recordingLog(),
  confirm_timeout_ms = 5000,
): Promise<Bus> {
  return openBus({
    transport_url,
    redeliveries: BENCH_REDELIVERIES,
    clock: systemClock,
    log,
    confirm_timeout_ms,
  });
}

describeBus('rabbitmq', async () => {
  const url = await testTransportUrl();
  return { open: () => open(url), [Symbol.asyncDispose]: () => removeQueues(url, ['q', 'kurogane.jobs']) };
});

/** Removes the durable queues of a test from a broker that may be the developer's own. */
async function removeQueues(transport_url: string, names: readonly string[]): Promise<void> {
  await administer(transport_url, async (channel, prefix) => {
    for (const name of names) await channel.deleteQueue(prefix + name);
  });
}

async function administer(
  transport_url: string,
  work: (channel: Channel, prefix: string) => Promise<unknown>,
): Promise<void> {
  const url = new URL(transport_url);
  const prefix = url.searchParams.get('prefix') ?? '';
  url.search = '';
  const connection: ChannelModel = await connect(url.href);
  try {
    await work(await connection.createChannel(), prefix);
  } finally {
    await connection.close();
  }
}

function collect(heard: JsonObject[]): (message: JsonObject) => Promise<void> {
  return async (message) => {
    heard.push(message);
  };
}

describe('bus rabbitmq: what happens to a broker', () => {
  let url: string;
  let relay: TcpRelay;
  let bus: Bus;
  let other: Bus;
  /** The bus under test goes through a relay; the other one goes to the broker itself. */
  beforeEach(async () => {
    url = await testTransportUrl();
    relay = await startTcpRelay(Number(new URL(url).port || 5672));
    const relayed = new URL(url);
    relayed.hostname = '127.0.0.1';
    relayed.port = String(relay.port);
    bus = await open(relayed.href, recordingLog(), 500);
    other = await open(url);
  });
  afterEach(async () => {
    relay.resume();
    await bus[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    await relay[Symbol.asyncDispose]();
    await removeQueues(url, ['q']);
  });

  it('connects again after the connection was cut, with its consumers and listeners', async () => {
    const [queue, topic]: [JsonObject[], JsonObject[]] = [[], []];
    await bus.consume('q', 1, collect(queue));
    await bus.subscribe('t', collect(topic));
    relay.cut();
    await eventually(() => expect(bus.connected).to.equal(false));
    await other.send('q', { n: 1 });
    await eventually(() => expect(queue).to.deep.equal([{ n: 1 }]));
    await eventually(async () => {
      await other.publish('t', { n: 2 });
      expect(topic).to.deep.include({ n: 2 });
    });
    await eventually(async () => expect(await bus.send('q', { n: 3 })).to.equal(true));
    await eventually(() => expect(queue).to.deep.equal([{ n: 1 }, { n: 3 }]));
  });

  it('delivers a message again whose consumer lost its connection', async () => {
    const heard: JsonObject[] = [];
    let go: () => void = () => undefined;
    await bus.consume('q', 1, (message) => {
      heard.push(message);
      return new Promise((resolve) => {
        go = resolve;
      });
    });
    await other.send('q', { n: 1 });
    await eventually(() => expect(heard).to.have.length(1));
    relay.cut();
    await eventually(() => expect(heard).to.deep.equal([{ n: 1 }, { n: 1 }]));
    go();
  });

  it('says false for what a silent broker does not confirm, and what comes while it is away', async () => {
    expect(await bus.send('q', { n: 1 })).to.equal(true);
    relay.stall();
    expect(await bus.send('q', { n: 2 })).to.equal(false);
    expect(await bus.publish('t', { n: 3 })).to.equal(false);
    relay.cut();
    await eventually(() => expect(bus.connected).to.equal(false));
    expect(await bus.send('q', { n: 4 })).to.equal(false);
  });

  it('refuses messages at once when too many wait for their confirm', async () => {
    expect(await bus.send('q', { n: 0 })).to.equal(true);
    relay.stall();
    const sent = Array.from({ length: 1500 }, (_, n) => bus.send('q', { n }));
    expect((await Promise.all(sent)).filter((confirmed) => confirmed)).to.deep.equal([]);
    relay.resume();
    await eventually(async () => expect(await bus.send('q', { n: 1 })).to.equal(true));
  });

  it('leaves no connection when it is disposed of while the broker is silent', async () => {
    expect(relay.connections).to.equal(1);
    relay.stall();
    await bus[Symbol.asyncDispose]();
    relay.resume();
    await eventually(() => expect(relay.connections).to.equal(0));
  });

  it('makes a queue again that was deleted, for senders and for consumers', async () => {
    const heard: JsonObject[] = [];
    await bus.consume('q', 1, collect(heard));
    expect(await bus.send('q', { n: 1 })).to.equal(true);
    await eventually(() => expect(heard).to.have.length(1));
    await removeQueues(url, ['q']);
    expect(await bus.send('q', { n: 2 })).to.equal(true);
    await eventually(() => expect(heard).to.deep.equal([{ n: 1 }, { n: 2 }]));
  });

  it('uses a queue that an operator made with other arguments', async () => {
    await administer(url, (channel, prefix) => channel.assertQueue(`${prefix}q`, { durable: true }));
    const heard: JsonObject[] = [];
    expect(await bus.send('q', { n: 1 })).to.equal(true);
    await bus.consume('q', 1, collect(heard));
    await eventually(() => expect(heard).to.deep.equal([{ n: 1 }]));
  });

  it('drops what is no message of ours, and goes on', async () => {
    const heard: JsonObject[] = [];
    await bus.consume('q', 1, collect(heard));
    await administer(url, async (channel, prefix) => {
      for (const body of ['', 'null', '[]', '{"a":', '\u0000', `{"a":"${'x'.repeat(100_000)}"}`])
        channel.sendToQueue(`${prefix}q`, Buffer.from(body));
    });
    expect(await other.send('q', { n: 1 })).to.equal(true);
    await eventually(() => expect(heard).to.deep.equal([{ n: 1 }]));
  });

  it('makes a topic again that was deleted', async () => {
    const heard: JsonObject[] = [];
    await bus.subscribe('t', collect(heard));
    await administer(url, (channel, prefix) => channel.deleteExchange(`${prefix}t`));
    relay.cut();
    await eventually(async () => {
      await other.publish('t', { n: 1 });
      expect(heard).to.deep.include({ n: 1 });
    });
  });
});

describe('bus rabbitmq: a broker that comes and goes', () => {
  it('starts without a broker, and says that it cannot be reached', async () => {
    const log = recordingLog();
    const port = await freePort();
    await using bus = await open(`amqp://u:hunter2@127.0.0.1:${port}`, log);
    expect(bus.connected).to.equal(false);
    expect(await bus.send('q', {})).to.equal(false);
    await bus[Symbol.asyncDispose]();
    expect(log.lines.join('\n')).to.include('ECONNREFUSED').and.not.include('hunter2');
  });

  it('says that the name of the broker cannot be resolved, and what to check', async () => {
    const log = recordingLog();
    await using bus = await open('amqp://u:hunter2@broker.invalid', log);
    expect(bus.connected).to.equal(false);
    await bus[Symbol.asyncDispose]();
    expect(log.lines[0]).to.match(
      /RabbitMQ cannot be reached \((ENOTFOUND|EAI_AGAIN)\): its host name cannot be resolved.* Check .*name service/,
    );
    expect(log.lines.join('\n')).to.not.include('hunter2');
  });

  it('keeps trying with a wrong password, and never logs it', async () => {
    const url = new URL(await testTransportUrl());
    url.password = `hunter2${randomBytes(4).toString('hex')}`;
    const log = recordingLog();
    await using bus = await open(url.href, log);
    await eventually(() => expect(log.lines.length).to.be.greaterThan(1));
    expect(bus.connected).to.equal(false);
    await bus[Symbol.asyncDispose]();
    expect(log.lines[0]).to.match(/RabbitMQ cannot be reached.*ACCESS.REFUSED/s);
    expect(log.lines.join('\n')).to.not.include('hunter2');
  });

  it('goes to the next member of a cluster when one is away', async () => {
    const url = new URL(await testTransportUrl());
    const away = await freePort();
    const members = `${url.username}:${url.password}@127.0.0.1:${away},${url.host}`;
    await using bus = await open(`amqp://${members}${url.pathname}${url.search}`);
    await eventually(() => expect(bus.connected).to.equal(true));
  });

  describe('restart', () => {
    let server: RabbitmqServer;
    before(async () => {
      server = await startRabbitmq();
    });
    after(() => server[Symbol.asyncDispose]());

    it('keeps confirmed messages, and serves senders, consumers and listeners again', async () => {
      await using bus = await open(server.url);
      const [queue, topic]: [JsonObject[], JsonObject[]] = [[], []];
      expect(await bus.send('kept', { n: 1 })).to.equal(true);
      await bus.consume('q', 1, collect(queue));
      await bus.subscribe('t', collect(topic));
      await server.stop();
      await eventually(() => expect(bus.connected).to.equal(false));
      expect(await bus.send('q', { n: 0 })).to.equal(false);
      await server.start();
      await eventually(async () => expect(await bus.send('q', { n: 2 })).to.equal(true), 60_000);
      await eventually(() => expect(queue).to.deep.equal([{ n: 2 }]));
      await eventually(async () => {
        await bus.publish('t', { n: 3 });
        expect(topic).to.deep.include({ n: 3 });
      });
      const kept: JsonObject[] = [];
      await bus.consume('kept', 1, collect(kept));
      await eventually(() => expect(kept).to.deep.equal([{ n: 1 }]));
    });
  });
});
