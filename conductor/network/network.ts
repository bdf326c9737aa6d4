import { serviceError } from '../../lifecycle/errors.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { WorkContext } from '../step.ts';
import type { VifRequest } from './choose-port.ts';
import { attachVif, detachVif, listVifs } from './recorded-vifs.ts';

export type NetworkContext = Pick<WorkContext, 'node' | 'store' | 'log'>;

/** A network interface of Ironic: how a server is plugged into networks. Every method may be repeated. */
export interface NetworkInterface {
  /** Ids of the VIFs that are attached. */
  vifs(ctx: NetworkContext): Promise<string[]>;
  /** @throws VifAlreadyAttached, NoFreePhysicalPorts */
  attach(ctx: NetworkContext, vif: VifRequest): Promise<void>;
  /** @throws VifNotAttached */
  detach(ctx: NetworkContext, vif_id: string): Promise<void>;
}

/** The cables stay as they are, and nobody wants to know about VIFs: all are welcome, none is remembered. */
const noop: NetworkInterface = {
  vifs: async () => [],
  attach: async () => {},
  detach: async () => {},
};

/** One network for all: which VIF is on which port is remembered, for clients that build the instance's network from it. */
const flat: NetworkInterface = { vifs: listVifs, attach: attachVif, detach: detachVif };

const INTERFACES: Readonly<Record<string, NetworkInterface>> = { noop, flat };

/** The node's network interface. @throws UnsupportedDriverExtension when this build lacks it. */
export function networkOf(node: Pick<NodeRecord, 'driver' | 'network_interface'>): NetworkInterface {
  const name = node.network_interface;
  const found = Object.hasOwn(INTERFACES, name) ? INTERFACES[name] : undefined;
  if (found === undefined)
    throw serviceError('UnsupportedDriverExtension', {
      driver: node.driver,
      extension: `the network interface ${name}`,
    });
  return found;
}

/** Detaches what an instance left attached. What cannot be detached is logged: it must not keep the node from its end. */
export async function forgetVifs(ctx: NetworkContext): Promise<void> {
  try {
    const network = networkOf(ctx.node);
    for (const vif of await network.vifs(ctx)) await network.detach(ctx, vif);
  } catch (error) {
    ctx.log.warn({ node: ctx.node.uuid, err: error }, 'the VIFs of an instance could not be detached');
  }
}
