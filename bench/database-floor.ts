import { createPool, type Pool, type PoolConnection, type RowDataPacket } from 'mysql2/promise';

/** A statement as the database was sent it; with bindings: a prepared one. */
export interface Statement {
  text: string;
  bindings: readonly (string | number | null)[] | null;
}

/** What the database alone can do: the statements that the service sent for a request, without the service. */
export interface DatabaseFloor extends AsyncDisposable {
  /** The statements that a request about one node makes. @param work resolves with the node's uuid */
  record(work: () => Promise<string>): Promise<Statement[]>;
  /** Sends the statements, on one connection, with some of their words replaced. */
  replay(statements: readonly Statement[], words: Readonly<Record<string, string>>): Promise<void>;
  /** Adds nodes up to `count`, copies of the node `uuid`. */
  fill(uuid: string, count: number): Promise<void>;
  /** uuid of the node in the middle of the table. */
  middleNode(): Promise<string>;
}

export function openDatabaseFloor(database_url: string, connections: number): DatabaseFloor {
  const pool = createPool({
    uri: database_url,
    connectionLimit: connections,
    // The statements of a transaction came in one packet.
    multipleStatements: true,
  });
  return {
    async record(work) {
      await pool.query("SET GLOBAL log_output = 'TABLE'");
      await pool.query('TRUNCATE mysql.general_log');
      await pool.query('SET GLOBAL general_log = 1');
      const uuid = await work().finally(() => pool.query('SET GLOBAL general_log = 0'));
      const [rows] = await pool.query<RowDataPacket[]>(
        'SELECT thread_id, command_type, CAST(argument AS CHAR) AS text FROM mysql.general_log ' +
          "WHERE command_type IN ('Query', 'Execute')",
      );
      const threads = new Set(
        rows.filter(({ text }) => text.includes('`nodes`')).map((row) => row.thread_id),
      );
      const statements = rows
        .filter((row) => threads.has(row.thread_id))
        .map(async ({ command_type, text }) => ({
          text,
          bindings: command_type === 'Execute' ? await bindingsOf(pool, text, uuid) : null,
        }));
      return Promise.all(statements);
    },
    async replay(statements, words) {
      const connection = await pool.getConnection();
      try {
        for (const statement of statements) await send(connection, statement, words);
      } finally {
        connection.release();
      }
    },
    fill: (uuid, count) => fill(pool, uuid, count),
    async middleNode() {
      const [[node]] = await pool.query<RowDataPacket[]>(
        'SELECT uuid FROM nodes WHERE id >= (SELECT (MIN(id) + MAX(id)) / 2 FROM nodes) ORDER BY id LIMIT 1',
      );
      return String(node?.uuid);
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

/** The log does not tell them: an INSERT has the row's values, all others ask for the node's uuid. */
async function bindingsOf(pool: Pool, text: string, uuid: string): Promise<(string | number | null)[]> {
  const [, columns = ''] = /^INSERT INTO `nodes` \(([^)]+)\)/.exec(text) ?? [];
  if (columns === '') return [uuid];
  const [[row]] = await pool.query<RowDataPacket[]>({
    sql: `SELECT ${columns} FROM nodes WHERE uuid = ?`,
    values: [uuid],
    rowsAsArray: true,
  });
  return ((row ?? []) as (string | number | null)[]).slice(0, text.split('?').length - 1);
}

async function send(
  connection: PoolConnection,
  { text, bindings }: Statement,
  words: Readonly<Record<string, string>>,
): Promise<void> {
  if (bindings === null) await connection.query({ sql: withWords(text, words), rowsAsArray: true });
  else {
    const values = bindings.map((value) => (typeof value === 'string' ? withWords(value, words) : value));
    await connection.execute({ sql: text, values, rowsAsArray: true });
  }
}

function withWords(statement: string, words: Readonly<Record<string, string>>): string {
  let text = statement;
  for (const [from, to] of Object.entries(words)) text = text.replaceAll(from, to);
  return text;
}

async function fill(pool: Pool, uuid: string, count: number): Promise<void> {
  const [[row]] = await pool.query<RowDataPacket[]>('SELECT COUNT(*) AS present FROM nodes');
  const missing = count - Number(row?.present);
  if (missing <= 0) return;
  const [columns] = await pool.query<RowDataPacket[]>(
    "SELECT column_name AS name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'nodes' " +
      "AND is_generated = 'NEVER' AND column_name NOT IN ('id', 'uuid', 'name')",
  );
  const names = columns.map(({ name }) => `\`${name}\``).join(', ');
  // SYS_GUID is 32 random digits; the dashes make a UUID of it.
  const new_uuid =
    "LOWER(INSERT(INSERT(INSERT(INSERT(SYS_GUID(), 21, 0, '-'), 17, 0, '-'), 13, 0, '-'), 9, 0, '-'))";
  await pool.query(
    `INSERT INTO nodes (uuid, name, ${names}) SELECT ${new_uuid}, CONCAT('copy-${count}-', seq), ${names} ` +
      `FROM nodes JOIN seq_1_to_${missing} WHERE uuid = ?`,
    [uuid],
  );
}
