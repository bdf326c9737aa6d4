import type { Connection, ResultSetHeader } from 'mysql2';
import type { Answer, Answers, Link, Row, RunResult, SqlValue, Statement } from './executor.ts';

/** Statements that together are longer travel apart, far from the server's max_allowed_packet. */
const LONGEST_BATCH = 1024 * 1024;

export interface MysqlLink extends Link {
  /** Ends the connection, and what waits on it, and has knex's pool drop it. */
  abandon(why: string): void;
}

/**
 * The short way to run statements on a connection; made once per connection.
 *
 * @param timeout_ms how long one statement may take.
 */
export function mysqlLink(connection: Connection, timeout_ms: number): MysqlLink {
  const { answered, abandon } = answersOn(connection, timeout_ms);
  const ask = (sql: string, bindings: readonly SqlValue[], prepared: boolean): Promise<unknown> =>
    answered((told) => {
      const options = { sql, values: [...bindings], rowsAsArray: true };
      if (prepared) connection.execute(options, told);
      else connection.query(options, told);
    });

  async function each(sql: string, bindings: readonly SqlValue[], visit: (row: Row) => void): Promise<void> {
    let failed: { error: unknown } | null = null;
    const over = answered((told) => {
      const query = connection.query({ sql, values: [...bindings], rowsAsArray: true });
      query.on('error', (error) => told(error, null));
      query.on('end', () => told(null, null));
      query.on('result', (row: Row) => {
        try {
          if (failed === null) visit(row);
        } catch (error) {
          failed = { error };
        }
      });
    });
    await over.catch((error: unknown) => {
      // Rows may still come, of a statement that was given up.
      failed ??= { error };
      throw error;
    });
    if (failed !== null) throw (failed as { error: unknown }).error;
  }

  /** The answers of one packet. */
  function together(texts: readonly string[], statements: readonly Statement[]): Promise<Answers> {
    // A connection that is closed refuses before it gives the query back.
    let sent: { _resultIndex?: number } | null = null;
    const options = { sql: texts.join('; '), rowsAsArray: true };
    const good = (results: unknown): Answers => ({
      failed_at: null,
      answers: (results as unknown[]).map((result, at) => answerOf(statements[at]?.reads === true, result)),
    });
    // How many were answered whole is not in mysql2's interface; an event per answer comes before a row set may still fail.
    const bad = (failure: unknown): Answers => ({ failed_at: sent?._resultIndex ?? 0, failure });
    return answered((told) => {
      sent = connection.query(options, told) as object;
    }).then(good, bad);
  }

  async function alone({ text, bindings, reads, prepared = false }: Statement): Promise<Answers> {
    try {
      const result = await ask(text, bindings, reads && prepared);
      return { failed_at: null, answers: [answerOf(reads, result)] };
    } catch (failure) {
      return { failed_at: 0, failure };
    }
  }

  return {
    abandon,
    each,
    rows: async (sql, bindings, prepared = false) => (await ask(sql, bindings, prepared)) as Row[],
    run: async (sql, bindings) => answerOf(false, await ask(sql, bindings, false)) as RunResult,
    async many(statements) {
      const [first] = statements;
      if (first !== undefined && statements.length === 1) return alone(first);
      const texts = statements.map(({ text, bindings }) => connection.format(text, [...bindings]));
      if (texts.reduce((sum, text) => sum + text.length, 0) <= LONGEST_BATCH)
        return together(texts, statements);
      const answers: Answer[] = [];
      for (const statement of statements) {
        const sent = await alone(statement);
        if (sent.failed_at !== null) return { ...sent, failed_at: answers.length };
        answers.push(...sent.answers);
      }
      return { failed_at: null, answers };
    },
  };
}

function answerOf(reads: boolean, result: unknown): Answer {
  if (reads) return result as Row[];
  const { affectedRows, insertId } = result as ResultSetHeader;
  return { changes: affectedRows, insert_id: insertId };
}

/** What mysql2 says of it. */
const LOST = { code: 'PROTOCOL_CONNECTION_LOST', fatal: true };
const TOO_LONG = { code: 'PROTOCOL_SEQUENCE_TIMEOUT', fatal: true };

type Told = (error: unknown, result: unknown) => void;

/**
 * Sends statements on a connection: each is answered once, or fails at once when the connection does. mysql2 tells only the
 * connection of its end, and not the statements that have no callback; nobody, when we closed it; and its timers stay.
 */
function answersOn(
  connection: Connection,
  timeout_ms: number,
): { answered(send: (told: Told) => void): Promise<unknown>; abandon: MysqlLink['abandon'] } {
  const under_way = new Set<(error: unknown) => void>();

  function abandon(why: string): void {
    const error = Object.assign(new Error(`The connection was ended: ${why}.`), LOST);
    Object.assign(connection, { __knex__disposed: error });
    for (const refuse of under_way) refuse(error);
    connection.destroy();
  }

  connection.on('error', (error) => {
    for (const refuse of under_way) refuse(error);
  });
  // The pool would lend it out until mysql2 has seen it closed.
  connection.on('end', () => abandon('the server closed it'));

  const answered = (send: (told: Told) => void): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const settle = (): boolean => {
        clearTimeout(timer);
        return under_way.delete(refuse);
      };
      const refuse = (error: unknown): void => {
        if (settle()) reject(error);
      };
      const timer = setTimeout(() => {
        refuse(Object.assign(new Error('The statement took too long.'), TOO_LONG));
        // The answer may still come and would be taken for that of the next statement.
        abandon('a statement took too long');
      }, timeout_ms);
      under_way.add(refuse);
      try {
        send((error, result) => {
          if (error !== null && error !== undefined) refuse(error);
          else if (settle()) resolve(result);
        });
      } catch (error) {
        refuse(error);
      }
    });
  return { answered, abandon };
}
