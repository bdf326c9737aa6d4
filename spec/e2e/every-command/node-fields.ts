import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { createNode, readNode, type Stage } from './stage.ts';

/** The node itself: its fields, lists, traits, maintenance and history. */
export function nodeFieldCommands(stage: Stage): void {
  const { command } = stage;

  command('node create', async () => {
    const uuid = randomUUID();
    const made = await stage.shell.json(
      `baremetal node create --driver fake-hardware --name made --uuid ${uuid} --driver-info fake_power_delay=0` +
        ' --property cpus=4 --extra rack=r1 --deploy-interface fake --boot-interface fake --network-interface noop' +
        ' --resource-class large --no-automated-clean',
    );
    expect(made).to.include({ uuid, name: 'made', provision_state: 'enroll' });
    expect(await readNode(stage, 'made')).to.deep.include({
      uuid,
      driver_info: { fake_power_delay: 0 },
      properties: { cpus: 4 },
      extra: { rack: 'r1' },
      resource_class: 'large',
      automated_clean: false,
      deploy_interface: 'fake',
    });
  });

  command('node show', async () => {
    const node = await readNode(stage, 'made');
    const shown = await stage.shell.json('baremetal node show made');
    expect(shown).to.deep.include({ uuid: node.uuid, extra: { rack: 'r1' }, power_state: null });
    const instance = randomUUID();
    await stage.api.request('PATCH', '/v1/nodes/made', [
      { op: 'add', path: '/instance_uuid', value: instance },
    ]);
    const narrow = await stage.shell.json(
      `baremetal node show --instance ${instance} --fields uuid instance_uuid`,
    );
    expect(narrow).to.deep.equal({ uuid: node.uuid, instance_uuid: instance });
    expect(await stage.shell.fails('baremetal node show nobody')).to.match(/nobody could not be found/);
  });

  command('node list', async () => {
    await createNode(stage, 'other', { resource_class: 'small' });
    const rows = await stage.shell.json<Record<string, unknown>[]>('baremetal node list');
    expect(rows.map(({ Name }) => Name)).to.include.members(['made', 'other']);
    const narrow = await stage.shell.json(
      'baremetal node list --resource-class small --no-maintenance --unassociated --fields name resource_class',
    );
    expect(narrow).to.deep.equal([{ Name: 'other', 'Resource Class': 'small' }]);
    const long = await stage.shell.json<Record<string, unknown>[]>(
      'baremetal node list --long --sort name --limit 1',
    );
    expect(long).to.have.length(1);
    expect(long[0]).to.deep.include({ Extra: { rack: 'r1' }, 'Resource Class': 'large' });
  });

  command('node set', async () => {
    await stage.shell.do(
      'baremetal node set made --name renamed --property cpus=8 --extra row=7 --driver-info fake_power_delay=0.01' +
        ' --instance-info image_source=http://192.0.2.1/x --owner 0123 --description lab',
    );
    expect(await readNode(stage, 'renamed')).to.deep.include({
      properties: { cpus: 8 },
      extra: { rack: 'r1', row: 7 },
      driver_info: { fake_power_delay: 0.01 },
      instance_info: { image_source: 'http://192.0.2.1/x' },
      description: 'lab',
      owner: '0123',
    });
    await stage.shell.do('baremetal node set renamed --inspect-interface agent');
    expect(await readNode(stage, 'renamed')).to.include({ inspect_interface: 'agent' });
    await stage.shell.do('baremetal node set renamed --reset-inspect-interface');
    expect(await readNode(stage, 'renamed')).to.include({ inspect_interface: 'fake' });
  });

  command('node unset', async () => {
    await stage.shell.do(
      'baremetal node unset renamed --property cpus --extra row --instance-uuid --owner --description --resource-class',
    );
    expect(await readNode(stage, 'renamed')).to.deep.include({
      properties: {},
      extra: { rack: 'r1' },
      instance_uuid: null,
      owner: null,
      description: null,
      resource_class: null,
    });
    expect(await stage.shell.fails('baremetal node unset renamed --extra row')).to.match(/row/);
  });

  command('node maintenance set', async () => {
    await stage.shell.do('baremetal node maintenance set renamed --reason fan');
    expect(await readNode(stage, 'renamed')).to.include({ maintenance: true, maintenance_reason: 'fan' });
  });

  command('node maintenance unset', async () => {
    await stage.shell.do('baremetal node maintenance unset renamed');
    expect(await readNode(stage, 'renamed')).to.include({ maintenance: false, maintenance_reason: null });
  });

  command('node add trait', async () => {
    await stage.shell.do('baremetal node add trait other CUSTOM_A CUSTOM_B HW_CPU_X86_VMX');
    const { traits } = await readNode(stage, 'other');
    expect(traits).to.have.members(['CUSTOM_A', 'CUSTOM_B', 'HW_CPU_X86_VMX']);
    expect(await stage.shell.fails('baremetal node add trait other lower')).to.match(/lower/);
  });

  command('node trait list', async () => {
    const rows = await stage.shell.json<Record<string, unknown>[]>('baremetal node trait list other');
    expect(rows.map(({ Traits }) => Traits)).to.have.members(['CUSTOM_A', 'CUSTOM_B', 'HW_CPU_X86_VMX']);
  });

  command('node remove trait', async () => {
    await stage.shell.do('baremetal node remove trait other CUSTOM_A');
    expect((await readNode(stage, 'other')).traits).to.have.members(['CUSTOM_B', 'HW_CPU_X86_VMX']);
    await stage.shell.do('baremetal node remove trait other --all');
    expect((await readNode(stage, 'other')).traits).to.deep.equal([]);
  });

  command('node delete', async () => {
    await stage.shell.do('baremetal node delete renamed other');
    for (const name of ['renamed', 'other'])
      expect(await stage.shell.fails(`baremetal node show ${name}`)).to.match(/could not be found/);
    expect(await stage.shell.fails('baremetal node delete other')).to.match(/other/);
  });
}
