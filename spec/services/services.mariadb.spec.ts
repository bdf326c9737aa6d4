import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { createConnection } from 'mysql2/promise';
import { dropDatabases, type MariadbServer, startMariadb } from './mariadb.ts';
import { testDatabaseUrl } from './test-services.ts';

async function query(url: string, statement: string): Promise<unknown> {
  const connection = await createConnection({ uri: url });
  try {
    const [rows] = await connection.query(statement);
    return rows;
  } finally {
    await connection.end();
  }
}

describe('private MariaDB', () => {
  let server: MariadbServer;
  before(async () => {
    server = await startMariadb();
  });
  after(() => server[Symbol.asyncDispose]());

  it('gives every caller a database of its own', async () => {
    const [one, other] = await Promise.all([server.newDatabase(), server.newDatabase()]);
    await query(one, 'CREATE TABLE t (a int)');
    expect(one).to.not.equal(other);
    expect(await query(other, 'SHOW TABLES')).to.deep.equal([]);
  });

  it('keeps its data and its port over a crash', async () => {
    const url = await server.newDatabase();
    await query(url, 'CREATE TABLE t (a int)');
    await query(url, 'INSERT INTO t VALUES (42)');
    const pid = server.pid;
    await server.kill();
    await server.start();
    expect(server.pid).to.not.equal(pid);
    expect(await query(url, 'SELECT a FROM t')).to.deep.equal([{ a: 42 }]);
  });

  it('leaves no process and no file behind', async () => {
    const other = await startMariadb();
    const { pid, socket } = other;
    expect(existsSync(`/proc/${pid}`)).to.equal(true);
    await other[Symbol.asyncDispose]();
    expect(existsSync(`/proc/${pid}`)).to.equal(false);
    expect(existsSync(dirname(socket))).to.equal(false);
  });

  it('removes the databases of one run and no others', async () => {
    const mine = await server.newDatabase('mine');
    const other = await server.newDatabase('other');
    await dropDatabases(server.url, 'mine');
    const refused = await query(mine, 'SELECT 1').catch((error: Error) => error);
    expect(refused).to.have.property('code', 'ER_BAD_DB_ERROR');
    expect(await query(other, 'SELECT 1 AS one')).to.deep.equal([{ one: 1 }]);
  });

  it('serves specs by testDatabaseUrl', async () => {
    expect(await query(await testDatabaseUrl(), 'SELECT 1 AS one')).to.deep.equal([{ one: 1 }]);
  });
});
