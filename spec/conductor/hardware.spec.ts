import { expect } from 'chai';
import type { HardwareChange } from '../../conductor/client.ts';
import type { Periodic } from '../../conductor/periodic/periodic.ts';
import { powerSync } from '../../conductor/periodic/power-sync.ts';
import { type FakeServer, serverOf } from '../../drivers/fake/server.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { eventually } from '../services/eventually.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

type Uuid = Pick<NodeRecord, 'uuid'>;

describe('changes of the hardware in the background', () => {
  let bench: ConductorBench;
  beforeEach(async () => {
    bench = await startConductorBench();
    await bench.start();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const server = (node: Uuid): FakeServer => serverOf(bench.servers, node.uuid);
  const change = async (node: Uuid, wished: HardwareChange): Promise<NodeRecord> => {
    await bench.client.changeHardware(await bench.read(node), wished, CALLER);
    return eventually(async () => {
      const now = await bench.read(node);
      expect(now.reservation).to.equal(null);
      return now;
    });
  };
  const codeOf = (node: NodeRecord, wished: HardwareChange): Promise<string> =>
    bench.client.changeHardware(node, wished, CALLER).then(
      () => 'accepted',
      (error: { code: string }) => error.code,
    );

  it('set the boot mode of the server, and show it', async () => {
    const node = await bench.node({ provision_state: 'active', last_error: 'old' });
    const now = await change(node, { kind: 'boot_mode', target: 'bios' });
    expect(now).to.include({ boot_mode: 'bios', last_error: null });
    expect(server(node).boot_mode).to.equal('bios');
  });

  it('set secure boot of the server, and show it', async () => {
    const node = await bench.node({ provision_state: 'active' });
    expect((await change(node, { kind: 'secure_boot', target: true })).secure_boot).to.equal(true);
    expect(server(node).secure_boot).to.equal(true);
    expect((await change(node, { kind: 'secure_boot', target: false })).secure_boot).to.equal(false);
    expect(server(node).secure_boot).to.equal(false);
  });

  it('turn the console on and off', async () => {
    const node = await bench.node({ console_interface: 'fake' });
    expect((await change(node, { kind: 'console', enabled: true })).console_enabled).to.equal(true);
    expect(server(node).console).to.equal(true);
    expect((await change(node, { kind: 'console', enabled: false })).console_enabled).to.equal(false);
    expect(server(node).console).to.equal(false);
  });

  it('make no job of a console that is as it should be', async () => {
    const node = await bench.node({ console_interface: 'fake', console_enabled: true, last_error: 'kept' });
    expect((await change(node, { kind: 'console', enabled: true })).last_error).to.equal('kept');
    expect(server(node).console).to.equal(false);
  });

  it('insert images and eject them', async () => {
    const node = await bench.node({ provision_state: 'active' });
    const images = () => server(node).virtual_media.map(({ image }) => image);
    const attach = (device_type: 'cdrom' | 'floppy', image_url: string) =>
      change(node, { kind: 'attach_virtual_media', device_type, image_url });
    expect((await attach('cdrom', 'http://127.0.0.1/a.iso')).last_error).to.equal(null);
    await attach('floppy', 'http://127.0.0.1/b.img');
    expect(images()).to.deep.equal(['http://127.0.0.1/a.iso', 'http://127.0.0.1/b.img']);
    await change(node, { kind: 'detach_virtual_media', device_types: ['cdrom'] });
    expect(images()).to.deep.equal([null, 'http://127.0.0.1/b.img']);
    await change(node, { kind: 'detach_virtual_media', device_types: null });
    expect(images()).to.deep.equal([null, null]);
  });

  const CHANGES: [HardwareChange, string][] = [
    [{ kind: 'boot_mode', target: 'bios' }, "Failed to change boot mode to 'bios'"],
    [{ kind: 'secure_boot', target: true }, "Failed to change secure_boot state to 'True'"],
    [
      { kind: 'attach_virtual_media', device_type: 'cdrom', image_url: 'http://u:hunter2@127.0.0.1/a.iso' },
      'Failed to attach device cdrom',
    ],
    [
      { kind: 'detach_virtual_media', device_types: ['disk', 'cdrom'] },
      'Failed to detach device(s) disk, cdrom',
    ],
  ];
  for (const [wished, words] of CHANGES)
    it(`say why ${wished.kind} failed, in the node and its history, and change nothing on it`, async () => {
      const node = await bench.node({
        provision_state: 'active',
        driver_info: { fake_management_failure: 'rejected' },
      });
      const now = await change(node, wished);
      expect(now.last_error).to.contain(words).and.not.contain('hunter2');
      expect(now).to.include({ boot_mode: null, secure_boot: null, provision_state: 'active' });
      const [entry] = await bench.store.history.list(node.uuid);
      expect(entry).to.include({ severity: 'ERROR', event: now.last_error, event_type: 'management' });
    });

  it('say why the console failed, and leave it as it was', async () => {
    const node = await bench.node({
      console_interface: 'fake',
      driver_info: { fake_console_failure: 'busy' },
    });
    const now = await change(node, { kind: 'console', enabled: true });
    expect(now.last_error).to.contain('Failed to enable the console');
    expect(now.console_enabled).to.equal(false);
  });

  for (const wished of [CHANGES[0], CHANGES[1]].flatMap((row) => (row === undefined ? [] : [row[0]])))
    it(`find out in the background that noop management has no ${wished.kind}`, async () => {
      const node = await bench.node({ management_interface: 'noop' });
      const now = await change(node, wished);
      expect(now.last_error).to.contain('Driver fake-hardware does not support set_');
      expect(server(node)).to.include({ boot_mode: 'uefi', secure_boot: false });
    });

  it('are refused for a locked node, and where no interface could do them', async () => {
    const locked = await bench.node({ reservation: 'somebody', console_interface: 'fake' });
    expect(await codeOf(locked, { kind: 'boot_mode', target: 'bios' })).to.equal('NodeLocked');
    expect(await codeOf(locked, { kind: 'console', enabled: true })).to.equal('NodeLocked');
    const plain = await bench.node({ management_interface: 'ipmitool' });
    expect(await codeOf(plain, { kind: 'console', enabled: true })).to.equal('UnsupportedDriverExtension');
    expect(await codeOf(plain, { kind: 'detach_virtual_media', device_types: null })).to.equal(
      'UnsupportedDriverExtension',
    );
  });
});

describe('calls that read and set the hardware', () => {
  let bench: ConductorBench;
  beforeEach(async () => {
    bench = await startConductorBench();
    await bench.start();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  it('set a lamp of the server and read it back from there', async () => {
    const node = await bench.node();
    const lamp = { component: 'system', indicator: 'led' };
    await bench.client.call(node, 'set_indicator_state', { ...lamp, state: 'blinking' }, CALLER);
    const led = serverOf(bench.servers, node.uuid).indicators.find(({ id }) => id === 'led');
    if (led === undefined) throw new Error('no lamp');
    expect(led.state).to.equal('blinking');
    led.state = 'unknown';
    expect(await bench.client.call(node, 'get_indicator_state', lamp, CALLER)).to.deep.equal({
      state: 'unknown',
    });
  });

  it('read virtual media from the server', async () => {
    const node = await bench.node();
    const slots = serverOf(bench.servers, node.uuid).virtual_media;
    Object.assign(slots[0] ?? {}, { inserted: true, image: 'http://127.0.0.1/x.iso' });
    expect(await bench.client.call(node, 'get_virtual_media', {}, CALLER)).to.deep.equal([
      { media_types: ['CD', 'DVD'], inserted: true, image: 'http://127.0.0.1/x.iso' },
      { media_types: ['Floppy', 'USBStick'], inserted: false, image: null },
    ]);
  });

  it('start a console again that ended with its conductor', async () => {
    const node = await bench.node({ console_interface: 'fake', console_enabled: true });
    const info = await bench.client.call(node, 'get_console', {}, CALLER);
    expect(info).to.deep.equal({ type: 'fake', url: `fake:${node.uuid}` });
    expect(serverOf(bench.servers, node.uuid).console).to.equal(true);
  });
});

describe('the console of a node that is deployed and torn down', () => {
  let bench: ConductorBench;
  beforeEach(async () => {
    bench = await startConductorBench();
    await bench.start();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const go = async (node: Uuid, verb: 'active' | 'deleted', state: 'active' | 'available' | 'error') => {
    await bench.client.provision(await bench.read(node), verb, {}, CALLER);
    return bench.settled(node, state);
  };
  const available = {
    console_interface: 'fake',
    console_enabled: true,
    provision_state: 'available',
  } as const;

  it('runs only while there is an instance', async () => {
    const node = await bench.node(available);
    await go(node, 'active', 'active');
    expect(serverOf(bench.servers, node.uuid).console).to.equal(true);
    expect((await go(node, 'deleted', 'available')).console_enabled).to.equal(true);
    expect(serverOf(bench.servers, node.uuid).console).to.equal(false);
  });

  it('does not undo a deployment by failing, and is off then', async () => {
    const node = await bench.node({ ...available, driver_info: { fake_console_failure: 'busy' } });
    const deployed = await go(node, 'active', 'active');
    expect(deployed.console_enabled).to.equal(false);
    expect(deployed.last_error).to.contain('Failed to start the console');
  });

  it('keeps the teardown from going on when it cannot be stopped', async () => {
    const node = await bench.node({
      ...available,
      provision_state: 'active',
      driver_info: { fake_console_failure: 'busy' },
    });
    expect((await go(node, 'deleted', 'error')).last_error).to.contain('Failed to stop the console');
  });
});

describe('what is kept of the hardware', () => {
  let bench: ConductorBench;
  let pass: () => Promise<void> = async () => {};
  const captured: Periodic = {
    ...powerSync,
    interval_s: () => 3600,
    start: (ctx) => {
      pass = powerSync.start(ctx);
      return pass;
    },
  };
  const start = async (enable_health_monitoring = true): Promise<void> => {
    bench = await startConductorBench({ conductor: { enable_health_monitoring } });
    await bench.start('conductor-1', { periodics: [captured] });
  };
  afterEach(() => bench[Symbol.asyncDispose]());

  const managed = async (node: Uuid): Promise<NodeRecord> => {
    await bench.client.provision(await bench.read(node), 'manage', {}, CALLER);
    return bench.settled(node, 'manageable');
  };
  const FULL = { bios_interface: 'fake', firmware_interface: 'fake', provision_state: 'enroll' } as const;

  it('is read when the node is verified', async () => {
    await start();
    const node = await bench.node(FULL);
    const server = serverOf(bench.servers, node.uuid);
    server.secure_boot = true;
    expect(await managed(node)).to.include({ boot_mode: 'uefi', secure_boot: true, last_error: null });
    const bios = await bench.store.bios_settings.list(node.uuid);
    expect(bios.map(({ name, value }) => [name, value])).to.have.deep.members(
      server.bios.map(({ name, value }) => [name, value]),
    );
    const firmware = await bench.store.firmware_components.list(node.uuid);
    expect(firmware.map((row) => [row.component, row.initial_version, row.current_version])).to.deep.equal([
      ['bios', '1.0.0', '1.0.0'],
      ['bmc', '1.0.0', '1.0.0'],
      ['nic:1', '1.0.0', '1.0.0'],
    ]);
  });

  it('is not read where the node has no interface for it', async () => {
    await start();
    const node = await bench.node({ provision_state: 'enroll', management_interface: 'noop' });
    expect(await managed(node)).to.include({ boot_mode: null, secure_boot: null });
    expect(await bench.store.bios_settings.list(node.uuid)).to.deep.equal([]);
    expect(await bench.store.firmware_components.list(node.uuid)).to.deep.equal([]);
  });

  it('keeps the first firmware version, and tells the last that came', async () => {
    await start();
    const node = await bench.node(FULL);
    await managed(node);
    const server = serverOf(bench.servers, node.uuid);
    server.firmware = server.firmware
      .filter(({ component }) => component !== 'nic:1')
      .map((part) => (part.component === 'bmc' ? { ...part, current_version: '2.0.0' } : part));
    server.bios = server.bios.filter(({ name }) => name === 'ProcCores');
    await bench.store.nodes.update(node.uuid, { provision_state: 'enroll' });
    await managed(node);
    const firmware = await bench.store.firmware_components.list(node.uuid);
    expect(
      firmware.map((row) => [
        row.component,
        row.initial_version,
        row.current_version,
        row.last_version_flashed,
      ]),
    ).to.deep.equal([
      ['bios', '1.0.0', '1.0.0', null],
      ['bmc', '1.0.0', '2.0.0', '2.0.0'],
      ['nic:1', '1.0.0', '1.0.0', null],
    ]);
    expect((await bench.store.bios_settings.list(node.uuid)).map(({ name }) => name)).to.deep.equal([
      'ProcCores',
    ]);
  });

  it('does not keep a node from being managed when it cannot be read', async () => {
    await start();
    const node = await bench.node({ ...FULL, driver_info: { fake_bios_failure: 'rejected' } });
    expect(await managed(node)).to.include({ boot_mode: 'uefi', last_error: null });
    expect(await bench.store.bios_settings.list(node.uuid)).to.deep.equal([]);
    expect(await bench.store.firmware_components.list(node.uuid)).to.have.lengthOf(3);
  });

  it('is read again after cleaning', async () => {
    await start();
    const node = await bench.node({ ...FULL, provision_state: 'manageable' });
    const clean_steps = [{ interface: 'power', step: 'power_on' }];
    await bench.client.provision(node, 'clean', { clean_steps }, CALLER);
    const cleaned = await eventually(async () => {
      const now = await bench.read(node);
      expect(now).to.include({ provision_state: 'manageable', reservation: null, power_state: 'power on' });
      return now;
    });
    expect(cleaned.boot_mode).to.equal('uefi');
    expect(await bench.store.firmware_components.list(node.uuid)).to.have.lengthOf(3);
  });

  it('is refreshed by the power synchronisation; a change of the health goes into the history', async () => {
    await start();
    const node = await bench.node({ provision_state: 'active', power_state: 'power off' });
    await pass();
    expect(await bench.read(node)).to.include({ boot_mode: 'uefi', secure_boot: false, health: 'OK' });
    Object.assign(serverOf(bench.servers, node.uuid), { boot_mode: 'bios', health: 'Critical' });
    await pass();
    await pass();
    expect(await bench.read(node)).to.include({ boot_mode: 'bios', health: 'Critical' });
    const history = await bench.store.history.list(node.uuid);
    expect(history.map(({ severity, event, event_type }) => [severity, event, event_type])).to.deep.equal([
      ['INFO', "Node health status changed: health='OK' (previously 'None')", 'monitoring'],
      ['INFO', "Node health status changed: health='Critical' (previously 'OK')", 'monitoring'],
    ]);
  });

  it('is not the health, when that is turned off', async () => {
    await start(false);
    const node = await bench.node({ provision_state: 'active' });
    await pass();
    expect(await bench.read(node)).to.include({ boot_mode: 'uefi', health: null, power_state: 'power off' });
  });

  it('does not make a failure of the power synchronisation, when it cannot be read', async () => {
    await start();
    const node = await bench.node({
      provision_state: 'active',
      power_state: 'power off',
      boot_mode: 'bios',
      driver_info: { fake_management_failure: 'rejected' },
    });
    for (let i = 0; i < 5; i++) await pass();
    expect(await bench.read(node)).to.include({ boot_mode: 'bios', maintenance: false, health: null });
  });
});
