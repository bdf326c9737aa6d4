import { expect } from 'chai';
import type { Caller } from '../../../lifecycle/caller.ts';
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

  type Page = { audit: { id: number; user: string; project: string; server_uuid: string }[]; next?: string };
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
  });
});
