import { serviceError } from '../../lifecycle/errors.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { PortgroupRecord, PortRecord } from '../../lifecycle/records.ts';
import type { NeutronClient } from '../neighbours/neutron-client.ts';
import { type PortLike, tenantVif } from './choose-port.ts';
import type { NetworkContext, NetworkInterface, NetworkPurpose } from './network.ts';
import { choosePortFor, detachVif, isUsable, listVifs, portsOf, rememberVif } from './recorded-vifs.ts';

/** States in which the tenant's network is on the cable, so that a detached VIF must be taken off it. */
const PLUGGED = ['active', 'deleting', 'available'];
const VNIC_TYPE = { 'binding:vnic_type': 'baremetal' } as const;
const SMARTNIC_TYPE = { 'binding:vnic_type': 'smart-nic' } as const;

/** What the interfaces `flat` and `neutron` have in common: VIFs are Neutron's ports, which follow the hardware's ports. */
const attaching: Pick<NetworkInterface, 'vifs' | 'attach' | 'detach'> = {
  vifs: listVifs,
  attach: async (ctx, vif) => {
    const neutron = neutronOf(ctx);
    const on = await choosePortFor(ctx, vif, await neutron.physicalNetworks(vif.id));
    if (on.record.address !== null) await neutron.setAddress(vif.id, on.record.address);
    await rememberVif(ctx, on, vif.id);
    if (ctx.node.provision_state === 'active') await plug(ctx, on, vif.id);
    else {
      await neutron.unbindIfBound(vif.id);
      // Lets Neutron choose addresses for the host before the server is plugged in.
      await neutron.updatePort(vif.id, { 'binding:host_id': ctx.node.uuid });
    }
  },
  detach: async (ctx, vif_id) => {
    await detachVif(ctx, vif_id);
    if (PLUGGED.includes(ctx.node.provision_state)) await neutronOf(ctx).unbind(vif_id, { reset_mac: true });
  },
};

/** Networks of their own for cleaning, provisioning and the rest; the switch is set through Neutron's bindings. */
export const neutronNetwork: NetworkInterface = {
  ...attaching,
  add: addNetwork,
  remove: removeNetwork,
  plugTenant: async (ctx) => {
    const attached = await attachedVifs(ctx);
    if (attached.length === 0)
      throw serviceError('NetworkError', {
        why: `No VIF is attached to node ${ctx.node.uuid}: attach one before the deployment.`,
      });
    for (const { on, vif } of attached) await plug(ctx, on, vif);
  },
  unplugTenant: unbindTenant,
};

/** One network under Neutron's eyes: tenants' ports are bound without link information; cleaning has ports of its own. */
export const flatNetwork: NetworkInterface = {
  ...attaching,
  add: async (ctx, purpose) => {
    if (purpose === 'cleaning' || purpose === 'inspection') await addNetwork(ctx, purpose);
    else await bindFlat(ctx);
  },
  remove: async (ctx, purpose) => {
    if (purpose === 'cleaning' || purpose === 'inspection') await removeNetwork(ctx, purpose);
    else await unbindTenant(ctx);
  },
  plugTenant: bindFlat,
  unplugTenant: unbindTenant,
};

/** The VIFs of ports outside of portgroups, and of portgroups. */
async function attachedVifs(ctx: NetworkContext): Promise<{ on: PortLike; vif: string }[]> {
  const { ports, portgroups } = await portsOf(ctx);
  const all: PortLike[] = [
    ...ports
      .filter(({ portgroup_uuid }) => portgroup_uuid === null)
      .map((record): PortLike => ({ kind: 'port', record })),
    ...portgroups.map((record): PortLike => ({ kind: 'portgroup', record })),
  ];
  return all.flatMap((on) => {
    const vif = tenantVif(on.record);
    return vif === null ? [] : [{ on, vif }];
  });
}

