import { capability } from './capability.ts';
import type { JsonObject } from './json.ts';
import type { NodeRecord } from './records.ts';
import { namesWhatItBoots } from './server-profile.ts';

/** In instance_info: the server is handed over as it is. The node's own deploy interface stays what its operator set. */
export const WITHOUT_IMAGE: JsonObject = { deploy_interface: 'noop' };

/**
 * The deploy interface that puts the instance on the node. `autodetect` chooses by the image; an order without one needs none.
 * Cleaning, service and rescue go by the node's own. Pure.
 */
export function deployInterface(
  node: Pick<NodeRecord, 'deploy_interface' | 'instance_info' | 'properties'>,
): string {
  const { instance_info } = node;
  if (instance_info.deploy_interface === WITHOUT_IMAGE.deploy_interface && !namesWhatItBoots(instance_info))
    return 'noop';
  if (node.deploy_interface !== 'autodetect') return node.deploy_interface;
  const by_ramdisk =
    typeof instance_info.boot_iso === 'string' || capability(node, 'boot_option') === 'ramdisk';
  return by_ramdisk ? 'ramdisk' : 'direct';
}
