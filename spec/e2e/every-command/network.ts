import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { createNode, type NodeView, type Stage } from './stage.ts';

type Row = Record<string, unknown>;

/** Ports, groups of ports, and the virtual interfaces on them. */
export function networkCommands(stage: Stage): void {
  const { command } = stage;
  const MAC = '52:54:00:00:01:01';
  let node: NodeView;
  let group: string;
  const port = randomUUID();

  before(async () => {
    node = await createNode(stage, 'wired');
  });

  command('port group create', async () => {
    const made = await stage.shell.json<Record<string, string>>(
      `baremetal port group create --node ${node.uuid} --name bond` +
        ' --address 52:54:00:00:02:01 --mode 802.3ad --property miimon=100 --extra a=b --unsupport-standalone-ports',
    );
    expect(made).to.include({ name: 'bond', address: '52:54:00:00:02:01' });
    group = made.uuid ?? '';
    expect(await stage.api.request('GET', '/v1/portgroups/bond')).to.deep.include({
      node_uuid: node.uuid,
      mode: '802.3ad',
      properties: { miimon: 100 },
      extra: { a: 'b' },
      standalone_ports_supported: false,
    });
  });

  command('port group show', async () => {
    expect(await stage.shell.json('baremetal port group show bond')).to.include({ uuid: group });
    const by_address = 'baremetal port group show --address 52:54:00:00:02:01 --fields name mode';
    expect(await stage.shell.json(by_address)).to.deep.equal({ name: 'bond', mode: '802.3ad' });
  });

  command('port group list', async () => {
    const rows = await stage.shell.json<Row[]>(`baremetal port group list --node wired`);
    expect(rows).to.deep.equal([{ UUID: group, Address: '52:54:00:00:02:01', Name: 'bond' }]);
    const long = await stage.shell.json<Row[]>('baremetal port group list --long --sort name');
    expect(long[0]).to.deep.include({ Mode: '802.3ad', Properties: { miimon: 100 } });
  });

  command('port group set', async () => {
    await stage.shell.do(
      'baremetal port group set bond --name trunk --mode active-backup --property x=y --support-standalone-ports',
    );
    expect(await stage.api.request('GET', '/v1/portgroups/trunk')).to.deep.include({
      mode: 'active-backup',
      properties: { miimon: 100, x: 'y' },
      standalone_ports_supported: true,
    });
  });

  command('port group unset', async () => {
    await stage.shell.do('baremetal port group unset trunk --property x --extra a --address');
    expect(await stage.api.request('GET', '/v1/portgroups/trunk')).to.deep.include({
      properties: { miimon: 100 },
      extra: {},
      address: null,
    });
  });

  command('port create', async () => {
    const made = await stage.shell.json(
      `baremetal port create ${MAC} --node ${node.uuid} --uuid ${port} --extra slot=1 --pxe-enabled true` +
        ' --local-link-connection switch_id=0a:1b:2c:3d:4e:5f --local-link-connection port_id=Eth1 --local-link-connection hostname=h' +
        ' --physical-network physnet1 --is-smartnic',
    );
    expect(made).to.include({ uuid: port, address: MAC, physical_network: 'physnet1' });
    expect(await stage.api.request('GET', `/v1/ports/${port}`)).to.deep.include({
      node_uuid: node.uuid,
      extra: { slot: 1 },
      pxe_enabled: true,
      local_link_connection: { switch_id: '0a:1b:2c:3d:4e:5f', port_id: 'Eth1', hostname: 'h' },
      is_smartnic: true,
    });
    const nowhere = `baremetal port create ${MAC} --node ${randomUUID()}`;
    expect(await stage.shell.fails(nowhere)).to.match(/HTTP 400/);
  });

  command('port show', async () => {
    expect(await stage.shell.json(`baremetal port show ${port}`)).to.include({ address: MAC });
    const by_address = `baremetal port show --address ${MAC} --fields uuid node_uuid`;
    expect(await stage.shell.json(by_address)).to.deep.equal({ uuid: port, node_uuid: node.uuid });
  });

  command('port list', async () => {
    const rows = await stage.shell.json<Row[]>('baremetal port list --node wired');
    expect(rows).to.deep.equal([{ UUID: port, Address: MAC }]);
    const long = await stage.shell.json<Row[]>(`baremetal port list --long --address ${MAC}`);
    expect(long[0]).to.deep.include({ 'Physical Network': 'physnet1', Extra: "slot='1'" });
  });

  command('port set', async () => {
    await stage.shell.do(
      `baremetal port set ${port} --extra lane=2 --physical-network physnet2 --pxe-disabled` +
        ` --port-group ${group}`,
    );
    expect(await stage.api.request('GET', `/v1/ports/${port}`)).to.deep.include({
      extra: { slot: 1, lane: 2 },
      physical_network: 'physnet2',
      pxe_enabled: false,
      portgroup_uuid: group,
    });
  });

  command('port unset', async () => {
    await stage.shell.do(`baremetal port unset ${port} --extra lane --physical-network --port-group`);
    expect(await stage.api.request('GET', `/v1/ports/${port}`)).to.deep.include({
      extra: { slot: 1 },
      physical_network: null,
      portgroup_uuid: null,
    });
  });

  command('node vif attach', async () => {
    await stage.api.request('PATCH', '/v1/nodes/wired', [
      { op: 'add', path: '/network_interface', value: 'flat' },
    ]);
    await stage.shell.do(`baremetal node vif attach wired vif-1 --port-uuid ${port} --vif-info note=x`);
    const { internal_info } = await stage.api.request<{ internal_info: object }>('GET', `/v1/ports/${port}`);
    expect(internal_info).to.include({ tenant_vif_port_id: 'vif-1' });
  });

  command('node vif list', async () => {
    expect(await stage.shell.json('baremetal node vif list wired')).to.deep.equal([{ ID: 'vif-1' }]);
  });

  command('node vif detach', async () => {
    await stage.shell.do('baremetal node vif detach wired vif-1');
    expect(await stage.shell.json('baremetal node vif list wired')).to.deep.equal([]);
    expect(await stage.shell.fails('baremetal node vif detach wired vif-1')).to.match(/HTTP 400/);
  });

  command('port delete', async () => {
    await stage.shell.do(`baremetal port delete ${port}`);
    expect(await stage.shell.json('baremetal port list --node wired')).to.deep.equal([]);
  });

  command('port group delete', async () => {
    await stage.shell.do('baremetal port group delete trunk');
    expect(await stage.shell.fails('baremetal port group show trunk')).to.match(/trunk could not be found/);
  });
}