/** Binds a VIF to the cables of a port or portgroup. */
async function plug(ctx: NetworkContext, on: PortLike, vif: string): Promise<void> {
  const { ports } = await portsOf(ctx);
  const cables =
    on.kind === 'port' ? [on.record] : ports.filter((port) => port.portgroup_uuid === on.record.uuid);
  const link = cables[0]?.local_link_connection ?? {};
  const smart = on.kind === 'port' && on.record.is_smartnic;
  const client_id = on.kind === 'port' ? on.record.extra['client-id'] : undefined;
  const profile: JsonObject = {
    local_link_information: cables.map((port) => port.local_link_connection),
    ...(on.kind === 'portgroup' ? { local_group_information: groupInformation(on.record) } : {}),
    ...(on.record.physical_network === null ? {} : { physical_network: on.record.physical_network }),
  };
  const vif_type = await neutronOf(ctx).updatePort(vif, {
    ...(smart ? SMARTNIC_TYPE : VNIC_TYPE),
    'binding:host_id': smart ? (link.hostname ?? '') : ctx.node.uuid,
    'binding:profile': profile,
    ...(on.record.address === null ? {} : { mac_address: on.record.address }),
    ...(client_id ? { extra_dhcp_opts: [clientIdOption(client_id)] } : {}),
  });
  refuseFailedBinding(ctx, vif, vif_type);
}

function groupInformation(group: PortgroupRecord): JsonObject {
  const bond_properties = Object.fromEntries(
    Object.entries(group.properties).map(([key, value]) => [
      key.startsWith('bond') ? key : `bond_${key}`,
      value,
    ]),
  );
  return { id: group.uuid, name: group.name, bond_mode: group.mode, bond_properties };
}

function clientIdOption(opt_value: JsonObject[string]): JsonObject {
  return { opt_name: '61', opt_value: opt_value ?? null };
}

function refuseFailedBinding(ctx: NetworkContext, vif: string, vif_type: string | null): void {
  const wish = ctx.node.driver_info.fail_on_binding_failure;
  const by_default =
    ctx.node.network_interface === 'neutron' && ctx.settings.neutron.fail_on_port_binding_failure;
  const fatal = typeof wish === 'boolean' ? wish : by_default;
  if (fatal && vif_type === 'binding_failed')
    throw serviceError('NetworkError', {
      why: `Neutron could not bind the port ${vif}: check local_link_connection and Neutron's mechanism drivers.`,
    });
}

async function bindFlat(ctx: NetworkContext): Promise<void> {
  const attached = await attachedVifs(ctx);
  for (const { on, vif } of attached)
    await neutronOf(ctx).updatePort(vif, {
      ...VNIC_TYPE,
      'binding:host_id': ctx.node.uuid,
      ...(on.record.address === null ? {} : { mac_address: on.record.address }),
    });
  if (attached.length === 0)
    throw serviceError('NetworkError', {
      why: `No VIF is attached to node ${ctx.node.uuid}: attach one before the deployment.`,
    });
}

async function unbindTenant(ctx: NetworkContext): Promise<void> {
  for (const { on, vif } of await attachedVifs(ctx))
    await neutronOf(ctx).unbind(vif, { reset_mac: on.record.address !== null });
}

async function networkIdOf(ctx: NetworkContext, purpose: NetworkPurpose): Promise<string> {
  const own = ctx.node.driver_info[`${purpose}_network`];
  const name = typeof own === 'string' && own !== '' ? own : ctx.settings.neutron[`${purpose}_network`];
  if (name === '')
    throw serviceError('MissingParameterValue', {
      why: `No ${purpose} network is known: set [neutron]${purpose}_network, or driver_info/${purpose}_network of the node.`,
    });
  return neutronOf(ctx).networkId(name);
}

