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
    await open.end('COMMIT');
    return result;
  } catch (error) {
    await open.end('ROLLBACK').catch(() => engine.discard(link));
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
    each: async (text, bindings, visit) => (await rows(text, bindings)).forEach(visit),
    one: async ({ select, column, key }) => (await rows(`${select} WHERE \`${column}\` = ?`, [key], true))[0],
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

  /** ROLLBACK forgets what still waits. */
  async end(how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    if (how === 'ROLLBACK') this.#stop(new Error('The transaction has ended.'));
    await this.#flight;
    this.#over ??= new Error('The transaction has ended.');
    if (this.#begun) await this.#link.run(how, []);
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
