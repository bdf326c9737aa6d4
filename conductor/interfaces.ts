import { capability } from '../lifecycle/capability.ts';
import type { NodeRecord } from '../lifecycle/records.ts';

/** Deploy interfaces whose cleaning, inspection and deployment go through the agent on a ramdisk. */
const AGENT_DEPLOY = ['direct', 'ramdisk', 'custom-agent', 'autodetect', 'bootc', 'anaconda', 'ansible'];

/** True when the node's deploy interface cleans and services through the agent. */
export function usesAgent(node: Pick<NodeRecord, 'deploy_interface'>): boolean {
  return AGENT_DEPLOY.includes(node.deploy_interface);
}

/** True when a service writes images and clears disks itself, and not the agent. */
export function restoresImages(node: Pick<NodeRecord, 'deploy_interface'>): boolean {
  return node.deploy_interface === 'bampi';
}

/** True when a boot device has to be set for the node: all but the `fake` boot interface. */
export function managesBoot(node: Pick<NodeRecord, 'boot_interface' | 'management_interface'>): boolean {
  return !['fake', ''].includes(node.boot_interface) && !['noop'].includes(node.management_interface);
}

const BY_MEDIA = ['redfish-virtual-media', 'idrac-redfish-virtual-media'];

/** True: what the node boots comes from a virtual CD, not from the network. */
export function bootsByMedia(node: Pick<NodeRecord, 'boot_interface'>): boolean {
  return BY_MEDIA.includes(node.boot_interface);
}

/** Boot interfaces by which firmware fetches its first program by HTTP, as UEFI 2.5 has it. */
const BY_HTTP = ['http-ipxe', 'http'];

/** The boot device of a server that is to boot from the network. */
export function networkDevice(node: Pick<NodeRecord, 'boot_interface'>): 'pxe' | 'uefihttp' {
  return BY_HTTP.includes(node.boot_interface) ? 'uefihttp' : 'pxe';
}

/** Management interfaces whose protocol has no word for UEFI HTTP boot. */
const WITHOUT_HTTP_BOOT = ['ipmitool', 'intel-ipmitool', 'bampi'];

/** What keeps the node's boot interface from booting it, in words for the user; empty when nothing does. Pure. */
export function bootProblems(
  node: Pick<NodeRecord, 'boot_interface' | 'management_interface' | 'instance_info' | 'properties'>,
  default_boot_mode: 'uefi' | 'bios',
): string[] {
  const { boot_interface, management_interface } = node;
  if (!BY_HTTP.includes(boot_interface)) return [];
  const problems: string[] = [];
  if (WITHOUT_HTTP_BOOT.includes(management_interface))
    problems.push(
      `The boot interface ${boot_interface} needs a BMC that can be told to boot by HTTP, and the management interface ${management_interface} cannot tell it: set boot_interface to ipxe.`,
    );
  if (bootMode(node, default_boot_mode) === 'bios')
    problems.push(
      `The boot interface ${boot_interface} needs UEFI: set the capability boot_mode to uefi, or boot_interface to ipxe.`,
    );
  return problems;
}

/** False: the management interface asks nothing of the BMC, whatever the BMC could do. */
export function managesHardware(node: Pick<NodeRecord, 'management_interface'>): boolean {
  return node.management_interface !== 'noop';
}

/** Management interfaces whose protocol has no virtual media. */
const WITHOUT_VIRTUAL_MEDIA = ['noop', 'ipmitool', 'intel-ipmitool'];

/** Whether the node's management interface may know virtual media; the hardware has the last word. */
export function knowsVirtualMedia(node: Pick<NodeRecord, 'management_interface'>): boolean {
  return !WITHOUT_VIRTUAL_MEDIA.includes(node.management_interface);
}

/** False: an interface such as `no-console`, which refuses all that is asked of it. */
export function isPresent(interface_name: string): boolean {
  return !interface_name.startsWith('no-');
}

/** The boot mode of the node's next boot. */
export function bootMode(
  node: Pick<NodeRecord, 'instance_info' | 'properties'>,
  fallback: 'uefi' | 'bios',
): 'uefi' | 'bios' {
  const wished = capability(node, 'boot_mode');
  return wished === 'uefi' || wished === 'bios' ? wished : fallback;
}
