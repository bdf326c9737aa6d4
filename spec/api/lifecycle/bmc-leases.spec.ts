import { expect } from 'chai';
import { leaseSweep } from '../../../conductor/periodic/lease-sweep.ts';
import type { FakeAccount } from '../../../drivers/fake/server.ts';
import { LEASES_OF_A_SERVER } from '../../../lifecycle/bmc-lease.ts';
import type { Caller } from '../../../lifecycle/caller.ts';
import type { NodeRecord } from '../../../lifecycle/records.ts';
import { type ConductorBench, startConductorBench } from '../../conductor/conductor-bench.ts';
import { eventually } from '../../services/eventually.ts';
import { type LifecycleBench, serveLifecycle } from './lifecycle-bench.ts';

const P1: Partial<Caller> = { system_scope: false, project_id: 'p1', roles: ['member', 'reader'] };
const P2: Partial<Caller> = { ...P1, project_id: 'p2' };

describe('S83 leases of a BMC', () => {
  let bench: ConductorBench;
  let api: LifecycleBench;
  let node: NodeRecord;
  beforeEach(async () => {
    bench = await startConductorBench({ gateway: { public_endpoint: 'https://gateway.example' } });
    api = await serveLifecycle(bench);
    await bench.start('conductor-1', { periodics: [{ ...leaseSweep, interval_s: () => 0.05 }] });
    node = await bench.node({
      ...{ provision_state: 'active', lessee: 'p1' },
      driver_info: { fake_username: 'admin', fake_password: 'secret' },
    });
  });
  afterEach(async () => {
    await api[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  });

  const path = (): string => `/v1/servers/${node.uuid}/bmc-leases`;
  const lease = (body: object = {}, caller = P1) => api.ask('POST', path(), body, caller);
  /** The accounts on the BMC besides our own. */
  const accounts = (): FakeAccount[] =>
    (bench.servers.get(node.uuid)?.accounts ?? []).filter(({ name }) => name !== 'admin');
  const gone = () => eventually(() => expect(accounts()).to.deep.equal([]), 5000);
  const states = async () => (await bench.store.bmc_leases.list({})).map(({ state }) => state);

  it('make an account of operator privilege on the BMC itself, whose password is told once', async () => {
    const { status, body } = await lease();
    expect(status).to.equal(201);
    expect(body).to.deep.include({ state: 'active', role: 'operator', access: 'direct', project: 'p1' });
    const [account] = accounts();
    expect(account).to.deep.include({ name: body.username, password: body.password, role: 'operator' });
    expect(Buffer.byteLength(String(body.password))).to.equal(16);
    const { body: listed } = await api.ask('GET', path(), undefined, P1);
    expect(JSON.stringify(listed)).to.contain(body.username).and.not.contain(body.password);
    const stored = JSON.stringify(await bench.store.bmc_leases.list({}));
    expect(stored).not.to.contain(body.password);
  });

  it('S101 leave our own administrator as it is, and nothing behind where the account does not work', async () => {
    expect((await lease()).status).to.equal(201);
    const server = bench.servers.get(node.uuid);
    // The BMC forgets what it was told.
    const push = Array.prototype.push;
    const own = server?.accounts ?? [];
    own.push = (...made: FakeAccount[]) =>
      push.apply(
        own,
        made.map((account) => ({ ...account, password: 'another' })),
      );
    const refused = await lease();
    expect(refused.status).to.equal(500);
    expect(JSON.stringify(refused.body)).to.contain('does not lead into the BMC');
    expect(server?.accounts.map(({ name, password }) => [name, password])[0]).to.deep.equal([
      'admin',
      'secret',
    ]);
    await eventually(() => expect(accounts()).to.have.length(1), 5000);
    await eventually(async () => expect(await states()).to.have.members(['active', 'revoked']), 5000);
  });

  it('with access by the gateway have a password on the BMC that the holder does not know', async () => {
    const { body } = await lease({ access: 'gateway', role: 'read-only' });
    expect(body).to.deep.include({ access: 'gateway', address: 'https://gateway.example' });
    const [account] = accounts();
    expect(account).to.deep.include({ name: body.username, role: 'read-only' });
    expect(account?.password).not.to.equal(body.password);
  });

  it('are counted when many are asked for at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => lease()));
    const made = all.filter(({ status }) => status === 201).length;
    expect(made).to.be.within(1, LEASES_OF_A_SERVER);
    expect(await bench.store.bmc_leases.count()).to.be.at.most(LEASES_OF_A_SERVER);
  });

  it('end when they are revoked, and their account with them', async () => {
    const { body } = await lease();
    const revoked = await api.ask('DELETE', `${path()}/${String(body.uuid)}`, undefined, P1);
    expect(revoked.status).to.equal(202);
    expect(revoked.body.state).to.be.oneOf(['revoking', 'revoked']);
    await gone();
    await eventually(async () => expect(await states()).to.deep.equal(['revoked']), 5000);
  });

  it('end when their time is over', async () => {
    const { body } = await lease();
    await bench.store.bmc_leases.update(String(body.uuid), { expires_at: (await bench.store.now()) - 1 });
    await gone();
  });

  it('end when the server is given back, or is another customer’s', async () => {
    await lease();
    await bench.store.nodes.update(node.uuid, { lessee: 'p2' });
    await gone();
    await bench.store.nodes.update(node.uuid, { lessee: 'p1' });
    await lease();
    await bench.store.nodes.update(node.uuid, { provision_state: 'deleting' });
    await gone();
  });

  it('that cannot be deleted now are deleted when the BMC answers again', async () => {
    const { body } = await lease();
    const server = bench.servers.get(node.uuid);
    if (server === undefined) throw new Error('The server is gone.');
    await bench.store.nodes.update(node.uuid, {
      driver_info: { fake_username: 'admin', fake_password: 'x' },
    });
    await api.ask('DELETE', `${path()}/${String(body.uuid)}`, undefined, P1);
    await eventually(async () => {
      const [record] = await bench.store.bmc_leases.list({});
      expect(record?.last_error).to.contain('refuses');
      expect(record?.state).to.equal('revoking');
    }, 5000);
    await bench.store.nodes.update(node.uuid, {
      driver_info: { fake_username: 'admin', fake_password: 'secret' },
    });
    await bench.store.bmc_leases.update(String(body.uuid), { next_at: 0 });
    await gone();
  });

  it('S107 are for who has the server, where it may be used, and few at once', async () => {
    expect((await lease({}, P2)).status).to.equal(404);
    expect((await lease({}, { ...P1, roles: ['reader'] })).status).to.equal(403);
    for (let n = 0; n < 3; n++) expect((await lease()).status).to.equal(201);
    const fourth = await lease();
    expect(fourth.status).to.equal(409);
    await bench.store.servers.update(node.uuid, { maintenance_side: 'provider' });
    const barred = await lease();
    expect(barred.status).to.equal(409);
    expect(JSON.stringify(barred.body)).to.contain('provider maintains');
    // The provider's maintenance ends the customer's leases.
    await gone();
  });
});
