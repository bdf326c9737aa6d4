import { serviceError } from '../../lifecycle/errors.ts';
import type { WorkContext } from '../step.ts';
import type { VifRequest } from './choose-port.ts';
import { flatNetwork, neutronNetwork } from './neutron-network.ts';
import { attachVif, detachVif, listVifs } from './recorded-vifs.ts';

export type NetworkContext = Pick<WorkContext, 'node' | 'store' | 'log' | 'settings' | 'neighbours'>;

/** What a server's own ramdisk is on the network for. */
export type NetworkPurpose = 'cleaning' | 'provisioning' | 'rescuing' | 'inspection' | 'servicing';

/** A network interface of Ironic: how a server is plugged into networks. Every method may be repeated. */
export interface NetworkInterface {
  /** Ids of the VIFs that are attached. */
  vifs(ctx: NetworkContext): Promise<string[]>;
  /** @throws VifAlreadyAttached, NoFreePhysicalPorts, NetworkError */
  attach(ctx: NetworkContext, vif: VifRequest): Promise<void>;
  /** @throws VifNotAttached, NetworkError */
  detach(ctx: NetworkContext, vif_id: string): Promise<void>;
  /** Plugs the server into the network where its ramdisk works. @throws NetworkError */
  add(ctx: NetworkContext, purpose: NetworkPurpose): Promise<void>;
  /** Ends that. @throws NetworkError */
  remove(ctx: NetworkContext, purpose: NetworkPurpose): Promise<void>;
  /** Plugs the server into its tenant's networks. @throws NetworkError */
  plugTenant(ctx: NetworkContext): Promise<void>;
  /** Ends that; the VIFs stay attached. @throws NetworkError */
  unplugTenant(ctx: NetworkContext): Promise<void>;
}

const unmoved = { add: nothing, remove: nothing, plugTenant: nothing, unplugTenant: nothing };

async function nothing(): Promise<void> {}

/** The cables stay as they are, and nobody wants to know about VIFs: all are welcome, none is remembered. */
const noop: NetworkInterface = { vifs: async () => [], attach: nothing, detach: nothing, ...unmoved };

/** One network without Neutron: which VIF is on which port is remembered, for clients that build the instance's network from it. */
const flat: NetworkInterface = { vifs: listVifs, attach: attachVif, detach: detachVif, ...unmoved };

const INTERFACES: Readonly<Record<string, NetworkInterface>> = { noop, flat, neutron: neutronNetwork };

/** The node's network interface. @throws UnsupportedDriverExtension when this build lacks it. */
export function networkOf(ctx: Pick<NetworkContext, 'node' | 'neighbours'>): NetworkInterface {
  const name = ctx.node.network_interface;
  if (name === 'flat' && ctx.neighbours.neutron !== null) return flatNetwork;
  const found = Object.hasOwn(INTERFACES, name) ? INTERFACES[name] : undefined;
  if (found === undefined)
    throw serviceError('UnsupportedDriverExtension', {
      driver: ctx.node.driver,
      extension: `the network interface ${name}`,
    });
  return found;
}

/** Detaches what an instance left attached. What cannot be detached is logged: it must not keep the node from its end. */
export async function forgetVifs(ctx: NetworkContext): Promise<void> {
  await attempt(ctx, 'the VIFs of an instance could not be detached', async () => {
    const network = networkOf(ctx);
    for (const vif of await network.vifs(ctx)) await network.detach(ctx, vif);
  });
}

/** Ends a ramdisk's network after a failure, if that is possible. */
export async function dropNetwork(ctx: NetworkContext, purpose: NetworkPurpose): Promise<void> {
  await attempt(ctx, `the ${purpose} network could not be removed`, () =>
    networkOf(ctx).remove(ctx, purpose),
  );
}

async function attempt(ctx: NetworkContext, failed: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    ctx.log.warn({ node: ctx.node.uuid, err: error }, failed);
  }
}
