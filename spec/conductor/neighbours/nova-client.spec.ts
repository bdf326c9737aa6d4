import { expect } from 'chai';
import { openNeighbours } from '../../../conductor/neighbours/neighbours.ts';
import { powerSync } from '../../../conductor/periodic/power-sync.ts';
import { systemClock } from '../../../config/system-clock.ts';
import type { NodeRecord } from '../../../lifecycle/records.ts';
import { eventually } from '../../services/eventually.ts';
import { CALLER, type ConductorBench, settingsWith, startConductorBench } from '../conductor-bench.ts';
import { type HttpStage, recorded, SERVICE, startHttpStage } from './http-stage.ts';

const INSTANCE = '11111111-2222-3333-4444-555555555555';
const TAKEN = {
  events: [{ name: 'power-update', server_uuid: INSTANCE, tag: 'POWER_ON', code: 200, status: 'completed' }],
};

/** Nova's answers are those of its API reference (os-server-external-events). */
describe('power-update events for Nova', () => {
  let stage: HttpStage;
  let bench: ConductorBench;
  let neighbours: ReturnType<typeof openNeighbours>;
  let warned: { facts: object; message: string }[];
  let heard: unknown[];

  beforeEach(async () => {
    stage = startHttpStage();
    warned = [];
    heard = [];
    const log = { warn: (facts: object, message: string) => warned.push({ facts, message }) };
    neighbours = openNeighbours(settingsWith({ nova: SERVICE }), systemClock, log);
    bench = await startConductorBench({
      conductor: { force_power_state_during_sync: false, sync_power_state_interval: 0.05 },
    });
  });
  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
    await neighbours[Symbol.asyncDispose]();
    stage[Symbol.dispose]();
  });

  function expectEvents(times: number, status = 200, answer: object = TAKEN): void {
    stage
      .expect('http://keystone.test')
      .post('/identity/v3/auth/tokens')
      .reply(201, recorded().token, { 'x-subject-token': 'gAAA-1' });
    stage
      .expect('http://nova.test', {
        reqheaders: { 'x-auth-token': 'gAAA-1', 'openstack-api-version': 'compute 2.76' },
      })
      .post('/v2.1/os-server-external-events', (body) => heard.push(body) > 0)
      .times(times)
      .reply(status, answer);
  }

  const event = (tag: string) => ({ events: [{ name: 'power-update', server_uuid: INSTANCE, tag }] });
  const until = (check: () => void) => eventually(async () => check(), 10_000);
  const power = async (node: NodeRecord, target: 'power on' | 'rebooting') =>
    bench.client.power(await bench.read(node), target, null, CALLER);

  it('tell each change of the power of an instance’s server, in their order', async () => {
    expectEvents(3);
    await bench.start('conductor-1', { neighbours });
    const node = await bench.node({
      provision_state: 'active',
      power_state: 'power off',
      instance_uuid: INSTANCE,
    });
    await power(node, 'power on');
    await bench.settled(node, 'active');
    await power(node, 'rebooting');
    await bench.settled(node, 'active');
    await until(() =>
      expect(heard).to.deep.equal([event('POWER_ON'), event('POWER_OFF'), event('POWER_ON')]),
    );
    expect(stage.pending()).to.deep.equal([]);
    expect(warned).to.deep.equal([]);
  });

  it('are not sent for a server without an instance, nor for a power state that was known', async () => {
    await bench.start('conductor-1', { neighbours });
    const free = await bench.node({ provision_state: 'available', power_state: 'power off' });
    await power(free, 'power on');
    await bench.settled(free, 'available');
    const on = await bench.node({
      provision_state: 'active',
      power_state: 'power on',
      instance_uuid: INSTANCE,
    });
    await power(on, 'power on');
    await bench.settled(on, 'active');
    expect(heard).to.deep.equal([]);
    expect(warned).to.deep.equal([]);
  });

  it('tell a power change that the synchronisation found', async () => {
    expectEvents(1);
    const node = await bench.node({
      provision_state: 'active',
      power_state: 'power on',
      instance_uuid: INSTANCE,
    });
    await bench.start('conductor-1', { neighbours, periodics: [powerSync] });
    await until(() => expect(heard).to.deep.equal([event('POWER_OFF')]));
    expect((await bench.read(node)).power_state).to.equal('power off');
  });

  it('are logged when Nova does not take them, and disturb nothing', async () => {
    const refused = { events: [{ ...TAKEN.events[0], code: 404, status: 'failed' }] };
    expectEvents(1, 207, refused);
    await bench.start('conductor-1', { neighbours });
    const node = await bench.node({
      provision_state: 'active',
      power_state: 'power off',
      instance_uuid: INSTANCE,
    });
    await power(node, 'power on');
    expect((await bench.settled(node, 'active')).power_state).to.equal('power on');
    await until(() => expect(warned[0]?.facts).to.include({ server: INSTANCE, code: 404 }));
    stage.expect('http://nova.test').post('/v2.1/os-server-external-events').replyWithError('cut');
    await power(node, 'rebooting');
    await until(() => expect(warned.length).to.equal(3));
    expect(warned[1]?.message).to.contain('did not reach Nova');
    expect(JSON.stringify(warned)).not.to.match(/hunter2|gAAA/);
  });

  it('are off when the settings say so', async () => {
    const off = settingsWith({ nova: { ...SERVICE, send_power_notifications: false } });
    await using others = openNeighbours(off, systemClock, { warn: () => {} });
    expect(others.nova).to.equal(null);
    expect(neighbours.nova).not.to.equal(null);
  });
});
