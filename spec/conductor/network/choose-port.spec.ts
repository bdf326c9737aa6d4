import { expect } from 'chai';
import { type ChoiceInput, choosePort } from '../../../conductor/network/choose-port.ts';
import type { PortgroupRecord, PortRecord } from '../../../lifecycle/records.ts';

const PORT: PortRecord = {
  ...{ id: 1, created_at: 0, updated_at: null, uuid: 'p', address: '52:54:00:00:00:01', node_uuid: 'n' },
  ...{ portgroup_uuid: null, extra: {}, internal_info: {}, local_link_connection: {}, pxe_enabled: true },
  ...{ physical_network: null, is_smartnic: false, name: null, description: null, vendor: null },
  ...{ category: null, available_for_dynamic_portgroup: true },
};
const GROUP: PortgroupRecord = {
  ...{ id: 1, created_at: 0, updated_at: null, uuid: 'g', name: null, node_uuid: 'n', address: null },
  ...{ extra: {}, internal_info: {}, standalone_ports_supported: true, mode: 'active-backup' },
  ...{ properties: {}, physical_network: null, category: null, dynamic_portgroup: false },
};
const port = (uuid: string, fields: Partial<PortRecord> = {}): PortRecord => ({ ...PORT, uuid, ...fields });
const group = (uuid: string, fields: Partial<PortgroupRecord> = {}): PortgroupRecord => ({
  ...GROUP,
  uuid,
  ...fields,
});
const used = { internal_info: { tenant_vif_port_id: 'other' } };

function chosen(input: Partial<ChoiceInput> & { vif?: ChoiceInput['vif'] }): string {
  const none = { ports: [], portgroups: [], vif: { id: 'v' }, physical_networks: new Set<string>() };
  try {
    return choosePort({ ...none, usable: () => true, ...input }).record.uuid;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('the choice of a port for a VIF', () => {
  it('takes the first port made, among equals', () => {
    expect(chosen({ ports: [port('a'), port('b')] })).to.equal('a');
  });

  it('prefers ports that boot from the network', () => {
    expect(chosen({ ports: [port('a', { pxe_enabled: false }), port('b')] })).to.equal('b');
  });

  it('prefers portgroups to ports', () => {
    const ports = [port('a'), port('m', { portgroup_uuid: 'g', pxe_enabled: false })];
    expect(chosen({ ports, portgroups: [group('g')] })).to.equal('g');
  });

  it('never takes a member of a free portgroup, nor an empty portgroup', () => {
    expect(chosen({ ports: [port('m', { portgroup_uuid: 'g', ...used })], portgroups: [] })).to.equal(
      'NoFreePhysicalPorts',
    );
    expect(chosen({ portgroups: [group('g')] })).to.equal('NoFreePhysicalPorts');
  });

  it('takes single ports of a portgroup that is in use port by port', () => {
    const ports = [port('m1', { portgroup_uuid: 'g', ...used }), port('m2', { portgroup_uuid: 'g' })];
    expect(chosen({ ports, portgroups: [group('g')] })).to.equal('m2');
  });

  it('skips ports and portgroups in use', () => {
    const ports = [port('a', used), port('m', { portgroup_uuid: 'g' })];
    expect(chosen({ ports, portgroups: [group('g', used)] })).to.equal('NoFreePhysicalPorts');
  });

  it('puts the right physical network above everything else', () => {
    const physical_networks = new Set(['net1']);
    const ports = [
      port('m', { portgroup_uuid: 'g' }),
      port('a', { physical_network: 'net2' }),
      port('b', { physical_network: 'net1', pxe_enabled: false }),
    ];
    expect(chosen({ ports, portgroups: [group('g')], physical_networks })).to.equal('b');
    expect(chosen({ ports: ports.slice(1, 2), physical_networks })).to.equal('NoFreePhysicalPorts');
    expect(chosen({ ports: ports.slice(1, 2) })).to.equal('a');
  });

  it('takes what is asked for or nothing', () => {
    const ports = [port('a'), port('b'), port('m', { portgroup_uuid: 'g' })];
    const portgroups = [group('g'), group('h')];
    expect(chosen({ ports, portgroups, vif: { id: 'v', port_uuid: 'b' } })).to.equal('b');
    expect(chosen({ ports, portgroups, vif: { id: 'v', portgroup_uuid: 'g' } })).to.equal('g');
    for (const vif of [
      { id: 'v', port_uuid: 'm' },
      { id: 'v', port_uuid: 'gone' },
      { id: 'v', portgroup_uuid: 'h' },
    ])
      expect(chosen({ ports, portgroups, vif })).to.equal('NoFreePhysicalPorts');
  });

  it('refuses a VIF that is attached already, wherever there is room', () => {
    const mine = { internal_info: { tenant_vif_port_id: 'v' } };
    expect(chosen({ ports: [port('a'), port('b', mine)] })).to.equal('VifAlreadyAttached');
    const ports = [port('m', { portgroup_uuid: 'g' })];
    expect(chosen({ ports, portgroups: [group('g', mine)] })).to.equal('VifAlreadyAttached');
  });

  it('leaves out ports that cannot be used', () => {
    expect(chosen({ ports: [port('a'), port('b')], usable: ({ uuid }) => uuid === 'b' })).to.equal('b');
  });
});
