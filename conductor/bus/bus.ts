import type { JsonObject } from '../../lifecycle/json.ts';

/**
 * The bus only wakes: the database row is the truth, so a message that is lost costs latency, never work.
 * Two kinds of delivery: a *queue* hands each message to one of its consumers; a *topic* to every listener.
 */
export interface Bus extends AsyncDisposable {
  /** False while the broker cannot be reached; the bus reconnects by itself. */
  readonly connected: boolean;
  /** Puts a message on a queue, which is made if missing. False: not confirmed by the broker, may be lost. Never throws. */
  send(queue: string, message: JsonObject): Promise<boolean>;
  /**
   * Takes messages of a queue, at most `prefetch` unfinished at once. A message whose handler rejects is delivered again,
   * at most `[oslo_messaging]redeliveries` times.
   */
  consume(queue: string, prefetch: number, handler: MessageHandler): Promise<AsyncDisposable>;
  /** Tells every listener of a topic. False: not confirmed. Never throws. */
  publish(topic: string, message: JsonObject): Promise<boolean>;
  /**
   * Hands a message to those outside who listen as oslo.messaging does: a topic exchange, and a queue named like the routing
   * key. Both are used as they are, or made as oslo.messaging makes them. False: not confirmed, or nobody can be outside.
   * Never throws.
   */
  notify(exchange: string, routing_key: string, message: JsonObject): Promise<boolean>;
  /** Hears every message published on a topic from now on. */
  subscribe(topic: string, handler: MessageHandler): Promise<AsyncDisposable>;
}

export type MessageHandler = (message: JsonObject) => Promise<void>;

/** What the bus says about itself; `config/logger` fits. */
export interface BusLogger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

/** Queue that wakes a conductor of a group: `{job_id}`. */
export function jobQueue(conductor_group: string): string {
  return conductor_group === '' ? 'kurogane.jobs' : `kurogane.jobs.${conductor_group}`;
}

/** Topic that tells API processes that a job they wait for has ended: `{job_id}`. */
export const JOB_ENDED_TOPIC = 'kurogane.job-ended';