/** Makes a Neutron port for each port that boots from the network; what an earlier try left is removed first. */
async function addNetwork(ctx: NetworkContext, purpose: NetworkPurpose): Promise<void> {
  const neutron = neutronOf(ctx);
  const network_id = await networkIdOf(ctx, purpose);
  const ports = await portsFor(ctx);
  await neutron.deletePorts(network_id, addressesOf(ports));
  const made: string[] = [];
  let last: unknown = null;
  for (const port of ports.filter((one) => isUsable(ctx.node, one)))
    try {
      const vif = await makePort(ctx, port, network_id, purpose);
      await ctx.store.ports.update(port.uuid, {
        internal_info: { ...port.internal_info, [keyOf(purpose)]: vif },
      });
      made.push(vif);
    } catch (error) {
      ctx.log.warn(
        { node: ctx.node.uuid, port: port.uuid, err: error },
        `no ${purpose} port was made in Neutron`,
      );
      last = error;
    }
  if (made.length > 0) return;
  await neutron.deletePorts(network_id, addressesOf(ports));
  if (last !== null) throw last;
  throw serviceError('NetworkError', {
    why: `Node ${ctx.node.uuid} has no port to boot the ramdisk from: it needs one with pxe_enabled and local_link_connection.`,
  });
}

async function makePort(
  ctx: NetworkContext,
  port: PortRecord,
  network_id: string,
  purpose: NetworkPurpose,
): Promise<string> {
  const neutron = neutronOf(ctx);
  const groups =
    purpose === 'inspection' || ctx.node.network_interface === 'neutron'
      ? ctx.settings.neutron[`${purpose}_network_security_groups`]
      : [];
  const client_id = port.extra['client-id'];
  const vif = await neutron.createPort({
    network_id,
    admin_state_up: true,
    ...(port.is_smartnic ? SMARTNIC_TYPE : VNIC_TYPE),
    device_id: ctx.node.instance_uuid ?? ctx.node.uuid,
    ...(groups.length > 0 ? { security_groups: [...groups] } : {}),
    ...(port.pxe_enabled ? {} : { fixed_ips: [] }),
    ...(client_id ? { extra_dhcp_opts: [clientIdOption(client_id)] } : {}),
  });
  const vif_type = await neutron.updatePort(vif, {
    'binding:host_id': port.is_smartnic ? (port.local_link_connection.hostname ?? '') : ctx.node.uuid,
    device_owner: 'baremetal:none',
    mac_address: port.address,
    'binding:profile': {
      local_link_information: [port.local_link_connection],
      ...(port.physical_network === null ? {} : { physical_network: port.physical_network }),
    },
  });
  refuseFailedBinding(ctx, vif, vif_type);
  return vif;
}

async function removeNetwork(ctx: NetworkContext, purpose: NetworkPurpose): Promise<void> {
  const key = keyOf(purpose);
  const { ports } = await portsOf(ctx);
  await neutronOf(ctx).deletePorts(await networkIdOf(ctx, purpose), addressesOf(await portsFor(ctx)));
  for (const { uuid, internal_info } of ports)
    if (key in internal_info) {
      const { [key]: _gone, ...rest } = internal_info;
      await ctx.store.ports.update(uuid, { internal_info: rest });
    }
}

/** The ports that a ramdisk is booted from. */
async function portsFor(ctx: NetworkContext): Promise<PortRecord[]> {
  const { ports } = await portsOf(ctx);
  return ctx.settings.neutron.add_all_ports ? ports : ports.filter(({ pxe_enabled }) => pxe_enabled);
}

function addressesOf(ports: readonly PortRecord[]): string[] {
  return ports.map(({ address }) => address);
}

/** internal_info key of the Neutron port of a purpose, in Ironic's words. */
function keyOf(purpose: NetworkPurpose): string {
  return `${purpose}_vif_port_id`;
}

function neutronOf(ctx: NetworkContext): NeutronClient {
  const { neutron } = ctx.neighbours;
  if (neutron === null)
    throw serviceError('MissingParameterValue', {
      why: `The network interface ${ctx.node.network_interface} needs Neutron: set [neutron]auth_url and the service user.`,
    });
  return neutron;
}
