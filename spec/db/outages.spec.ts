import { join } from 'node:path';
import { expect } from 'chai';
import { openStore } from '../../db/open-store.ts';
import { openSqlite } from '../../db/sqlite.ts';
import { ServiceError } from '../../lifecycle/errors.ts';
import { testKeys } from '../builders/records.ts';
import { temporaryFolder } from '../services/temporary-folder.ts';

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

function expectAway(error: unknown, words: RegExp): void {
  expect(error).to.be.instanceOf(ServiceError);
  expect(error).to.include({ code: 'ServiceUnavailable', status: 503 });
  expect((error as Error).message).to.match(words);
}

describe('a database that is away', () => {
  it('is named when its host has no name', async () => {
    const connection = 'mysql://kurogane:hunter2@database.invalid/kurogane';
    const error = await failure(openStore({ connection, keys: testKeys() }));
    expectAway(error, /\((ENOTFOUND|EAI_AGAIN): its host name cannot be resolved/);
    expect((error as Error).message).not.to.match(/hunter2|database\.invalid/);
  });

  it('is named when nothing listens', async () => {
    const error = await failure(openStore({ connection: 'mysql://k@127.0.0.1:1/k', keys: testKeys() }));
    expectAway(error, /ECONNREFUSED: nothing listens at its address/);
  });

  it('is named when the disk is full, and works again when there is room', async () => {
    await using folder = await disposable();
    const engine = openSqlite(join(folder.path, 'full.sqlite'), 1000, undefined);
    try {
      await engine.use(async (link) => {
        const fill = () => link.run('INSERT INTO t SELECT randomblob(100000)', []);
        await link.run('CREATE TABLE t (b BLOB)', []);
        await link.rows('PRAGMA max_page_count = 20', []);
        expectAway(engine.dialect.failure(await failure(fill())), /SQLITE_FULL: its disk is full/);
        await link.rows('PRAGMA max_page_count = 10000', []);
        await fill();
      });
    } finally {
      await engine.knex.destroy();
    }
  });
});

async function disposable(): Promise<{ path: string } & AsyncDisposable> {
  const { path, remove } = await temporaryFolder('kurogane-full-');
  return { path, [Symbol.asyncDispose]: remove };
}
