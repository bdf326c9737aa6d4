import { expect } from 'chai';
import type { Settings } from '../../config/options.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { ProvisionState } from '../../lifecycle/states.ts';
import { CALLER, startConductorBench } from './conductor-bench.ts';

type Options = Partial<Settings['conductor']>;

/** Which runbooks there are: each turns the power its own way. */
const RUNBOOKS = {
  on: { steps: [{ interface: 'power', step: 'power_on', args: {}, order: 1 }], traits: ['CUSTOM_A'] },
  off: { steps: [{ interface: 'power', step: 'power_off', args: {}, order: 1 }], traits: ['CUSTOM_A'] },
  strange: { steps: [{ interface: 'power', step: 'power_on', args: {}, order: 1 }], traits: ['CUSTOM_Z'] },
};

describe('an automated clean by a runbook', () => {
  async function clean(
    options: Options,
    fields: Partial<NodeRecord> = {},
    state: ProvisionState = 'available',
  ): Promise<{ node: NodeRecord; steps: string[] }> {
    await using bench = await startConductorBench({ conductor: options });
    await bench.start();
    for (const [name, runbook] of Object.entries(RUNBOOKS))
      await bench.store.runbooks.create({ name, ...runbook });
    const one = await bench.node({ provision_state: 'manageable', power_state: 'power off', ...fields });
    await bench.store.nodes.setTraits(one.uuid, ['CUSTOM_A', 'CUSTOM_B']);
    await bench.client.provision(await bench.read(one), 'provide', {}, CALLER);
    const node = await bench.settled(one, state);
    const [job] = await bench.store.jobs.list({ where: { node_uuid: one.uuid, kind: 'clean' } });
    return { node, steps: (job?.steps ?? []).map(({ step }) => step) };
  }
  const by = { automated_cleaning_step_source: 'runbook' } as const;

  it('has its steps', async () => {
    const { node, steps } = await clean({ ...by, automated_cleaning_runbook: 'on' });
    expect([node.power_state, steps]).to.deep.equal(['power on', ['power_on']]);
  });

  it('takes that of the resource class, and that of the node where the settings let it', async () => {
    const options = {
      ...{ ...by, automated_cleaning_runbook: 'on' },
      automated_cleaning_runbook_by_resource_class: ['gold:off'],
    };
    const gold = { resource_class: 'gold', driver_info: { cleaning_runbook: 'on' } };
    expect((await clean(options, gold)).steps).to.deep.equal(['power_off']);
    const from_node = { ...options, automated_cleaning_runbook_from_node: true };
    expect((await clean(from_node, gold)).steps).to.deep.equal(['power_on']);
  });

  it('fails without one, or with one for other nodes', async () => {
    const without = await clean(by, {}, 'clean failed');
    expect(without.node.last_error).to.contain('automated_cleaning_runbook');
    const unknown = await clean({ ...by, automated_cleaning_runbook: 'none' }, {}, 'clean failed');
    expect(unknown.node.last_error).to.contain('none could not be found');
    const strange = { ...by, automated_cleaning_runbook: 'strange' };
    expect((await clean(strange, {}, 'clean failed')).node.last_error).to.contain('CUSTOM_Z');
    const unchecked = { ...strange, automated_cleaning_runbook_validate_traits: false };
    expect((await clean(unchecked)).steps).to.deep.equal(['power_on']);
  });

  it('is an ordinary one where a hybrid has none', async () => {
    expect((await clean({ automated_cleaning_step_source: 'hybrid' })).steps).to.deep.equal([]);
  });

  it('follows a teardown', async () => {
    await using bench = await startConductorBench({ conductor: { ...by, automated_cleaning_runbook: 'on' } });
    await bench.start();
    await bench.store.runbooks.create({ name: 'on', ...RUNBOOKS.on });
    const one = await bench.node({ provision_state: 'active', power_state: 'power on' });
    await bench.store.nodes.setTraits(one.uuid, ['CUSTOM_A']);
    await bench.client.provision(await bench.read(one), 'deleted', {}, CALLER);
    expect((await bench.settled(one, 'available')).power_state).to.equal('power on');
  });
});
