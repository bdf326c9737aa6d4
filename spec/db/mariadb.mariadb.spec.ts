import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { createConnection } from 'mysql2/promise';
import { openStore } from '../../db/open-store.ts';
import type { Store, Tables } from '../../db/store.ts';
import { newNode, testKeys } from '../builders/records.ts';
import { type MariadbServer, startMariadb } from '../services/mariadb.ts';
import { migratedDatabaseUrl } from '../services/mariadb-template.ts';

const failure = (work: Promise<unknown>): Promise<Error & { code?: string }> =>
  work.then(
    () => new Error('It did not fail.'),
    (error: Error) => error,
  );

/** A promise, and what resolves it. */
function signal(): { reached: Promise<void>; reach: () => void } {
  let reach: () => void = () => {};
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  return { reached, reach };
}

/** Lets all who wait go on once `count` have come. */
function barrier(count: number): () => Promise<void> {
  const { reached, reach } = signal();
  let come = 0;
  return () => {
    come++;
    if (come === count) reach();
    return reached;
  };
}

describe('store on MariaDB, where transactions run side by side', function besides() {
  this.timeout(60_000);
  let store: Store;
  let connection: string;
  before(async () => {
    connection = await migratedDatabaseUrl();
    store = await openStore({ connection, keys: testKeys() });
  });
  after(() => store?.[Symbol.asyncDispose]());

  it('runs a transaction again that the database ended as a deadlock', async () => {
    const [a, b] = [await store.nodes.create(newNode()), await store.nodes.create(newNode())];
    const both = barrier(2);
    let runs = 0;
    const swap = (first: string, second: string, mark: string) =>
      store.transaction(async (tables) => {
        runs++;
        await tables.nodes.update(first, { extra: { [mark]: 1 } });
        await both();
        await tables.nodes.update(second, { description: mark });
      });
    await Promise.all([swap(a.uuid, b.uuid, 'one'), swap(b.uuid, a.uuid, 'two')]);
    expect(runs).to.equal(3);
    const [one, two] = [await store.nodes.get(a.uuid), await store.nodes.get(b.uuid)];
    expect(one).to.deep.include({ extra: { one: 1 }, description: 'two' });
    expect(two).to.deep.include({ extra: { two: 1 }, description: 'one' });
  });

  it('gives up on a conflict that lasts, and leaves nothing behind', async () => {
    const node = await store.nodes.create(newNode());
    let runs = 0;
    const error = await failure(
      store.transaction(async (tables) => {
        runs++;
        await tables.nodes.update(node.uuid, { owner: 'x' });
        throw Object.assign(new Error('Deadlock found'), { code: 'ER_LOCK_DEADLOCK' });
      }),
    );
    expect(error).to.include({ code: 'ServiceUnavailable' });
    expect(runs).to.equal(8);
    expect(await store.nodes.get(node.uuid)).to.deep.equal(node);
  });

  it('keeps what one transaction has not committed from the others', async () => {
    const node = await store.nodes.create(newNode());
    await store.transaction(async (tables: Tables) => {
      await tables.nodes.update(node.uuid, { owner: 'x' });
      expect(await store.nodes.get(node.uuid)).to.have.property('owner', null);
    });
    expect(await store.nodes.get(node.uuid)).to.have.property('owner', 'x');
  });

  it('ends a transaction whose process sleeps, so that those who wait for its locks go on', async () => {
    const node = await store.nodes.create(newNode());
    const [asleep, wake] = [signal(), signal()];
    const sleeper = failure(
      store.transaction(async (tables) => {
        await tables.nodes.update(node.uuid, { owner: 'sleeper' });
        asleep.reach();
        await wake.reached;
      }),
    );
    await asleep.reached;
    const written = await store.nodes.update(node.uuid, { owner: 'other' }, { owner: null });
    expect(written).to.include({ owner: 'other' });
    wake.reach();
    expect(await sleeper).to.include({ code: 'ServiceUnavailable' });
    expect(await store.nodes.get(node.uuid)).to.have.property('owner', 'other');
  });

  it('refuses values that do not fit instead of cutting them', async () => {
    const error = await failure(store.nodes.create(newNode({ owner: 'x'.repeat(300) })));
    expect(error).to.include({ code: 'InvalidParameterValue' });
    expect(error.message).to.include('owner');
  });

  it('undoes a change whose audit entry cannot be written', async () => {
    const uuid = randomUUID();
    const change = store.transaction(async (tables) => {
      await tables.nodes.create(newNode({ uuid }));
      const who = { user: null, project: null, request_id: null, detail: {} };
      await tables.audit.append({ node_uuid: uuid, action: 'x'.repeat(300), ...who });
    });
    expect(await failure(change)).to.include({ code: 'InvalidParameterValue' });
    expect(await store.nodes.get(uuid)).to.equal(null);
    expect(await store.servers.get(uuid)).to.equal(null);
  });

  it('refuses work when all connections have been taken for too long', async () => {
    await using small = await openStore({
      connection,
      keys: testKeys(),
      max_pool_size: 2,
      acquire_timeout_ms: 100,
    });
    const [release, taken] = [signal(), [signal(), signal()]];
    const held = taken.map(({ reach }) =>
      small.transaction(async (tables) => {
        await tables.now();
        reach();
        await release.reached;
      }),
    );
    await Promise.all(taken.map(({ reached }) => reached));
    expect(await failure(small.now())).to.include({ code: 'ServiceUnavailable', status: 503 });
    release.reach();
    await Promise.all(held);
    expect(await small.now()).to.be.a('number');
  });

  it('names a disk that is full, and goes on when there is room', async () => {
    const raw = await createConnection(connection);
    try {
      await raw.query(
        "CREATE TRIGGER disk_full BEFORE INSERT ON nodes FOR EACH ROW SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1021, MESSAGE_TEXT = 'Disk full (/var/lib/mysql)'",
      );
      const refused = await failure(store.nodes.create(newNode()));
      expect(refused).to.include({ code: 'ServiceUnavailable', status: 503 });
      expect(refused.message).to.contain('ER_DISK_FULL: its disk is full').and.not.to.contain('/var/lib');
      await raw.query('DROP TRIGGER disk_full');
      await store.nodes.create(newNode());
    } finally {
      await raw.end();
    }
  });

  it('never repeats a password in an error', async () => {
    const url = new URL(connection);
    url.password = 'not-the-password';
    const error = await failure(openStore({ connection: url.href, keys: testKeys() }));
    expect(error).to.include({ code: 'ServiceUnavailable' });
    expect(`${error.message} ${error.stack}`).to.not.include('not-the-password');
  });
});

describe('store on a MariaDB that dies', function dying() {
  this.timeout(120_000);
  let server: MariadbServer;
  before(async () => {
    server = await startMariadb();
  });
  after(() => server?.[Symbol.asyncDispose]());

  it('says ServiceUnavailable meanwhile, and works on when the server is back', async () => {
    const connection = await server.newDatabase();
    await using store = await openStore({
      connection,
      keys: testKeys(),
      max_pool_size: 4,
      acquire_timeout_ms: 3000,
    });
    await store.upgrade();
    const node = await store.nodes.create(newNode());
    const lost = await failure(
      store.transaction(async (tables) => {
        await tables.nodes.update(node.uuid, { owner: 'x' });
        await server.kill();
        await tables.nodes.update(node.uuid, { owner: 'y' });
      }),
    );
    expect(lost).to.include({ code: 'ServiceUnavailable' });
    expect(await failure(store.nodes.get(node.uuid))).to.include({ code: 'ServiceUnavailable' });
    expect(await failure(store.upgrade())).to.include({ code: 'ServiceUnavailable' });
    expect(await failure(store.pendingMigrations())).to.include({ code: 'ServiceUnavailable' });
    await server.start();
    expect(await store.nodes.get(node.uuid)).to.deep.equal(node);
  });
});
