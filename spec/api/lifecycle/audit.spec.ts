import { expect } from 'chai';
import type { Caller } from '../../../lifecycle/caller.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { type ConductorBench, startConductorBench } from '../../conductor/conductor-bench.ts';
import { type LifecycleBench, serveLifecycle } from './lifecycle-bench.ts';

const projectMember = (project_id: string): Partial<Caller> => ({
  ...{ system_scope: false, project_id, user_id: `of-${project_id}`, roles: ['member', 'reader'] },
});

describe('the audit of all servers', () => {
  let bench: ConductorBench;
  let api: LifecycleBench;
  before(async () => {
    bench = await startConductorBench({});
    api = await serveLifecycle(bench);
    for (const [name, project] of [
      ['one', 'p1'],
      ['two', 'p2'],
      ['three', 'p1'],
    ] as const) {
      await bench.node({ name, lessee: project, provision_state: 'active' });
      const changed = await api.ask(
        'POST',
        `/v1/servers/${name}/actions/enter-maintenance`,
        {},
        projectMember(project),
      );
      expect(changed.status).to.be.below(300);
    }
  });
  after(async () => {
    await api[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  });

  type Page = {
    audit: {
      id: number;
      user: string;
      project: string;
      server_uuid: string;
      action: string;
      outcome: string;
      request_id: string;
      detail: JsonObject;
    }[];
    next?: string;
  };
  const list = async (query: string, caller: Partial<Caller> = {}) =>
    (await api.get(`/v1/audit${query}`, caller)).body as Page;

  it('is told to who runs the service, newest first and in pages', async () => {
    const first = await list('?limit=2');
    expect(first.audit.map(({ user }) => user)).to.deep.equal(['of-p1', 'of-p2']);
    const next = new URL(first.next ?? '');
    const { audit, next: none } = await list(next.search);
    expect(audit.map(({ user }) => user)).to.deep.equal(['of-p1']);
    expect(none).to.equal(undefined);
  });

  it('is told to a project as far as it did it', async () => {
    const { audit } = await list('', projectMember('p1'));
    expect(audit.map(({ project }) => project)).to.deep.equal(['p1', 'p1']);
  });

  it('is found by server, project, user and operation', async () => {
    const two = await bench.store.nodes.getByName('two');
    for (const query of ['?server=two', `?server=${two?.uuid}`, '?project=p2', '?user=of-p2'])
      expect((await list(query)).audit.map(({ server_uuid }) => server_uuid)).to.deep.equal([two?.uuid]);
    expect((await list('?action=never')).audit).to.deep.equal([]);
    // As if there were none.
    expect((await api.get('/v1/audit?server=two', projectMember('p1'))).status).to.equal(404);
  });

  it('tells what was refused, whoever asked for it, with the reason', async () => {
    const one = await bench.store.nodes.getByName('one');
    const asked = await api.ask('POST', '/v1/servers/one/actions/reboot', {}, projectMember('p2'));
    expect(asked.status).to.equal(404);
    await api.ask('PATCH', '/v1/servers/one', { rack: 'A1' }, projectMember('p1'));
    await api.ask('POST', '/v1/servers/one/quarantine/release', { reason: 'x' });
    await api.ask('PATCH', '/v1/servers/one', { colour: 'red' });
    await api.get('/v1/servers/one', projectMember('p2'));
    const { audit } = await list('?outcome=refused');
    expect(
      audit.map(({ action, project, server_uuid, detail }) => [action, project, server_uuid, detail.status]),
    ).to.deep.equal([
      ['servers.release', 'spec-project', one?.uuid, 409],
      ['servers.update', 'p1', one?.uuid, 403],
      // Nothing says to p2 that there is such a server.
      ['servers.actions.reboot', 'p2', null, 404],
    ]);
    expect(audit[1]?.detail.why).to.contain('lifecycle:server:update');
    const [last] = audit;
    const same = await list(`?request_id=${last?.request_id}`);
    expect(same.audit).to.deep.equal([last]);
    expect((await list('', projectMember('p2'))).audit.map(({ outcome }) => outcome)).to.deep.equal([
      'refused',
      'done',
    ]);
  });

  it('tells what fields were and are, but nothing that is secret', async () => {
    const changed = await api.ask('PATCH', '/v1/servers/one', { rack: 'A1', notes: 'n'.repeat(2000) });
    expect(changed.status).to.equal(200);
    const pool = {
      name: 'p',
      network: '192.0.2.0/24',
      external_url: 'http://ipam.example/',
      external_token: 'hunter2',
    };
    const { body } = await api.ask('POST', '/v1/pools', pool);
    await api.ask('PATCH', `/v1/pools/${String(body.uuid)}`, { vlan_id: 7 });
    await api.remove(`/v1/pools/${String(body.uuid)}`);
    await api.ask('PUT', '/v1/quotas/p1', { servers: 3 });
    await api.ask('PUT', '/v1/quotas/p1', { servers: 5 });
    const { audit } = await list('?limit=6');
    expect(audit.map(({ action, detail }) => [action, detail.changes])).to.deep.include.members([
      ['quota-set', { servers: [3, 5] }],
      ['pool-update', { vlan_id: [null, 7] }],
      ['server-update', { rack: [null, 'A1'] }],
    ]);
    expect(audit[2]).to.deep.include({ action: 'pool-delete' });
    expect(audit[2]?.detail.changes).to.deep.include({ name: ['p', null], vlan_id: [7, null] });
    expect(audit.at(-1)?.detail.fields).to.deep.equal(['rack', 'notes']);
    expect(JSON.stringify(audit)).to.not.contain('hunter2');
  });
});
