import type { Clock } from '../../lifecycle/clock.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { Bus, BusLogger, MessageHandler } from './bus.ts';
import { InFlight } from './in-flight.ts';
import { decodeMessage, encodeMessage } from './message.ts';

/** Messages kept per queue; the oldest go first. */
const QUEUE_LIMIT = 100_000;
/** Messages of one listener that are handled at once. */
const LISTENER_PREFETCH = 100;
const DISPOSE_LIMIT_MS = 5000;

export interface MemoryBusOptions {
  redeliveries: number;
  clock: Clock;
  log: BusLogger;
}

/** The bus inside one process. */
export function createMemoryBus(options: MemoryBusOptions): Bus {
  return new MemoryBus(options);
}

class MemoryBus implements Bus {
  readonly #options: MemoryBusOptions;
  readonly #queues = new Map<string, MemoryQueue>();
  readonly #topics = new Map<string, Set<MemoryQueue>>();
  #open = true;

  constructor(options: MemoryBusOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#open;
  }

  async send(queue: string, message: JsonObject): Promise<boolean> {
    return this.#deliver(queue, message, [this.#queue(queue)]);
  }

  async consume(queue: string, prefetch: number, handler: MessageHandler): Promise<AsyncDisposable> {
    return this.#queue(queue).addConsumer(prefetch, handler);
  }

  async publish(topic: string, message: JsonObject): Promise<boolean> {
    return this.#deliver(topic, message, [...(this.#topics.get(topic) ?? [])]);
  }

  async notify(): Promise<boolean> {
    return false;
  }

  async subscribe(topic: string, handler: MessageHandler): Promise<AsyncDisposable> {
    const own = new MemoryQueue(topic, { ...this.#options, redeliveries: 0 });
    const listeners = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, listeners.add(own));
    const consumer = own.addConsumer(LISTENER_PREFETCH, handler);
    return {
      async [Symbol.asyncDispose]() {
        listeners.delete(own);
        await consumer[Symbol.asyncDispose]();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = false;
    const queues = [...this.#queues.values(), ...[...this.#topics.values()].flatMap((set) => [...set])];
    await Promise.all(queues.map((queue) => queue[Symbol.asyncDispose]()));
  }

  #queue(name: string): MemoryQueue {
    const queue = this.#queues.get(name) ?? new MemoryQueue(name, this.#options);
    this.#queues.set(name, queue);
    return queue;
  }

  #deliver(name: string, message: JsonObject, queues: readonly MemoryQueue[]): boolean {
    if (!this.#open) return false;
    const body = encodeMessage(message);
    if (typeof body === 'string') {
      this.#options.log.warn({ queue: name }, `not sent: ${body}`);
      return false;
    }
    for (const queue of queues) queue.push(body);
    return true;
  }
}

interface Waiting {
  body: Buffer;
  /** Deliveries that failed. */
  failures: number;
}

interface MemoryConsumer {
  prefetch: number;
  handler: MessageHandler;
  in_flight: InFlight;
}

/** One queue: each message goes to one of its consumers, taken in turn. */
class MemoryQueue implements AsyncDisposable {
  readonly #name: string;
  readonly #options: MemoryBusOptions;
  #waiting: Waiting[] = [];
  #consumers: MemoryConsumer[] = [];

  constructor(name: string, options: MemoryBusOptions) {
    this.#name = name;
    this.#options = options;
  }

  push(body: Buffer): void {
    if (this.#waiting.length >= QUEUE_LIMIT) this.#waiting.shift();
    this.#waiting.push({ body, failures: 0 });
    this.#pump();
  }

  addConsumer(prefetch: number, handler: MessageHandler): AsyncDisposable {
    const consumer: MemoryConsumer = { prefetch, handler, in_flight: new InFlight() };
    this.#consumers.push(consumer);
    this.#pump();
    return { [Symbol.asyncDispose]: () => this.#remove(consumer) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#consumers.map((consumer) => this.#remove(consumer)));
    this.#waiting = [];
  }

  async #remove(consumer: MemoryConsumer): Promise<void> {
    this.#consumers = this.#consumers.filter((other) => other !== consumer);
    await consumer.in_flight.settle(this.#options.clock, DISPOSE_LIMIT_MS);
  }

  #pump(): void {
    while (this.#waiting.length > 0) {
      const consumer = this.#consumers.find((one) => one.in_flight.count < one.prefetch);
      if (consumer === undefined) return;
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#consumers = [...this.#consumers.filter((other) => other !== consumer), consumer];
      const handled = this.#handle(next, consumer);
      consumer.in_flight.add(handled);
      void handled.then(() => this.#pump());
    }
  }

  async #handle(message: Waiting, consumer: MemoryConsumer): Promise<void> {
    try {
      // Never in the sender's own turn: a handler must not run before `send` has returned.
      await Promise.resolve();
      await consumer.handler(decodeMessage(message.body) ?? {});
    } catch (error) {
      const again = message.failures < this.#options.redeliveries;
      this.#options.log.warn(
        { queue: this.#name, err: error },
        `a message's handler failed; ${again ? 'delivered again' : 'given up'}`,
      );
      if (again) this.#waiting.unshift({ body: message.body, failures: message.failures + 1 });
    }
  }
}
