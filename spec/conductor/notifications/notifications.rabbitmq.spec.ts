import { expect } from 'chai';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { testTransportUrl } from '../../services/test-services.ts';
import { CALLER, type ConductorBench, startConductorBench } from '../conductor-bench.ts';
import { type Listener, openListener } from './listener.ts';

describe('notifications on RabbitMQ', () => {
  let bench: ConductorBench;
  let listener: Listener;

  beforeEach(async () => {
    listener = await openListener(await testTransportUrl());
    const settings = {
      DEFAULT: { enabled_hardware_types: ['fake-hardware'], notification_level: 'info' as const },
    };
    bench = await startConductorBench(settings, { transport_url: listener.transport_url });
    await bench.start();
  });
  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
    await listener[Symbol.asyncDispose]();
  });

  const node = (fields: JsonObject = {}) =>
    bench.node({ provision_state: 'available', power_state: 'power off', ...fields });
  const POWER = ['baremetal.node.power_set.start', 'baremetal.node.power_set.end'];

  it('reach a listener that was there first', async () => {
    await listener.listen();
    const one = await node();
    await bench.client.power(one, 'power on', null, CALLER);
    await listener.until(POWER);
    await bench.settled(one, 'available');
    await bench.client.updateNode(
      await bench.read(one),
      { maintenance: true, maintenance_reason: 'fan' },
      CALLER,
      'maintenance_set',
    );
    await bench.client.updateNode(await bench.read(one), { name: 'kumo' }, CALLER);
    await listener.until([
      ...POWER,
      ...['baremetal.node.maintenance_set.start', 'baremetal.node.maintenance_set.end'],
      ...['baremetal.node.update.start', 'baremetal.node.update.end'],
    ]);
    const payload = listener.heard.at(-1)?.payload as JsonObject;
    expect(payload['ironic_object.name']).to.equal('NodeCRUDPayload');
    expect((payload['ironic_object.data'] as JsonObject).name).to.equal('kumo');
  });

  it('wait for a listener that comes later', async () => {
    const one = await node();
    await bench.client.power(one, 'power on', null, CALLER);
    await bench.settled(one, 'available');
    await listener.listen();
    await listener.until(POWER);
  });

  it('tell a deployment from start to end', async () => {
    await listener.listen();
    const one = await node();
    await bench.client.provision(one, 'active', {}, CALLER);
    await bench.settled(one, 'active');
    await listener.until(['baremetal.node.provision_set.start', 'baremetal.node.provision_set.end']);
    expect(listener.data('baremetal.node.provision_set.end')).to.deep.include({
      ...{ provision_state: 'active', previous_provision_state: 'deploying', event: 'done' },
    });
  });

  it('tell of a console that is turned on, stopped with its instance, and started with the next', async () => {
    await listener.listen();
    const one = await node({ console_interface: 'fake', provision_state: 'active' });
    const events = (action: string, ...ends: string[]) =>
      ['start', ...ends].map((status) => `baremetal.node.${action}.${status}`);
    const turn = async (enabled: boolean) => {
      await bench.client.changeHardware(await bench.read(one), { kind: 'console', enabled }, CALLER);
      await bench.settled(one, 'active');
    };
    await turn(true);
    await listener.until(events('console_set', 'end'));
    expect(listener.data('baremetal.node.console_set.start')).to.include({ console_enabled: false });
    expect(listener.data('baremetal.node.console_set.end')).to.include({ console_enabled: true });

    listener.heard.length = 0;
    await bench.client.provision(await bench.read(one), 'deleted', {}, CALLER);
    await bench.settled(one, 'available');
    await bench.client.provision(await bench.read(one), 'active', {}, CALLER);
    await bench.settled(one, 'active');
    await listener.until([...events('console_stop', 'end'), ...events('console_restore', 'end')], /console/);
  });

  it('tell of a console that cannot be turned on', async () => {
    await listener.listen();
    const driver_info = { fake_console_failure: 'rejected' };
    const one = await node({ console_interface: 'fake', provision_state: 'active', driver_info });
    await bench.client.changeHardware(one, { kind: 'console', enabled: true }, CALLER);
    await listener.until(['baremetal.node.console_set.start', 'baremetal.node.console_set.error']);
    const told = listener.data('baremetal.node.console_set.error');
    expect(told).to.include({ console_enabled: false });
    expect(told.last_error).to.contain('enable the console');
  });

  it('disturb nothing when an exchange of another type is in their way', async () => {
    const channel = await listener.model.createChannel();
    await channel.assertExchange(listener.exchange, 'fanout', { durable: true });
    const one = await node();
    await bench.client.power(one, 'power on', null, CALLER);
    expect((await bench.settled(one, 'available')).power_state).to.equal('power on');
  });
});
