import { expect } from 'chai';
import { pendingSettings } from '../../conductor/periodic/pending-settings.ts';
import { serverOf } from '../../drivers/fake/server.ts';
import type { HardwareReadingRecord } from '../../lifecycle/hardware-reading.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { eventually } from '../services/eventually.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

describe('BIOS settings that wait for a boot', () => {
  let bench: ConductorBench;
  let look: () => Promise<void>;
  beforeEach(async () => {
    bench = await startConductorBench({
      conductor: { hardware_step_poll_interval: 0.02, hardware_step_timeout: 0.2, poll_interval: 0.05 },
    });
    await bench.start('conductor-1', {
      periodics: [
        {
          ...pendingSettings,
          interval_s: () => 3600,
          start: (ctx) => {
            look = pendingSettings.start(ctx);
            return look;
          },
        },
      ],
    });
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const enrolled = (): Promise<NodeRecord> =>
    bench.node({ provision_state: 'enroll', bios_interface: 'fake' });
  const reading = async ({ uuid }: NodeRecord): Promise<HardwareReadingRecord | null> =>
    bench.store.hardware_readings.get(uuid);

  it('are read with the rest, and again until the server was booted', async () => {
    const node = await enrolled();
    const server = serverOf(bench.servers, node.uuid);
    server.bios_pending = { ProcCores: '8', AdminPassword: 'hunter2' };
    await bench.client.provision(node, 'manage', {}, CALLER);
    await bench.settled(node, 'manageable');
    const first = await reading(node);
    expect(first?.bios_pending).to.deep.equal({ ProcCores: '8', AdminPassword: '******' });
    await look();
    expect((await reading(node))?.bios_pending).to.have.property('ProcCores');
    await bench.client.power(await bench.read(node), 'rebooting', null, CALLER);
    await eventually(async () => expect(server.bios_pending).to.deep.equal({}));
    await bench.settled(node, 'manageable');
    await look();
    const last = await reading(node);
    expect(last?.bios_pending).to.deep.equal({});
    expect(last?.bios_read_at).to.be.at.least(first?.bios_read_at ?? Number.POSITIVE_INFINITY);
    const settings = await bench.store.bios_settings.list(node.uuid);
    expect(settings.find(({ name }) => name === 'ProcCores')?.value).to.equal('8');
    // Nothing waits: nothing is asked.
    server.answers = false;
    await look();
  });

  it('are kept from a step that fails, and go with the next reading that does not tell them', async () => {
    const node = await bench.node({ provision_state: 'manageable', bios_interface: 'fake' });
    const server = serverOf(bench.servers, node.uuid);
    // A boot that takes nothing on.
    Object.defineProperty(server, 'bios_pending', {
      get: () => ({ ProcCores: '8' }),
      set: () => {},
      configurable: true,
    });
    const settings = [{ name: 'ProcCores', value: '8' }];
    const clean_steps = [{ interface: 'bios', step: 'apply_configuration', args: { settings } }];
    await bench.client.provision(node, 'clean', { clean_steps, origin: { what: 'CUSTOM_X' } }, CALLER);
    await bench.settled(node, 'clean failed');
    expect((await reading(node))?.bios_pending).to.deep.equal({ ProcCores: '8' });
    const [job] = await bench.store.jobs.list({ where: { node_uuid: node.uuid, kind: 'clean' } });
    expect(job?.args.origin).to.deep.equal({ what: 'CUSTOM_X' });
    Object.defineProperty(server, 'bios_pending', { value: {}, writable: true });
    await look();
    expect((await reading(node))?.bios_pending).to.deep.equal({});
  });
});
