import { expect } from 'chai';
import { eventually } from '../../services/eventually.ts';
import { quoted } from '../openstack-shell.ts';
import { advance, createNode, powerSettles, readNode, type Stage, settles } from './stage.ts';

const EVENT = 'Description of the event';

/** Every verb of the state machine that the client has, and power. */
export function nodeLifeCommands(stage: Stage): void {
  const { command } = stage;
  const NODE = 'life';

  before(async () => {
    await createNode(stage, NODE, { inspect_interface: 'fake' });
  });

  command('node validate', async () => {
    const rows = await stage.shell.json<Record<string, unknown>[]>(`baremetal node validate ${NODE}`);
    const power = rows.find(({ Interface }) => Interface === 'power');
    expect(power).to.deep.equal({ Interface: 'power', Result: true, Reason: '' });
    expect(rows.map(({ Interface }) => Interface)).to.include.members(['deploy', 'management', 'storage']);
  });

  command('node manage', async () => {
    // Its --wait looks at once and then every two seconds.
    const text = await stage.shell.do(`baremetal node manage ${NODE} --wait=60`);
    expect(text).to.contain('Waiting for provision state manageable');
    expect(await readNode(stage, NODE)).to.include({
      provision_state: 'manageable',
      power_state: 'power off',
    });
  });

  command('node inspect', async () => {
    await stage.shell.do(`baremetal node inspect ${NODE}`);
    const { inspection_finished_at } = await settles(stage, NODE, 'manageable');
    expect(inspection_finished_at).to.be.a('string');
  });

  command('node clean', async () => {
    const steps = JSON.stringify([{ interface: 'deploy', step: 'hold' }]);
    await stage.shell.do(`baremetal node clean ${NODE} --clean-steps ${quoted(steps)}`);
    await eventually(async () => {
      expect(await readNode(stage, NODE)).to.include({ provision_state: 'clean hold' });
    });
  });

  command('node abort', async () => {
    await stage.shell.do(`baremetal node abort ${NODE}`);
    await eventually(async () => {
      const { provision_state, reservation, last_error } = await readNode(stage, NODE);
      expect({ provision_state, reservation }).to.deep.equal({
        provision_state: 'clean failed',
        reservation: null,
      });
      expect(last_error).to.match(/abort/i);
    });
    await stage.api.request('PUT', `/v1/nodes/${NODE}/states/provision`, { target: 'manage' });
    await eventually(async () => {
      expect(await readNode(stage, NODE)).to.include({ provision_state: 'manageable', reservation: null });
    });
    await stage.api.request('DELETE', `/v1/nodes/${NODE}/maintenance`);
  });

  command('node provide', async () => {
    await stage.shell.do(`baremetal node provide ${NODE}`);
    await settles(stage, NODE, 'available');
  });

  command('node deploy', async () => {
    await stage.shell.do(`baremetal node set ${NODE} --instance-info image_source=http://192.0.2.1/image`);
    const drive = JSON.stringify({ meta_data: { hostname: 'h' } });
    await stage.shell.do(`baremetal node deploy ${NODE} --config-drive ${quoted(drive)}`);
    const node = await settles(stage, NODE, 'active');
    expect(node.instance_info).to.have.property('configdrive');
  });

  command('node power off', async () => {
    await stage.shell.do(`baremetal node power off ${NODE}`);
    await powerSettles(stage, NODE, 'power off');
    await stage.shell.do(`baremetal node power on ${NODE}`);
    await powerSettles(stage, NODE, 'power on');
    await stage.shell.do(`baremetal node power off ${NODE} --soft --power-timeout 30`);
    await powerSettles(stage, NODE, 'power off');
  });

  command('node power on', async () => {
    await stage.shell.do(`baremetal node power on ${NODE} --power-timeout 30`);
    await powerSettles(stage, NODE, 'power on');
    expect(await stage.shell.fails('baremetal node power on nobody')).to.match(/nobody/);
  });

  command('node reboot', async () => {
    await stage.shell.do(`baremetal node reboot ${NODE}`);
    await powerSettles(stage, NODE, 'power on');
    await stage.shell.do(`baremetal node reboot ${NODE} --soft --power-timeout 30`);
    await powerSettles(stage, NODE, 'power on');
  });

  command('node rescue', async () => {
    await stage.shell.do(`baremetal node rescue ${NODE} --rescue-password letmein`);
    const node = await settles(stage, NODE, 'rescue');
    expect(JSON.stringify(node)).to.not.contain('letmein');
  });

  command('node unrescue', async () => {
    await stage.shell.do(`baremetal node unrescue ${NODE}`);
    await settles(stage, NODE, 'active');
  });

  command('node rebuild', async () => {
    await stage.shell.do(`baremetal node rebuild ${NODE}`);
    await settles(stage, NODE, 'active');
    expect((await readNode(stage, NODE)).instance_info).to.have.property('image_source');
  });

  command('node history list', async () => {
    const rows = await stage.shell.json<Record<string, unknown>[]>(`baremetal node history list ${NODE}`);
    expect(rows.map((row) => row[EVENT]).join('\n')).to.match(/abort/i);
    // This release of the client asks for an entry named `detail`, which no server has.
    expect(await stage.shell.fails(`baremetal node history list ${NODE} --long`)).to.match(/detail/);
  });

  command('node history get', async () => {
    const [row] = await stage.shell.json<Record<string, unknown>[]>(`baremetal node history list ${NODE}`);
    const entry = await stage.shell.json(`baremetal node history get ${NODE} ${row?.UUID}`);
    expect(entry).to.include({ uuid: row?.UUID, event: row?.[EVENT] });
  });

  command('node undeploy', async () => {
    await stage.shell.do(`baremetal node undeploy ${NODE}`);
    const { instance_info } = await settles(stage, NODE, 'available');
    expect(instance_info).to.deep.equal({});
  });

  command('node adopt', async () => {
    await createNode(stage, 'adopted', { instance_info: { image_source: 'http://192.0.2.1/image' } });
    await advance(stage, 'adopted', [['manage', 'manageable']]);
    await stage.shell.do('baremetal node adopt adopted --wait=60');
    await settles(stage, 'adopted', 'active');
  });
}
