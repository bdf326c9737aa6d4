import { expect } from 'chai';
import type { ErrorCode, ServiceError } from '../../lifecycle/errors.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { ProvisionState } from '../../lifecycle/states.ts';
import type { Verb } from '../../lifecycle/verbs.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

async function refused(attempt: Promise<unknown>, code: ErrorCode): Promise<ServiceError> {
  const error = await attempt.then(
    () => null,
    (reason: unknown) => reason as ServiceError,
  );
  expect(error?.code, error?.message).to.equal(code);
  return error as ServiceError;
}

describe('a node of fake hardware', () => {
  let bench: ConductorBench;
  beforeEach(async () => {
    bench = await startConductorBench();
    await bench.start();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const raise = async (node: Pick<NodeRecord, 'uuid'>, verb: Verb, args = {}) =>
    bench.client.provision(await bench.read(node), verb, args, CALLER);

  it('goes from enroll to active and back to available', async () => {
    const node = await bench.node();
    await raise(node, 'manage');
    const manageable = await bench.settled(node, 'manageable');
    expect(manageable.power_state).to.equal('power off');
    expect(manageable.target_provision_state).to.equal(null);
    await raise(node, 'provide');
    await bench.settled(node, 'available');
    await raise(node, 'active');
    await bench.settled(node, 'active');
    const instance_uuid = '11111111-2222-3333-4444-555555555555';
    await bench.client.updateNode(
      await bench.read(node),
      { instance_uuid, instance_info: { image_source: 'x' } },
      CALLER,
    );
    await raise(node, 'deleted');
    const freed = await bench.settled(node, 'available');
    expect(freed.instance_uuid).to.equal(null);
    expect(freed.instance_info).to.deep.equal({});
    expect(freed.reservation_job_id).to.equal(null);
    expect(freed.last_error).to.equal(null);
  });

  it('journals every step and ends every job', async () => {
    const node = await bench.node();
    await raise(node, 'manage');
    await bench.settled(node, 'manageable');
    const jobs = await bench.store.jobs.list({ where: { node_uuid: node.uuid } });
    expect(jobs.map(({ kind, state }) => ({ kind, state }))).to.deep.equal([
      { kind: 'verify', state: 'done' },
    ]);
    const journal = await bench.store.jobs.journal(jobs[0]?.id ?? 0);
    expect(journal.map(({ step, outcome }) => ({ step, outcome }))).to.deep.equal([
      { step: 'validate', outcome: 'done' },
    ]);
    expect(journal[0]?.ended_at).to.be.a('number');
  });

  it('returns to enroll with the cause and the next thing to do when the BMC refuses', async () => {
    const node = await bench.node({ driver_info: { fake_power_failure: 'unauthorized' } });
    await raise(node, 'manage');
    const failed = await bench.settled(node, 'enroll');
    expect(failed.last_error)
      .to.match(/read the power state/)
      .and.match(/Check the user name/);
    expect(failed.power_state).to.equal(null);
    const [entry] = await bench.store.history.list(node.uuid, { where: { severity: 'ERROR' } });
    expect(entry?.event).to.equal(failed.last_error);
    expect(entry?.event_type).to.equal('verifying');
  });

  it('inspects, adopts and services', async () => {
    const node = await bench.node({ provision_state: 'manageable' });
    await raise(node, 'inspect');
    const inspected = await bench.settled(node, 'manageable');
    expect(inspected.inspection_finished_at).to.be.a('number');
    await raise(node, 'adopt');
    await bench.settled(node, 'active');
    await raise(node, 'service', { service_steps: [{ interface: 'power', step: 'power_on' }] });
    const serviced = await bench.settled(node, 'active');
    expect(serviced.power_state).to.equal('power on');
    expect(serviced.service_step).to.deep.equal({});
  });

  it('becomes available at once when cleaning is off', async () => {
    const node = await bench.node({ provision_state: 'manageable', automated_clean: false });
    await raise(node, 'provide');
    expect((await bench.read(node)).provision_state).to.equal('available');
    expect(await bench.store.jobs.list({ where: { node_uuid: node.uuid } })).to.deep.equal([]);
  });

  it('runs the steps of a manual clean in the order given, and ends in manageable', async () => {
    const node = await bench.node({ provision_state: 'manageable' });
    const clean_steps = [
      { interface: 'power', step: 'power_on' },
      { interface: 'power', step: 'reboot' },
      { interface: 'power', step: 'power_off' },
    ];
    await raise(node, 'clean', { clean_steps });
    const cleaned = await bench.settled(node, 'manageable');
    expect(cleaned.power_state).to.equal('power off');
    const [server] = [...bench.servers.values()];
    expect(server?.power_commands).to.deep.equal(['power on', 'power off', 'power on', 'power off']);
  });

  it('holds until it is told to go on', async () => {
    const node = await bench.node({ provision_state: 'manageable' });
    const clean_steps = [
      { interface: 'power', step: 'hold' },
      { interface: 'power', step: 'power_on' },
    ];
    await raise(node, 'clean', { clean_steps });
    const held = await bench.settled(node, 'clean hold');
    expect(held.target_provision_state).to.equal('manageable');
    expect(held.clean_step).to.include({ step: 'hold' });
    await raise(node, 'unhold');
    const cleaned = await bench.settled(node, 'manageable');
    expect(cleaned.power_state).to.equal('power on');
  });

  it('can be aborted while it holds', async () => {
    const node = await bench.node({ provision_state: 'manageable' });
    await raise(node, 'clean', { clean_steps: [{ interface: 'power', step: 'hold' }] });
    await bench.settled(node, 'clean hold');
    await raise(node, 'abort');
    const aborted = await bench.settled(node, 'clean failed');
    expect(aborted.last_error).to.contain('aborted');
    expect(aborted.maintenance).to.equal(false);
    expect(aborted.target_provision_state).to.equal('manageable');
    const waiting = await bench.store.jobs.list({ where: { node_uuid: node.uuid, state: 'waiting' } });
    expect(waiting).to.deep.equal([]);
    await raise(node, 'manage');
    await bench.settled(node, 'manageable');
  });

  it('waits for a time', async () => {
    const node = await bench.node({ provision_state: 'manageable' });
    const clean_steps = [
      { interface: 'power', step: 'wait', args: { seconds: 0.1 } },
      { interface: 'power', step: 'power_on' },
    ];
    await raise(node, 'clean', { clean_steps });
    expect((await bench.settled(node, 'manageable')).power_state).to.equal('power on');
  });

  it('ends a retired node’s cleaning in manageable', async () => {
    const node = await bench.node({ provision_state: 'active', retired: true });
    await raise(node, 'deleted');
    await bench.settled(node, 'manageable');
  });

  it('puts a node whose clean step failed in maintenance', async () => {
    const node = await bench.node({
      provision_state: 'manageable',
      driver_info: { fake_power_failure: 'rejected' },
    });
    await raise(node, 'clean', { clean_steps: [{ interface: 'power', step: 'power_on' }] });
    const failed = await bench.settled(node, 'clean failed');
    expect(failed).to.include({ maintenance: true, fault: 'clean failure' });
    expect(failed.maintenance_reason).to.equal(failed.last_error);
    expect(failed.target_provision_state).to.equal('manageable');
  });

  it('is lent to the project that it is deployed for, until its teardown', async () => {
    const one = await bench.node({ provision_state: 'available', instance_info: { project_id: 'p7' } });
    const lessees = async (verb: Verb, state: ProvisionState) => {
      await bench.client.provision(await bench.read(one), verb, {}, CALLER);
      return (await bench.settled(one, state)).lessee;
    };
    expect(await lessees('active', 'active')).to.equal('p7');
    expect(await lessees('rebuild', 'active')).to.equal('p7');
    expect(await lessees('deleted', 'available')).to.equal(null);
    await bench.store.nodes.update(one.uuid, { lessee: 'p8', instance_info: { project_id: 'p7' } });
    expect(await lessees('active', 'active')).to.equal('p8');
    expect(await lessees('deleted', 'available')).to.equal('p8');
  });

  it('is lent to the project of the request, or to none, where the settings say so', async () => {
    for (const [automatic_lessee_source, wanted] of [
      ['request', CALLER.project_id],
      ['none', null],
    ] as const) {
      await using other = await startConductorBench({ conductor: { automatic_lessee_source } });
      await other.start();
      const one = await other.node({ provision_state: 'available', instance_info: { project_id: 'p7' } });
      await other.client.provision(one, 'active', {}, CALLER);
      expect((await other.settled(one, 'active')).lessee).to.equal(wanted);
    }
  });

  it('keeps kernel and ramdisk over a rebuild unless they came from an image of Glance', async () => {
    const own = { kernel: 'http://k', ramdisk: 'http://r', image_url: 'http://old' };
    for (const [image_source, left] of [
      ['http://images/a', ['image_source', 'kernel', 'ramdisk']],
      ['1bea47ed-f6a9-463b-b423-14b9cca9ad27', ['image_source']],
    ] as const) {
      const one = await bench.node({
        provision_state: 'active',
        instance_info: { image_source, ...own },
      });
      await bench.client.provision(one, 'rebuild', {}, CALLER);
      const { instance_info } = await bench.settled(one, 'active');
      expect(Object.keys(instance_info).sort()).to.deep.equal(left);
    }
  });

  describe('is refused', () => {
    const rows: [string, Partial<NodeRecord>, Verb, object, ErrorCode][] = [
      ['a verb that its state has not', {}, 'provide', {}, 'InvalidStateRequested'],
      [
        'a deploy in maintenance',
        { provision_state: 'available', maintenance: true },
        'active',
        {},
        'NodeInMaintenance',
      ],
      [
        'a manual clean in maintenance',
        { provision_state: 'manageable', maintenance: true },
        'clean',
        {},
        'NodeInMaintenance',
      ],
      [
        'a delete when protected',
        { provision_state: 'active', protected: true },
        'deleted',
        {},
        'NodeProtected',
      ],
      [
        'a rebuild when protected',
        { provision_state: 'active', protected: true },
        'rebuild',
        {},
        'NodeProtected',
      ],
      [
        'provide when retired',
        { provision_state: 'manageable', retired: true },
        'provide',
        {},
        'NodeIsRetired',
      ],
      [
        'inspection without an interface for it',
        { provision_state: 'manageable', inspect_interface: 'no-inspect' },
        'inspect',
        {},
        'UnsupportedDriverExtension',
      ],
      [
        'rescue',
        { provision_state: 'active' },
        'rescue',
        { rescue_password: 'x' },
        'UnsupportedDriverExtension',
      ],
      [
        'a direct deploy without an image',
        { provision_state: 'available', deploy_interface: 'direct' },
        'active',
        {},
        'InvalidParameterValue',
      ],
      [
        'a disallowed step',
        { provision_state: 'manageable' },
        'clean',
        { clean_steps: [{ interface: 'vendor', step: 'send_raw' }] },
        'InvalidParameterValue',
      ],
      [
        'a deploy with bad driver_info',
        { provision_state: 'available', driver_info: { fake_power_delay: 'x' } },
        'active',
        {},
        'InvalidParameterValue',
      ],
      ['work that no conductor can do', { driver: 'no-such-driver' }, 'manage', {}, 'NoValidHost'],
    ];
    for (const [what, fields, verb, args, code] of rows)
      it(what, async () => {
        const node = await bench.node(fields);
        const before = await bench.read(node);
        await refused(raise(node, verb, args), code);
        expect(await bench.read(node)).to.deep.equal(before);
        expect(await bench.store.jobs.list({ where: { node_uuid: node.uuid } })).to.deep.equal([]);
      });

    it('a verb while it is locked, after some tries', async () => {
      const node = await bench.node({ reservation: 'somebody' });
      const error = await refused(raise(node, 'manage'), 'NodeLocked');
      expect(error.message).to.contain(node.uuid).and.contain('locked by host').and.contain('somebody');
    });

    it('an impossible verb while it is locked with 409, not 400', async () => {
      const node = await bench.node({ provision_state: 'cleaning', reservation: 'somebody' });
      await refused(raise(node, 'provide'), 'NodeLocked');
    });

    it('a deploy past the limit', async () => {
      const limited = await startConductorBench({ conductor: { max_concurrent_deploy: 1 } });
      try {
        await limited.start();
        await limited.node({ provision_state: 'wait call-back' });
        const node = await limited.node({ provision_state: 'available' });
        await refused(limited.client.provision(node, 'active', {}, CALLER), 'ServiceUnavailable');
      } finally {
        await limited[Symbol.asyncDispose]();
      }
    });
  });

  it('can be deleted or aborted while it waits for its agent', async () => {
    for (const [verb, state] of [
      ['deleted', 'available'],
      ['abort', 'deploy failed'],
    ] as const) {
      const node = await bench.node({
        provision_state: 'available',
        deploy_interface: 'direct',
        automated_clean: false,
        instance_info: { image_source: 'http://127.0.0.1:1/image', image_checksum: 'x'.repeat(64) },
      });
      await raise(node, 'active');
      await bench.settled(node, 'wait call-back');
      await raise(node, verb);
      await bench.settled(node, state);
      const jobs = await bench.store.jobs.list({ where: { node_uuid: node.uuid } });
      expect(jobs.map((job) => job.state)).to.deep.equal(['cancelled', 'done']);
    }
  });

  it('gives a verb raised twice at once to one of the two', async () => {
    const node = await bench.node({ provision_state: 'available' });
    const both = await Promise.allSettled([raise(node, 'manage'), raise(node, 'manage')]);
    expect(both.filter(({ status }) => status === 'fulfilled')).to.have.lengthOf(1);
  });

  it('waits for a lock that is soon released', async () => {
    const node = await bench.node({ reservation: 'somebody' });
    const raised = raise(node, 'manage');
    await bench.store.nodes.update(node.uuid, { reservation: null });
    await raised;
    await bench.settled(node, 'manageable');
  });
});
