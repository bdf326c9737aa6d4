import { expect } from 'chai';
import type { Work } from '../../../conductor/step.ts';
import { WORKS } from '../../../conductor/work/works.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { CALLER, type ConductorBench, startConductorBench } from '../../conductor/conductor-bench.ts';
import { eventually } from '../../services/eventually.ts';
import { type LifecycleBench, serveLifecycle } from './lifecycle-bench.ts';

describe('the reservation of a server', () => {
  let bench: ConductorBench;
  let api: LifecycleBench;
  async function startWith(lease_timeout: number): Promise<void> {
    bench = await startConductorBench({ conductor: { lease_timeout, poll_interval: 0.1 } });
    api = await serveLifecycle(bench);
  }
  // A lease so long that only the break ends it.
  const LONG_LEASE_S = 60;
  const SHORT_LEASE_S = 1.5;
  afterEach(async () => {
    await api[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  });

  /** Work of one step that ends when it is let go, deaf to everything else; then it commands its BMC. */
  function deafWork(): { work: Work; inside: Promise<void>; letGo: () => void; commanded: () => unknown } {
    let reached = (): void => {};
    let letGo = (): void => {};
    let commanded: unknown = 'not tried';
    const inside = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const gone = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const step = { interface: 'spec', step: 'deaf', args: {}, priority: 0, abortable: false, in_band: false };
    const work: Work = {
      plan: async () => [step],
      find: () => ({
        survives: 'never',
        run: async (ctx) => {
          reached();
          await gone;
          commanded = await ctx
            .bmc()
            .then((bmc) => bmc.command('rebooting'))
            .catch((error: unknown) => error);
          ctx.change({ description: 'written by the old holder' });
          return { outcome: 'done' };
        },
      }),
      finish: () => ({ events: ['done'], changes: {} }),
      fail: () => ({ events: ['fail'], changes: {} }),
    };
    return { work, inside, letGo: () => letGo(), commanded: () => commanded };
  }

  it('tells who holds it and why; broken, the node is failed and the old holder can write nothing', async () => {
    await startWith(LONG_LEASE_S);
    const { work, inside, letGo } = deafWork();
    const conductor = await bench.start('conductor-1', { works: { ...WORKS, verify: work } });
    const node = await bench.node({ power_state: 'power on' });
    await bench.client.provision(node, 'manage', {}, { ...CALLER, user_id: 'alice' });
    await inside;
    const path = `/v1/servers/${node.uuid}/reservation`;
    const seen = (await api.get(path)).body as JsonObject & { job: JsonObject };
    expect(seen).to.deep.include({ reserved: true, holder: 'conductor-1', provision_state: 'verifying' });
    expect(seen.job).to.include({
      ...{ kind: 'verify', state: 'running', step: 'spec.deaf', user: 'alice' },
      ...{ conductor: 'conductor-1', claims: 1, lease_ended: false },
    });
    expect(seen.if_broken).to.deep.include({ provision_state: 'enroll' });
    expect(seen.since).to.match(/^\d{4}-/);

    const removed = api.remove(`${path}?job=${seen.job.uuid}`);
    // Its holder may still command the BMC: nobody else may.
    await eventually(async () => expect((await bench.read(node)).provision_state).to.equal('enroll'));
    expect(await bench.read(node)).to.include({ reservation: 'conductor-1', power_state: null });
    expect((await api.get(path)).body)
      .to.have.property('what_happens')
      .that.contains('being broken');
    letGo();
    expect((await removed).status).to.equal(204);
    const broken = await bench.read(node);
    expect(broken).to.include({
      ...{ provision_state: 'enroll', target_provision_state: null, reservation: null },
      ...{ reservation_job_id: null, power_state: null },
    });
    expect(broken.last_error).to.contain('verify was under way in step spec.deaf');
    await eventually(async () => expect(conductor.running).to.equal(0));
    expect(await bench.read(node)).to.deep.equal(broken);
    const [job] = await bench.store.jobs.list({ where: { node_uuid: node.uuid } });
    expect(job).to.include({ state: 'cancelled', fencing_token: 2 });
    const [entry] = await bench.store.audit.list({ limit: 1 });
    expect(entry).to.include({ action: 'reservation-break', node_uuid: node.uuid });
    expect(entry?.detail).to.include({ holder: 'conductor-1', kind: 'verify', step: 'spec.deaf' });
    const [told] = await bench.store.history.list(node.uuid, { sort_dir: 'desc', limit: 1 });
    expect(told).to.include({ severity: 'ERROR', event: broken.last_error });

    await bench.client.provision(broken, 'manage', {}, CALLER);
    await bench.settled(node, 'manageable');
  });

  it('frees it only when the old holder can command its BMC no more', async () => {
    await startWith(SHORT_LEASE_S);
    const { work, inside, letGo, commanded } = deafWork();
    const conductor = await bench.start('conductor-1', { works: { ...WORKS, verify: work } });
    const node = await bench.node({ power_state: 'power on' });
    await bench.client.provision(node, 'manage', {}, CALLER);
    await inside;
    const path = `/v1/servers/${node.uuid}/reservation`;
    const [first, second] = await Promise.all([api.remove(path), api.remove(path)]);
    expect([first.status, second.status]).to.deep.equal([204, 204]);
    expect(await bench.read(node)).to.include({ provision_state: 'enroll', reservation: null });
    letGo();
    await eventually(async () => expect(conductor.running).to.equal(0));
    expect(commanded()).to.be.an('error').with.property('name', 'LeaseLost');
  });

  it('breaks work of a conductor that is dead', async () => {
    await startWith(SHORT_LEASE_S);
    const { work, inside } = deafWork();
    const conductor = await bench.start('conductor-1', { works: { ...WORKS, verify: work } });
    const node = await bench.node();
    await bench.client.provision(node, 'manage', {}, CALLER);
    await inside;
    conductor.halt();
    const [job] = await bench.store.jobs.list({ where: { node_uuid: node.uuid } });
    expect((await api.remove(`/v1/servers/${node.uuid}/reservation`)).status).to.equal(204);
    expect(await bench.store.now()).to.be.at.least(job?.lease_expires_at ?? Number.POSITIVE_INFINITY);
    expect(await bench.read(node)).to.include({ provision_state: 'enroll', reservation: null });
  });

  it('breaks work that no conductor took', async () => {
    await startWith(LONG_LEASE_S);
    const conductor = await bench.start();
    conductor.halt();
    const node = await bench.node();
    await bench.client.provision(node, 'manage', {}, CALLER);
    const path = `/v1/servers/${node.name}/reservation`;
    const seen = (await api.get(path)).body as JsonObject & { job: JsonObject };
    expect(seen.job).to.include({ state: 'queued', conductor: null });
    expect(seen.what_happens).to.contain('see that one runs');
    expect((await api.remove(path)).status).to.equal(204);
    expect(await bench.read(node)).to.include({ provision_state: 'enroll', reservation: null });
  });

  it('shows what waits without holding the server', async () => {
    await startWith(LONG_LEASE_S);
    await bench.start();
    const node = await bench.node({ provision_state: 'manageable' });
    const hold = [{ interface: 'power', step: 'hold' }];
    await bench.client.provision(node, 'clean', { clean_steps: hold, disable_ramdisk: true }, CALLER);
    await bench.settled(node, 'clean hold');
    const path = `/v1/servers/${node.uuid}/reservation`;
    const seen = (await api.get(path)).body as JsonObject & { job: JsonObject };
    expect(seen).to.deep.include({ reserved: false, if_broken: null });
    expect(seen.job).to.include({ state: 'waiting', waits_for: 'unhold', step: 'power.hold' });
    expect(seen.what_happens).to.contain('"unhold" or "abort"');
    expect((await api.remove(path)).status).to.equal(409);
  });
});
