import { expect } from 'chai';
import { createConnection } from 'mysql2/promise';
import { parseConnection } from '../../db/connection-url.ts';
import type { Engine } from '../../db/engine.ts';
import type { Link } from '../../db/executor.ts';
import { type MysqlLimits, openMysql } from '../../db/mysql.ts';
import { ServiceError } from '../../lifecycle/errors.ts';
import { type MariadbServer, startMariadb } from '../services/mariadb.ts';

/** Far longer than a test may take: whoever waits for it fails. */
const NEVER_MS = 3_600_000;
/** Rows without end, and one row that takes as long. */
const STREAM = 'SELECT seq FROM seq_1_to_4000000000';
const SLOW = 'SELECT SLEEP(3600)';

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

/** How a connection is lost; given the number by which MariaDB knows it. */
const LOSSES: Record<string, (server: MariadbServer, id: number) => Promise<void>> = {
  'MariaDB crashes': (server) => server.kill(),
  'MariaDB ends its connection': async (server, id) => {
    const other = await createConnection(server.url);
    try {
      await other.query('KILL CONNECTION ?', [id]);
    } finally {
      await other.end();
    }
  },
};

type Lose = () => Promise<void>;

/** What is under way meanwhile. Resolves with what the streamed read failed with. */
const MOMENTS: Record<string, (link: Link, lose: Lose) => Promise<unknown>> = {
  'while its rows come': async (link, lose) => {
    let lost: Promise<void> | null = null;
    const error = await failure(
      link.each(STREAM, [], () => {
        lost ??= lose();
      }),
    );
    await lost;
    return error;
  },
  'before it has a row': async (link, lose) => {
    const read = failure(link.each(SLOW, [], () => undefined));
    await lose();
    return read;
  },
  'while it waits for another statement': async (link, lose) => {
    const other = failure(link.rows(SLOW, []));
    const read = failure(link.each('SELECT 1', [], () => undefined));
    await lose();
    expect(await other).not.to.equal(null);
    return read;
  },
  'before it is sent': async (link, lose) => {
    await lose();
    return failure(link.each(SLOW, [], () => undefined));
  },
  'and known to be, before it is sent': async (link, lose) => {
    await lose();
    expect(await failure(link.rows(SLOW, []))).not.to.equal(null);
    return failure(link.each(SLOW, [], () => undefined));
  },
};

describe('a streamed read whose connection is lost', () => {
  let server: MariadbServer;
  let url: string;
  before(async () => {
    server = await startMariadb();
    url = await server.newDatabase();
  });
  after(() => server?.[Symbol.asyncDispose]());

  async function withEngine(limits: Partial<MysqlLimits>, work: (engine: Engine) => Promise<void>) {
    const database = parseConnection(url);
    if (database.engine === 'sqlite') throw new Error('This is for MariaDB.');
    const usual = { max_pool_size: 2, acquire_timeout_ms: 15_000, statement_timeout_ms: NEVER_MS };
    const engine = await openMysql(database.address, { ...usual, ...limits }, undefined);
    try {
      await work(engine);
    } finally {
      await engine.knex.destroy();
    }
  }

  const idOf = async (link: Link): Promise<number> => {
    const [row] = await link.rows('SELECT CONNECTION_ID()', []);
    return Number(row?.[0]);
  };

  function expectAway(engine: Engine, error: unknown): void {
    const told = engine.dialect.failure(error);
    expect(told).to.be.instanceOf(ServiceError).and.to.include({ code: 'ServiceUnavailable', status: 503 });
  }

  for (const [how, lose] of Object.entries(LOSSES))
    for (const [when, read] of Object.entries(MOMENTS))
      it(`fails at once when ${how} ${when}, and the pool recovers`, () =>
        withEngine({}, async (engine) => {
          const error = await engine.use(async (link) => {
            const id = await idOf(link);
            return read(link, () => lose(server, id));
          });
          expectAway(engine, error);
          if (how === 'MariaDB crashes') await server.start();
          const seen: unknown[] = [];
          await engine.use((link) => link.each('SELECT 1', [], (row) => seen.push(...row)));
          expect(seen).to.deep.equal([1]);
          expect(engine.pool()).to.include({ used: 0, waiting: 0 });
        }));

  it('fails at once when we end the connection, for a statement before it that took too long', () =>
    withEngine({ statement_timeout_ms: 300 }, async (engine) => {
      const [slow, streamed, other] = await engine.use((link) =>
        Promise.all([
          failure(link.rows(SLOW, [])),
          failure(link.each('SELECT 1', [], () => undefined)),
          failure(link.rows('SELECT 1', [])),
        ]),
      );
      expect(slow).to.include({ code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
      expectAway(engine, streamed);
      expectAway(engine, other);
      const [row] = await engine.use((link) => link.rows('SELECT 1', []));
      expect(row).to.deep.equal([1]);
    }));
});
