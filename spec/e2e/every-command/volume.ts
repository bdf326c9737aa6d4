import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { advance, createNode, type NodeView, type Stage } from './stage.ts';

type Row = Record<string, unknown>;

/** Volume connectors and targets. */
export function volumeCommands(stage: Stage): void {
  const { command } = stage;
  const IQN = 'iqn.2017-05.org.openstack:01';
  const connector = randomUUID();
  const target = randomUUID();
  let node: NodeView;

  before(async () => {
    node = await createNode(stage, 'stored');
    // Volumes change only while the server is known to be off.
    await advance(stage, 'stored', [['manage', 'manageable']]);
  });

  command('volume connector create', async () => {
    const made = await stage.shell.json(
      `baremetal volume connector create --node ${node.uuid} --type iqn --connector-id ${IQN} --uuid ${connector} --extra a=b`,
    );
    expect(made).to.deep.include({ uuid: connector, connector_id: IQN, extra: { a: 'b' } });
    const { connectors } = await stage.api.request<{ connectors: Row[] }>('GET', '/v1/volume/connectors');
    expect(connectors.map(({ uuid }) => uuid)).to.deep.equal([connector]);
  });

  command('volume connector show', async () => {
    const shown = await stage.shell.json(
      `baremetal volume connector show ${connector} --fields type node_uuid`,
    );
    expect(shown).to.deep.equal({ type: 'iqn', node_uuid: node.uuid });
  });

  command('volume connector list', async () => {
    const rows = await stage.shell.json<Row[]>('baremetal volume connector list --node stored');
    expect(rows).to.deep.equal([
      { UUID: connector, 'Node UUID': node.uuid, Type: 'iqn', 'Connector ID': IQN },
    ]);
    const long = await stage.shell.json<Row[]>('baremetal volume connector list --long --sort uuid');
    expect(long[0]).to.deep.include({ Extra: { a: 'b' } });
  });

  command('volume connector set', async () => {
    await stage.shell.do(`baremetal volume connector set ${connector} --connector-id ${IQN}2 --extra c=d`);
    expect(await stage.api.request('GET', `/v1/volume/connectors/${connector}`)).to.deep.include({
      connector_id: `${IQN}2`,
      extra: { a: 'b', c: 'd' },
    });
  });

  command('volume connector unset', async () => {
    await stage.shell.do(`baremetal volume connector unset ${connector} --extra a`);
    expect(await stage.api.request('GET', `/v1/volume/connectors/${connector}`)).to.deep.include({
      extra: { c: 'd' },
    });
  });

  command('volume connector delete', async () => {
    await stage.shell.do(`baremetal volume connector delete ${connector}`);
    expect(await stage.shell.fails(`baremetal volume connector show ${connector}`)).to.match(/HTTP 404/);
  });

  command('volume target create', async () => {
    const made = await stage.shell.json(
      `baremetal volume target create --node ${node.uuid} --type iscsi --boot-index 0 --volume-id vol-1` +
        ` --uuid ${target} --property target_lun=1 --extra a=b`,
    );
    expect(made).to.deep.include({ uuid: target, volume_id: 'vol-1', properties: { target_lun: 1 } });
  });

  command('volume target show', async () => {
    const shown = await stage.shell.json(
      `baremetal volume target show ${target} --fields boot_index node_uuid`,
    );
    expect(shown).to.deep.equal({ boot_index: 0, node_uuid: node.uuid });
  });

  command('volume target list', async () => {
    const rows = await stage.shell.json<Row[]>('baremetal volume target list --node stored');
    expect(rows).to.have.length(1);
    expect(rows[0]).to.deep.include({ UUID: target, 'Volume ID': 'vol-1', 'Boot Index': 0 });
    const long = await stage.shell.json<Row[]>('baremetal volume target list --long');
    expect(long[0]).to.deep.include({ Properties: { target_lun: 1 } });
  });

  command('volume target set', async () => {
    await stage.shell.do(
      `baremetal volume target set ${target} --boot-index 1 --volume-id vol-3 --property x=y --extra c=d`,
    );
    expect(await stage.api.request('GET', `/v1/volume/targets/${target}`)).to.deep.include({
      volume_id: 'vol-3',
      properties: { target_lun: 1, x: 'y' },
      extra: { a: 'b', c: 'd' },
    });
  });

  command('volume target unset', async () => {
    await stage.shell.do(`baremetal volume target unset ${target} --property x --extra a`);
    expect(await stage.api.request('GET', `/v1/volume/targets/${target}`)).to.deep.include({
      properties: { target_lun: 1 },
      extra: { c: 'd' },
    });
  });

  command('volume target delete', async () => {
    await stage.shell.do(`baremetal volume target delete ${target}`);
    expect(await stage.shell.fails(`baremetal volume target show ${target}`)).to.match(/HTTP 404/);
  });
}
