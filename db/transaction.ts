import { ServiceError } from '../lifecycle/errors.ts';
import type { Engine } from './engine.ts';
import type { Answer, Answers, Executor, Link, Row, RunResult, SqlValue, Statement } from './executor.ts';
import { Contention } from './failures.ts';
import type { KeyRing } from './secrets.ts';
import type { Sql } from './statements.ts';

/** Runs `work` in a transaction on the connection. It begins with the first statement: work that sends none costs nothing. */
export async function transact<T>(
  engine: Engine,
  link: Link,
  keys: KeyRing,
  work: (inside: Executor) => Promise<T>,
): Promise<T> {
  const open = new OpenTransaction(engine, link);
  try {
    const result = await work(insideOf(engine, keys, open));
    await open.commit();
    return result;
  } catch (error) {
    await open.rollback().catch(() => engine.discard(link));
    throw error;
  }
}

function insideOf({ dialect }: Engine, keys: KeyRing, open: OpenTransaction): Executor {
  const rows = (text: string, bindings: readonly SqlValue[], prepared = false) =>
    open.send({ text, bindings, reads: true, prepared }) as Promise<Row[]>;
  const run = (text: string, bindings: readonly SqlValue[]) =>
    open.send({ text, bindings, reads: false }) as Promise<RunResult>;
  const inside: Executor = {
    dialect,
    keys,
    rows,
    run,
    later: async (text, bindings) => open.later({ text, bindings, reads: false }),
    writeAndRead: (write, read) =>
      Promise.all([run(write.text, write.bindings), rows(read.text, read.bindings)]),
    atomic: (work) => work(inside),
  };
  return inside;
}

/** The two statements of Executor.writeAndRead. */
export function writeAndRead(write: Sql, read: Sql): Statement[] {
  return [
    { ...write, reads: false },
    { ...read, reads: true },
  ];
}

/** The answers to `writeAndRead`. @throws what failed */
export function answersOf(sent: Answers): [RunResult, Row[]] {
  if (sent.failed_at !== null) throw sent.failure;
  return sent.answers as [RunResult, Row[]];
}

interface Waiting {
  statement: Statement;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

const ENDED = new Error('The transaction has ended.');

/** Resolves once all that can go on now has done so. */
const allIssued = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/**
 * The statements of one transaction. What was issued by the time the connection is free travels together. After a failure that
 * ended the transaction, and after its end, nothing is sent any more: it would be carried out on its own.
 */
class OpenTransaction {
  readonly #engine: Engine;
  readonly #link: Link;
  #waiting: Waiting[] = [];
  #flight: Promise<void> | null = null;
  #begun = false;
  #over: unknown = null;
  /** What a statement failed with that nobody waits for. */
  #lost: { error: unknown } | null = null;

  constructor(engine: Engine, link: Link) {
    this.#engine = engine;
    this.#link = link;
  }

  send(statement: Statement): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#over !== null) {
        reject(this.#over);
        return;
      }
      this.#waiting.push({ statement, resolve, reject });
      this.#flight ??= this.#fly();
    });
  }

  /** Sends the statement with the next ones, with COMMIT at the latest. */
  later(statement: Statement): void {
    if (this.#over !== null) throw this.#over;
    const reject = (error: unknown): void => {
      this.#lost ??= { error };
    };
    this.#waiting.push({ statement, resolve() {}, reject });
  }

  /** What still waits goes with COMMIT. @throws what a statement failed with that nobody waited for */
  async commit(): Promise<void> {
    await this.#flight;
    if (this.#lost !== null) throw this.#lost.error;
    this.#over ??= ENDED;
    const waiting = this.#waiting.splice(0);
    if (!this.#begun && waiting.length === 0) return;
    const statement = { text: 'COMMIT', bindings: [], reads: false };
    await new Promise((resolve, reject) => this.#carry([...waiting, { statement, resolve, reject }]));
  }

  /** Forgets what still waits. */
  async rollback(): Promise<void> {
    this.#stop(ENDED);
    await this.#flight;
    if (this.#begun) await this.#link.run('ROLLBACK', []);
  }

  async #fly(): Promise<void> {
    await allIssued();
    while (this.#waiting.length > 0) await this.#carry(this.#waiting.splice(0));
    this.#flight = null;
  }

  async #carry(batch: readonly Waiting[]): Promise<void> {
    const first: Statement[] = this.#begun ? [] : [{ text: this.#engine.begin, bindings: [], reads: false }];
    this.#begun = true;
    const sent = await this.#link.many([...first, ...batch.map(({ statement }) => statement)]);
    if (sent.failed_at === null) {
      for (const [at, { resolve }] of batch.entries()) resolve(sent.answers[at + first.length] as Answer);
      return;
    }
    const failure = this.#engine.dialect.failure(sent.failure);
    const began = sent.failed_at >= first.length;
    if (!began) this.#begun = false;
    const ends = !began || failure instanceof Contention || failure instanceof ServiceError;
    if (ends) this.#stop(failure);
    // Whoever waits for them all hears first of the one that failed, in the words of its table.
    batch[Math.max(0, sent.failed_at - first.length)]?.reject(failure);
    await allIssued();
    for (const { reject } of batch) reject(failure);
  }

  #stop(why: unknown): void {
    this.#over ??= why;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#over);
  }
}
