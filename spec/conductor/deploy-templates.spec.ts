import { expect } from 'chai';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

describe('deploy templates', () => {
  let bench: ConductorBench;
  beforeEach(async () => {
    bench = await startConductorBench();
    await bench.start();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const step = (name: string, priority: number): JsonObject => ({
    interface: 'power',
    step: name,
    args: {},
    priority,
  });

  async function ready(traits: string[], wanted: string[] = traits): Promise<NodeRecord> {
    const node = await bench.node({
      provision_state: 'available',
      instance_info: { traits: wanted },
    });
    await bench.store.nodes.setTraits(node.uuid, traits);
    return bench.read(node);
  }

  /** The steps of the node's deploy, in order. */
  async function deployed(node: NodeRecord, deploy_steps?: JsonObject[]): Promise<string[]> {
    const args = deploy_steps === undefined ? {} : { deploy_steps };
    await bench.client.provision(node, 'active', args, CALLER);
    await bench.settled(node, 'active');
    const [job] = await bench.store.jobs.list({ where: { node_uuid: node.uuid, kind: 'deploy' } });
    return (job?.steps ?? []).map((one) => `${one.interface}.${one.step}`);
  }

  it('add their steps where the instance asks for their name, by priority', async () => {
    await bench.store.deploy_templates.create({
      name: 'CUSTOM_A',
      steps: [step('power_off', 150), step('power_on', 10)],
    });
    await bench.store.deploy_templates.create({ name: 'CUSTOM_B', steps: [step('reboot', 5)] });
    expect(await deployed(await ready(['CUSTOM_A', 'CUSTOM_B'], ['CUSTOM_A']))).to.deep.equal([
      'power.power_off',
      'deploy.deploy',
      'power.power_on',
    ]);
    expect(await deployed(await ready(['CUSTOM_A']))).to.include('power.power_on');
    expect(await deployed(await ready(['CUSTOM_C']))).to.deep.equal(['deploy.deploy']);
  });

  it('yield to the steps of the request, and priority 0 takes a step out', async () => {
    await bench.store.deploy_templates.create({
      name: 'CUSTOM_A',
      steps: [step('power_off', 150), step('power_on', 10)],
    });
    const asked = [step('power_off', 0), step('power_on', 200)];
    expect(await deployed(await ready(['CUSTOM_A']), asked)).to.deep.equal([
      'power.power_on',
      'deploy.deploy',
    ]);
  });

  it('cannot be asked for by traits that the node does not have', async () => {
    const node = await ready([], ['CUSTOM_A']);
    const refused = await bench.client.provision(node, 'active', {}, CALLER).then(
      () => '',
      (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
    );
    expect(refused).to.match(/^InvalidParameterValue: .*CUSTOM_A/);
    expect(await bench.read(node)).to.include({ provision_state: 'available', reservation: null });
  });
});
