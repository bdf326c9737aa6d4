import { expect } from 'chai';
import { createNotifier } from '../../../conductor/notifications/notifier.ts';
import type { Settings } from '../../../config/options.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { NodeRecord } from '../../../lifecycle/records.ts';
import { SILENT, settingsWith } from '../conductor-bench.ts';

const AT = Date.UTC(2026, 1, 3, 4, 5, 6, 789);
const NODE = {
  ...{ uuid: 'n1', name: 'kumo', created_at: AT, updated_at: null, traits: ['CUSTOM_A'], driver: 'ipmi' },
  ...{ provision_state: 'available', target_provision_state: null, power_state: 'power off' },
  ...{ target_power_state: null, driver_info: { ipmi_address: '192.0.2.1', ipmi_password: 'hunter2' } },
  ...{ instance_info: { image_url: 'http://hunter2', configdrive: 'hunter2' }, driver_internal_info: {} },
} as unknown as NodeRecord;

type Message = Record<'event_type' | 'priority' | 'publisher_id' | 'timestamp', string> & {
  payload: JsonObject;
};

describe('notifications', () => {
  let sent: { exchange: string; key: string; envelope: JsonObject }[];
  let release: () => void;

  beforeEach(() => {
    sent = [];
  });

  function notifier(
    options: Partial<Settings['DEFAULT']> = {},
    broker: Promise<boolean> = Promise.resolve(true),
  ) {
    return createNotifier({
      settings: settingsWith({ DEFAULT: { notification_level: 'info', ...options } }),
      bus: {
        notify: (exchange, key, envelope) => {
          sent.push({ exchange, key, envelope });
          return broker;
        },
      },
      clock: { now: () => AT, monotonic: () => 0, sleep: async () => {} },
      log: SILENT,
      host: 'host-1',
    });
  }
  const messages = () => sent.map(({ envelope }) => JSON.parse(String(envelope['oslo.message'])) as Message);
  const types = () => messages().map(({ event_type }) => event_type);
  const data = (index: number) => messages()[index]?.payload['ironic_object.data'] as JsonObject;

  it('travel in oslo.messaging’s envelope', () => {
    notifier().nodeChanged(NODE, { ...NODE, provision_state: 'deploying', target_provision_state: 'active' });
    expect(sent[0]).to.include({ exchange: 'ironic', key: 'ironic_versioned_notifications.info' });
    expect(sent[0]?.envelope).to.have.all.keys('oslo.version', 'oslo.message');
    expect(sent[0]?.envelope['oslo.version']).to.equal('2.0');
    const [message] = messages();
    expect(message).to.include({
      ...{ event_type: 'baremetal.node.provision_set.start', priority: 'INFO' },
      ...{ publisher_id: 'ironic-conductor.host-1', timestamp: '2026-02-03 04:05:06.789000' },
    });
    expect(message).to.include.keys('message_id', '_unique_id', 'payload');
    expect(message?.payload).to.include({
      'ironic_object.name': 'NodeSetProvisionStatePayload',
      'ironic_object.namespace': 'ironic',
      'ironic_object.version': '1.18',
    });
    expect(data(0)).to.deep.include({
      ...{ uuid: 'n1', provision_state: 'deploying', target_provision_state: 'active', event: 'deploy' },
      ...{ previous_provision_state: 'available', previous_target_provision_state: null },
      ...{ created_at: '2026-02-03T04:05:06Z', updated_at: null, traits: ['CUSTOM_A'] },
    });
  });

  it('of provision states say start, end, success or error', () => {
    const told = notifier({}, Promise.resolve(true));
    const go = (from: NodeRecord['provision_state'], to: NodeRecord['provision_state']) =>
      told.nodeChanged({ ...NODE, provision_state: from }, { ...NODE, provision_state: to });
    go('available', 'deploying');
    go('deploying', 'wait call-back');
    go('deploying', 'active');
    go('deploying', 'deploy failed');
    go('manageable', 'available');
    expect(types().map((type) => type.split('.').at(-1))).to.deep.equal([
      ...['start', 'success', 'end', 'error', 'success'],
    ]);
    expect(sent.map(({ key }) => key.split('.').at(-1))).to.deep.equal([
      'info',
      'info',
      'info',
      'error',
      'info',
    ]);
    expect(data(4).event).to.equal(null);
  });

  it('of power say what was asked and what came of it', () => {
    const told = notifier();
    const asked: NodeRecord = { ...NODE, target_power_state: 'power on' };
    told.nodeChanged(NODE, asked);
    told.nodeChanged(asked, { ...NODE, power_state: 'power on' });
    told.nodeChanged(asked, { ...NODE, power_state: 'error' });
    told.nodeChanged(NODE, { ...NODE, power_state: 'power on' });
    told.powerCorrected({ ...NODE, power_state: 'power on' }, 'power off');
    expect(types()).to.deep.equal([
      'baremetal.node.power_set.start',
      'baremetal.node.power_set.end',
      'baremetal.node.power_set.error',
      'baremetal.node.power_state_corrected.success',
    ]);
    expect(data(2).to_power).to.equal('power on');
    expect(data(3)).to.include({ from_power: 'power off', power_state: 'power on' });
  });

  it('of a client’s change frame it, and never hold a secret', async () => {
    const told = notifier();
    const made = await told.announce(
      { object: 'node', action: 'create', record: { ...NODE, name: 'draft' } },
      async () => NODE,
    );
    expect(made).to.equal(NODE);
    const broken = new Error('no');
    const result = await told
      .announce({ object: 'node', action: 'delete', record: NODE }, async () => {
        throw broken;
      })
      .catch((error: unknown) => error);
    expect(result).to.equal(broken);
    await told.announce({ object: 'port', action: 'update', record: { uuid: 'p1' } }, async () => true);
    expect(types()).to.deep.equal([
      ...['baremetal.node.create.start', 'baremetal.node.create.end'],
      ...['baremetal.node.delete.start', 'baremetal.node.delete.error'],
      ...['baremetal.port.update.start', 'baremetal.port.update.end'],
    ]);
    expect([data(0).name, data(1).name]).to.deep.equal(['draft', 'kumo']);
    expect(data(0).driver_info).to.deep.equal({ ipmi_address: '192.0.2.1', ipmi_password: '******' });
    expect(JSON.stringify(sent)).not.to.contain('hunter2');
    expect(messages()[0]?.publisher_id).to.equal('ironic-api.host-1');
  });

  it('below the level stay away, and all of them when it is off', async () => {
    const failing = notifier({ notification_level: 'error' });
    failing.nodeChanged(NODE, { ...NODE, provision_state: 'deploying' });
    await failing.announce({ object: 'node', action: 'update', record: NODE }, async () => NODE);
    expect(sent).to.deep.equal([]);
    failing.nodeChanged(
      { ...NODE, provision_state: 'deploying' },
      { ...NODE, provision_state: 'deploy failed' },
    );
    expect(types()).to.deep.equal(['baremetal.node.provision_set.error']);
    const off = notifier({ notification_level: 'off' });
    off.nodeChanged({ ...NODE, provision_state: 'deploying' }, { ...NODE, provision_state: 'deploy failed' });
    expect(await off.announce({ object: 'node', action: 'update', record: NODE }, async () => 7)).to.equal(7);
    expect(sent).to.have.length(1);
  });

  it('are dropped, not piled up, while the broker takes none', async () => {
    const broker = new Promise<boolean>((resolve) => {
      release = () => resolve(false);
    });
    const told = notifier({}, broker);
    for (let i = 0; i < 1500; i++) told.powerCorrected(NODE, null);
    expect(sent).to.have.length(1000);
    release();
    await broker;
    await new Promise((resolve) => setImmediate(resolve));
    told.powerCorrected(NODE, null);
    expect(sent).to.have.length(1001);
  });
});
