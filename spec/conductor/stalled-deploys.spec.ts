import { expect } from 'chai';
import { stalledDeploys } from '../../conductor/periodic/stalled-deploys.ts';
import { attentionReasons } from '../../lifecycle/attention.ts';
import { installState } from '../../lifecycle/install-state.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { ServerRecord } from '../../lifecycle/server-record.ts';
import { eventually } from '../services/eventually.ts';
import { type ConductorBench, startConductorBench } from './conductor-bench.ts';

describe('S56 a deploy that makes no progress', () => {
  let bench: ConductorBench;
  let node: NodeRecord;
  before(async () => {
    bench = await startConductorBench({
      conductor: { deploy_stalled_after: 0.3, poll_interval: 0.05 },
      notices: { slack_url: 'http://127.0.0.1:9/hook' },
    });
    const periodic = { ...stalledDeploys, interval_s: () => 0.02 };
    await bench.start('conductor-1', { periodics: [periodic] });
    await bench.start('conductor-2', { periodics: [periodic] });
  });
  after(() => bench[Symbol.asyncDispose]());
  beforeEach(async () => {
    node = await bench.node({ provision_state: 'wait call-back' });
  });
  afterEach(() => bench.store.nodes.delete(node.uuid));

  const server = async (): Promise<ServerRecord> => {
    const found = await bench.store.servers.get(node.uuid);
    if (found === null) throw new Error('The server is gone.');
    return found;
  };
  const stalled = (is: boolean): Promise<ServerRecord> =>
    eventually(async () => {
      const found = await server();
      expect(found.stalled_at !== null).to.equal(is);
      return found;
    });
  const notices = () => bench.store.notices.list({ where: { event: 'deploy.stalled' } });
  const own = async () => (await notices()).filter(({ subject_key }) => subject_key.includes(node.uuid));

  it('is marked, needs attention and is told once, whichever conductor sees it', async () => {
    const found = await stalled(true);
    expect(installState(found)).to.equal('DEPLOYING');
    expect(found.attention).to.equal(true);
    expect(attentionReasons(found).map(({ text }) => text)).to.deep.equal([
      'Its deploy makes no progress: look at its console, or abort the deploy.',
    ]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const told = await own();
    expect(told).to.have.length(1);
    expect(JSON.stringify(told[0]?.payload)).to.contain(node.uuid).and.contain('makes no progress since');
  });

  it('is not marked any more when its system tells of progress, and may stall again', async () => {
    await stalled(true);
    const now = await bench.store.now();
    await bench.store.servers.update(node.uuid, { progressed_at: now, stalled_at: null });
    await stalled(true);
    expect((await server()).stalled_at).to.be.at.least(now + 300);
    expect(await own()).to.have.length(2);
  });

  it('loses the mark with its state', async () => {
    await stalled(true);
    await bench.store.nodes.update(node.uuid, { provision_state: 'active' });
    expect(await server()).to.include({ stalled_at: null, attention: false });
  });

  it('is no work that goes on, nor one that somebody holds', async () => {
    const held = await bench.node({ provision_state: 'deploy hold' });
    const done = await bench.node({ provision_state: 'active' });
    await stalled(true);
    for (const { uuid } of [held, done])
      expect((await bench.store.servers.get(uuid))?.stalled_at, uuid).to.equal(null);
  });

  it('S55 the way of a good and of a failed deploy is told in four words', async () => {
    const words: string[] = [];
    const seen = async (uuid: string) => {
      const found = await bench.store.servers.get(uuid);
      const word = found === null ? null : installState(found);
      if (word !== null && words.at(-1) !== word) words.push(word);
    };
    for (const states of [
      ['deploying', 'wait call-back', 'active'],
      ['deploying', 'wait call-back', 'deploy failed'],
    ] as const) {
      const one = await bench.node({ provision_state: 'available' });
      for (const provision_state of states) {
        await bench.store.nodes.update(one.uuid, { provision_state });
        await seen(one.uuid);
      }
    }
    expect(words).to.deep.equal([
      ...['DEPLOY_START', 'DEPLOYING', 'INSTALLED'],
      ...['DEPLOY_START', 'DEPLOYING', 'UNRECOVERABLE_ERROR'],
    ]);
  });
});
