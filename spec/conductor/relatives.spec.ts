import { expect } from 'chai';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { eventually } from '../services/eventually.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

const DEDICATED = { has_dedicated_power_supply: true };

describe('parent and child nodes', () => {
  let bench: ConductorBench;
  let parent: NodeRecord;

  beforeEach(async () => {
    bench = await startConductorBench();
    await bench.start();
    parent = await bench.node({ provision_state: 'manageable' });
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const child = (fields: Partial<NodeRecord> = {}) =>
    bench.node({ provision_state: 'manageable', parent_node: parent.uuid, ...fields });
  const ask = async (target: 'power on' | 'power off' | 'rebooting', node: NodeRecord) =>
    bench.client.power(await bench.read(node), target, null, CALLER);
  async function turn(target: 'power on' | 'power off' | 'rebooting', node: NodeRecord): Promise<NodeRecord> {
    await ask(target, node);
    return bench.settled(node, 'manageable');
  }
  async function clean(clean_steps: JsonObject[]): Promise<void> {
    await bench.client.provision(parent, 'clean', { clean_steps, disable_ramdisk: true }, CALLER);
  }
  const power = (node: NodeRecord) => bench.servers.get(node.uuid)?.power;
  const onChildren = (step: string, only: NodeRecord[] = [], args: JsonObject = {}): JsonObject => ({
    ...{ interface: 'power', step, args, execute_on_child_nodes: true },
    limit_child_node_execution: only.map(({ uuid }) => uuid),
  });
  async function held(node: NodeRecord): Promise<void> {
    await bench.store.nodes.update(node.uuid, { reservation: 'somebody' });
  }

  it('children are off before their parent is, but those with their own power supply', async () => {
    const [plain, free] = [await child(), await child({ driver_info: DEDICATED })];
    for (const node of [parent, plain, free]) await turn('power on', node);
    expect((await turn('power off', parent)).last_error).to.equal(null);
    expect([parent, plain, free].map(power)).to.deep.equal(['power off', 'power off', 'power on']);
    const seen = await bench.read(plain);
    expect([seen.power_state, seen.target_power_state, seen.reservation]).to.deep.equal([
      ...['power off', null, null],
    ]);
  });

  it('a child that is turned on has its parent turned on, unless it has its own power supply', async () => {
    const [plain, free] = [await child(), await child({ driver_info: DEDICATED })];
    for (const node of [parent, plain, free]) await turn('power off', node);
    await turn('power on', free);
    expect([parent, plain, free].map(power)).to.deep.equal(['power off', 'power off', 'power on']);
    await turn('power on', plain);
    expect([parent, plain].map(power)).to.deep.equal(['power on', 'power on']);
    expect((await bench.read(parent)).power_state).to.equal('power on');
  });

  it('a reboot of the parent leaves its children alone', async () => {
    const one = await child();
    for (const node of [parent, one]) await turn('power on', node);
    const before = bench.servers.get(one.uuid)?.power_commands.length;
    await turn('rebooting', parent);
    expect(bench.servers.get(one.uuid)?.power_commands.length).to.equal(before);
  });

  it('a locked child keeps its parent on, and says so', async () => {
    const one = await child();
    for (const node of [parent, one]) await turn('power on', node);
    await held(one);
    const after = await turn('power off', parent);
    expect(after.last_error).to.contain(`child_node ${one.uuid} is presently locked`);
    expect(power(parent)).to.equal('power on');
  });

  it('a locked parent that is off keeps its child off; one that is on does not', async () => {
    const one = await child();
    await turn('power off', parent);
    await held(parent);
    expect((await turn('power on', one)).last_error).to.contain(
      `parent_node ${parent.uuid} is presently locked`,
    );
    await bench.store.nodes.update(parent.uuid, { power_state: 'power on' });
    expect((await turn('power on', one)).last_error).to.equal(null);
  });

  it('a child that may not be powered off keeps its parent on', async () => {
    const one = await child();
    for (const node of [parent, one]) await turn('power on', node);
    await bench.store.nodes.update(one.uuid, { disable_power_off: true });
    expect((await turn('power off', parent)).last_error).to.contain('disable_power_off');
  });

  it('steps run on all children, or on those that they name, and the next waits for them', async () => {
    const [one, two] = [await child(), await child()];
    const stranger = await bench.node({ provision_state: 'manageable' });
    for (const node of [parent, one, two, stranger]) await turn('power on', node);
    await clean([
      onChildren('reboot'),
      onChildren('power_off', [two, stranger]),
      { interface: 'power', step: 'power_on' },
    ]);
    expect((await bench.settled(parent, 'manageable')).last_error).to.equal(null);
    expect([one, two, stranger].map(power)).to.deep.equal(['power on', 'power off', 'power on']);
    const commands = (node: NodeRecord) => bench.servers.get(node.uuid)?.power_commands.slice(1);
    expect(commands(one)).to.deep.equal(['power off', 'power on']);
    const jobs = await bench.store.jobs.list({ where: { node_uuid: one.uuid, kind: 'child' } });
    expect(jobs.map(({ state, request_id }) => [state, request_id])).to.deep.equal([
      ['done', CALLER.request_id],
    ]);
    expect((await bench.read(one)).provision_state).to.equal('manageable');
  });

  it('a step that fails on a child fails the parent’s work with its reason, and the child stays in its state', async () => {
    const one = await child({ driver_info: { ...DEDICATED, fake_power_failure: 'rejected' } });
    await clean([onChildren('power_on')]);
    const failed = await bench.settled(parent, 'clean failed');
    expect(failed.last_error).to.contain(`While executing step power.power_on on child_node ${one.uuid}`);
    const seen = await bench.read(one);
    expect([seen.provision_state, seen.reservation]).to.deep.equal(['manageable', null]);
  });

  it('a step that a child cannot do, or would wait in, fails', async () => {
    const one = await child();
    for (const step of ['hold', 'wait', 'no_such_step']) {
      parent = await bench.read(parent);
      await clean([onChildren(step, [one])]);
      const failed = await bench.settled(parent, 'clean failed');
      expect(failed.last_error).to.contain(one.uuid).and.contain(step);
      const manageable = { provision_state: 'manageable', maintenance: false, fault: null } as const;
      await bench.store.nodes.update(parent.uuid, manageable);
    }
  });

  it('a child that no conductor serves is not waited for without end', async () => {
    await using other = await startConductorBench({ conductor: { clean_callback_timeout: 0.5 } });
    await other.start();
    const top = await other.node({ provision_state: 'manageable', power_state: 'power on' });
    const far = await other.node({ parent_node: top.uuid, conductor_group: 'far', power_state: 'power on' });
    await other.client.power(top, 'power off', null, CALLER);
    const failed = await other.settled(top, 'manageable');
    expect(failed.last_error).to.contain(`child_node ${far.uuid} has not ended within 0.5 s`);
  });

  it('the step shows on the parent while it runs', async () => {
    await child({ driver_info: { fake_power_delay: '0.2' } });
    await clean([onChildren('reboot')]);
    await eventually(async () => {
      const { clean_step } = await bench.read(parent);
      expect(clean_step).to.include({ step: 'reboot', execute_on_child_nodes: true });
    });
    await bench.settled(parent, 'manageable');
  });
});
