import { expect } from 'chai';
import type { Work } from '../../../conductor/step.ts';
import { WORKS } from '../../../conductor/work/works.ts';
import type { Caller } from '../../../lifecycle/caller.ts';
import { CALLER, type ConductorBench, startConductorBench } from '../../conductor/conductor-bench.ts';
import { eventually } from '../../services/eventually.ts';
import { type LifecycleBench, serveLifecycle } from './lifecycle-bench.ts';

interface Command {
  command: string;
  answer: string;
  times: number;
}

interface AttemptView {
  uuid: string;
  kind: string;
  state: string;
  asked: object;
  request_id: string;
  conductor: string;
  cause: string | null;
  next_action: string | null;
  started_at: string;
  finished_at: string | null;
  steps: {
    step: string;
    conductor: string;
    outcome: string | null;
    detail: string | null;
    started_at: string;
    ended_at: string | null;
    commands: Command[];
  }[];
  remaining_steps: string[];
  events: { event: string; severity: string }[];
}

interface Page {
  attempts: AttemptView[];
  next?: string;
}

describe('the timeline of a server', () => {
  let bench: ConductorBench;
  let api: LifecycleBench;
  beforeEach(async () => {
    bench = await startConductorBench({ conductor: { lease_timeout: 0.5, poll_interval: 0.1 } });
    api = await serveLifecycle(bench);
  });
  afterEach(async () => {
    await api[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  });

  const timeline = async (uuid: string, query = ''): Promise<Page> => {
    const { status, body } = await api.get(`/v1/servers/${uuid}/timeline${query}`);
    expect(status).to.equal(200);
    return body as Page;
  };

  it('tells steps, commands and answers, newest attempt first, and pages', async () => {
    await bench.start();
    const node = await bench.node();
    for (const [verb, state] of [
      ['manage', 'manageable'],
      ['provide', 'available'],
      ['active', 'active'],
    ] as const) {
      const args = verb === 'active' ? { configdrive: 'hunter2-config' } : {};
      await bench.client.provision(await bench.read(node), verb, args, {
        ...CALLER,
        request_id: `req-${verb}`,
      });
      await bench.settled(node, state);
    }
    const all = await timeline(node.uuid);
    expect(all.attempts.map(({ kind, state }) => [kind, state])).to.deep.equal([
      ['deploy', 'done'],
      ['clean', 'done'],
      ['verify', 'done'],
    ]);
    expect(all).to.not.have.property('next');
    const [verify] = all.attempts.slice(-1);
    expect(verify).to.include({
      request_id: 'req-manage',
      conductor: 'conductor-1',
      cause: null,
      next_action: null,
    });
    expect(verify?.finished_at).to.match(/^\d{4}-\d\d-\d\dT.*\.\d{3}Z$/);
    expect(verify?.steps[0]).to.include({ conductor: 'conductor-1', outcome: 'done' });
    const commands = verify?.steps.flatMap((step) => step.commands) ?? [];
    expect(commands.map(({ command, answer }) => [command, answer])).to.deep.include([
      'read the power state',
      'power off',
    ]);
    expect(JSON.stringify(all)).to.not.contain('hunter2');

    const first = await timeline(node.uuid, '?limit=2');
    expect(first.attempts.map(({ kind }) => kind)).to.deep.equal(['deploy', 'clean']);
    const second = (await api.get((first.next ?? '').replace('/lifecycle', ''))).body as Page;
    expect(second.attempts.map(({ kind }) => kind)).to.deep.equal(['verify']);
    expect(second).to.not.have.property('next');
  });

  it('says why an attempt failed and what to do, until there is a newer one', async () => {
    await bench.start();
    const node = await bench.node({
      driver_info: { fake_power_failure: 'unauthorized', password: 'hunter2-bmc' },
    });
    for (const n of [1, 2]) {
      await bench.client.provision(await bench.read(node), 'manage', {}, CALLER);
      await bench.settled(node, 'enroll');
      await eventually(async () => expect((await timeline(node.uuid)).attempts).to.have.lengthOf(n));
    }
    const { attempts } = await timeline(node.uuid);
    const [newest, older] = attempts;
    expect(newest?.state).to.equal('failed');
    expect(newest?.cause)
      .to.contain('Failed to')
      .and.to.match(/Check|password/);
    expect(newest?.next_action).to.contain('From "enroll" the node takes: manage');
    expect(older?.next_action).to.equal(null);
    const last = newest?.steps.at(-1);
    expect(last).to.include({ outcome: 'fail', detail: newest?.cause });
    expect(last?.commands.at(-1)?.answer).to.not.equal('ok');
    expect(newest?.events.at(-1)).to.include({ severity: 'ERROR', event: newest?.cause });
    expect(JSON.stringify(attempts)).to.not.contain('hunter2');
  });

  it('shows the step that a conductor died in, and what waits', async () => {
    let reached = (): void => {};
    const inside = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const step = { interface: 'spec', step: 'hang', args: {}, priority: 0, abortable: false, in_band: false };
    const hanging: Work = {
      plan: async () => [step, { ...step, step: 'after' }],
      find: () => ({
        survives: 'never',
        run: (ctx) => {
          reached();
          return new Promise((_resolve, reject) => {
            ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason));
          });
        },
      }),
      finish: () => ({ events: ['done'], changes: {} }),
      fail: () => ({ events: ['fail'], changes: {} }),
    };
    const works = { ...WORKS, verify: hanging };
    const first = await bench.start('conductor-1', { works });
    const node = await bench.node();
    await bench.client.provision(node, 'manage', {}, CALLER);
    await inside;
    const [running] = (await timeline(node.uuid)).attempts;
    expect(running).to.include({ state: 'running', cause: null, next_action: null });
    expect(running?.steps.map(({ step: name, outcome }) => [name, outcome])).to.deep.equal([
      ['spec.hang', null],
    ]);
    expect(running?.remaining_steps).to.deep.equal(['spec.after']);
    first.halt();
    await bench.start('conductor-2', { works });
    await bench.settled(node, 'enroll');
    const [failed] = (await timeline(node.uuid)).attempts;
    expect(failed?.steps.map(({ outcome, conductor }) => [outcome, conductor])).to.deep.equal([
      ['interrupted', 'conductor-1'],
      ['fail', 'conductor-2'],
    ]);
    expect(failed?.cause).to.contain('whether it took effect is not known');
  });

  it('is for those who may see the history of the node', async () => {
    const node = await bench.node({ owner: 'project-a', lessee: 'project-b' });
    const path = `/v1/servers/${node.uuid}/timeline`;
    const as = async (caller: Partial<Caller> | 'nobody'): Promise<number> =>
      (await api.get(path, caller)).status;
    const member = { system_scope: false, roles: ['member', 'reader'] };
    expect(await as({ ...member, project_id: 'project-a' })).to.equal(200);
    expect(await as({ ...member, project_id: 'project-b' })).to.equal(403);
    expect(await as({ ...member, project_id: 'project-c' })).to.equal(404);
    expect(await as('nobody')).to.equal(401);
  });

  it('answers OpenStack errors to what it does not know', async () => {
    const node = await bench.node();
    const other = await bench.node();
    const foreign = await bench.store.jobs.insert({
      ...{ kind: 'power', node_uuid: other.uuid, conductor_group: '', exclusive: true, args: {} },
    });
    const path = `/v1/servers/${node.uuid}/timeline`;
    expect((await api.get(`/v1/servers/${node.name}/timeline`)).body).to.deep.equal({ attempts: [] });
    const missing = await api.get('/v1/servers/00000000-0000-4000-8000-000000000000/timeline');
    expect(missing.status).to.equal(404);
    expect(missing.body).to.have.property('error_message');
    expect((await api.get('/v1/elsewhere')).status).to.equal(404);
    expect((await api.get(`${path}?marker=${foreign.uuid}`)).status).to.equal(404);
    for (const query of ['?limit=0', '?limit=x', '?marker=x', '?other=1'])
      expect((await api.get(path + query)).status, query).to.equal(400);
    const posted = await fetch(new URL(path, api.url), {
      method: 'POST',
      headers: { 'x-spec-caller': '{}' },
    });
    expect([posted.status, posted.headers.get('allow')]).to.deep.equal([405, 'GET']);
    const { status, body } = await api.get('/v1/openapi.json', 'nobody');
    expect([status, (body as { openapi: string }).openapi]).to.deep.equal([200, '3.0.3']);
  });
});
