import { expect } from 'chai';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { type ConductorBench, startConductorBench } from './conductor-bench.ts';

const LOOK_UPS = 500;

describe('bad input of agents', () => {
  let bench: ConductorBench;
  let one: NodeRecord;
  let other: NodeRecord;

  beforeEach(async () => {
    bench = await startConductorBench({ agent: { require_tls: false } });
    await bench.start();
    one = await bench.node({ provision_state: 'wait call-back' });
    other = await bench.node({ provision_state: 'wait call-back' });
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const beat = (node: NodeRecord, agent_token: string) =>
    bench.client.heartbeat(node, { callback_url: 'https://127.0.0.1:9', agent_token }).then(
      () => 'accepted',
      (error: Error) => error.message,
    );

  it('a storm of look-ups: one has the token, all others have none', async () => {
    const given = await Promise.allSettled(
      Array.from({ length: LOOK_UPS }, () => bench.client.agentToken(one)),
    );
    const tokens = given.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const own = tokens.filter((token) => token !== '******');
    expect(own).to.have.lengthOf(1);
    expect(tokens.length).to.be.greaterThan(1);
    const after = await bench.read(one);
    expect(after.driver_internal_info.agent_secret_token).to.equal(own[0]);
    expect(after).to.include({ provision_state: 'wait call-back', reservation: null });
    expect(await beat(after, own[0] ?? '')).to.equal('accepted');
  });

  it('an agent that says that it is another server, with its own token and with none', async () => {
    const [mine, its] = [await bench.client.agentToken(one), await bench.client.agentToken(other)];
    expect(mine).to.not.equal(its);
    for (const lie of [mine, '', '******'])
      expect(await beat(await bench.read(other), lie), lie).to.match(/token/i);
    expect(await bench.read(other)).to.deep.include({
      provision_state: 'wait call-back',
      last_error: null,
    });
    expect((await bench.read(other)).driver_internal_info).to.not.have.property('agent_url');
    expect(await beat(await bench.read(other), its)).to.equal('accepted');
  });
});
