import { expect } from 'chai';
import { eventually } from '../../services/eventually.ts';
import { advance, createNode, powerSettles, readNode, type Stage } from './stage.ts';

/** What the management controller does besides power: boot settings, BIOS, console, NMI, vendor methods. */
export function nodeHardwareCommands(stage: Stage): void {
  const { command } = stage;
  const NODE = 'metal';

  before(async () => {
    await createNode(stage, NODE, {
      bios_interface: 'fake',
      console_interface: 'fake',
      vendor_interface: 'fake',
      automated_clean: true,
    });
    await advance(stage, NODE, [
      ['manage', 'manageable'],
      ['provide', 'available'],
    ]);
  });

  command('node boot device set', async () => {
    await stage.shell.do(`baremetal node boot device set ${NODE} cdrom --persistent`);
    expect(await stage.api.request('GET', `/v1/nodes/${NODE}/management/boot_device`)).to.include({
      boot_device: 'cdrom',
      persistent: true,
    });
  });

  command('node boot device show', async () => {
    expect(await stage.shell.json(`baremetal node boot device show ${NODE}`)).to.include({
      boot_device: 'cdrom',
      persistent: true,
    });
    const supported = await stage.shell.json(`baremetal node boot device show ${NODE} --supported`);
    expect(supported.supported_boot_devices).to.match(/pxe/);
  });

  command('node boot mode set', async () => {
    await stage.shell.do(`baremetal node boot mode set ${NODE} bios`);
    await eventually(async () => {
      expect(await readNode(stage, NODE)).to.include({ boot_mode: 'bios', reservation: null });
    });
  });

  command('node secure boot on', async () => {
    await stage.shell.do(`baremetal node secure boot on ${NODE}`);
    await eventually(async () => {
      expect(await readNode(stage, NODE)).to.include({ secure_boot: true, reservation: null });
    });
  });

  command('node secure boot off', async () => {
    await stage.shell.do(`baremetal node secure boot off ${NODE}`);
    await eventually(async () => {
      expect(await readNode(stage, NODE)).to.include({ secure_boot: false, reservation: null });
    });
  });

  command('node inject nmi', async () => {
    await stage.shell.do(`baremetal node inject nmi ${NODE}`);
    await createNode(stage, 'deaf', { driver_info: { fake_management_failure: 'rejected' } });
    expect(await stage.shell.fails('baremetal node inject nmi deaf')).to.match(/fake_management_failure/);
  });

  command('node console enable', async () => {
    await stage.shell.do(`baremetal node console enable ${NODE}`);
    await eventually(async () => {
      expect(await readNode(stage, NODE)).to.include({ console_enabled: true, reservation: null });
    });
  });

  command('node console show', async () => {
    const shown = await stage.shell.json(`baremetal node console show ${NODE}`);
    expect(shown.console_enabled).to.equal(true);
    expect(shown.console_info).to.have.keys('type', 'url');
  });

  command('node console disable', async () => {
    await stage.shell.do(`baremetal node console disable ${NODE}`);
    await eventually(async () => {
      expect(await readNode(stage, NODE)).to.include({ console_enabled: false, reservation: null });
    });
  });

  command('node bios setting list', async () => {
    const rows = await stage.shell.json<Record<string, unknown>[]>(
      `baremetal node bios setting list ${NODE}`,
    );
    expect(rows).to.deep.include({
      'BIOS setting name': 'ProcHyperthreading',
      'BIOS setting value': 'Enabled',
    });
    const long = await stage.shell.json<Record<string, unknown>[]>(
      `baremetal node bios setting list ${NODE} --long`,
    );
    const threading = long.find(({ Name }) => Name === 'ProcHyperthreading');
    expect(threading).to.deep.include({ 'Attribute Type': 'Enumeration', 'Reset Required': true });
  });

  command('node bios setting show', async () => {
    const shown = await stage.shell.json(`baremetal node bios setting show ${NODE} ProcHyperthreading`);
    expect(shown).to.deep.include({ name: 'ProcHyperthreading', value: 'Enabled' });
    expect(await stage.shell.fails(`baremetal node bios setting show ${NODE} Nonsense`)).to.match(/Nonsense/);
  });

  command('node passthru list', async () => {
    await createNode(stage, 'ipmi-node', { driver: 'ipmi', ...IPMI });
    const rows = await stage.shell.json<Record<string, unknown>[]>('baremetal node passthru list ipmi-node');
    const raw = rows.find(({ Name }) => Name === 'send_raw');
    expect(raw).to.deep.include({ 'Supported HTTP methods': 'POST', Async: true });
  });

  command('node passthru call', async () => {
    const why = await stage.shell.fails('baremetal node passthru call ipmi-node no_such_method');
    expect(why).to.match(/no_such_method/);
    expect(why).to.match(/HTTP 400/);
  });

  after(async () => {
    await powerSettles(stage, NODE, 'power off');
  });
}

/** A node whose controller nobody asks. */
const IPMI = {
  deploy_interface: 'ramdisk',
  boot_interface: 'ipxe',
  inspect_interface: 'no-inspect',
  rescue_interface: 'no-rescue',
  driver_info: { ipmi_address: '127.0.0.1', ipmi_port: 9, ipmi_username: 'u', ipmi_password: 'p' },
};
