import type { Settings } from '../../config/options.ts';
import type { DriverRegistry } from '../../drivers/registry.ts';
import { deployInterface } from '../../lifecycle/deploy-interface.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import { filePathProblem, parseImageSource } from '../../lifecycle/image-source.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { ProfileRecord } from '../../lifecycle/registration-records.ts';
import { namesWhatItBoots, type ProfileTables, profileOfServer } from '../../lifecycle/server-profile.ts';
import { bootProblems } from '../interfaces.ts';

/** @throws NodeInMaintenance */
export function refuseMaintenance(node: NodeRecord, op: string): void {
  if (node.maintenance) throw serviceError('NodeInMaintenance', { op, node: node.uuid });
}

/** @throws NodeProtected */
export function refuseProtected(node: NodeRecord): void {
  if (node.protected) throw serviceError('NodeProtected', { node: node.uuid });
}

/** What keeps the node from being deployed, in words for the user; empty when nothing does. */
export async function deployProblems(
  node: NodeRecord,
  settings: Settings,
  tables: ProfileTables,
): Promise<string[]> {
  const validate = DEPLOY_VALIDATIONS[deployInterface(node)];
  if (validate === undefined)
    return [`The deploy interface ${node.deploy_interface} is not implemented: choose direct or ramdisk.`];
  const profile = bootsProfile(node) ? await profileOfServer(tables, node.uuid) : null;
  return [
    ...validate(node, settings, profile),
    ...bootProblems(node, settings.deploy.default_boot_mode),
    ...traitProblems(node),
  ];
}

/** Whether a server gets from its flavor's profile what it boots in each deploy. Pure. */
export function bootsProfile(node: NodeRecord): boolean {
  return deployInterface(node) === 'ramdisk' && !namesWhatItBoots(node.instance_info);
}

/** An instance asks for traits, and so for deploy templates, only of those that the node has. */
function traitProblems({ instance_info, traits }: NodeRecord): string[] {
  const wanted = instance_info.traits ?? null;
  if (wanted === null) return [];
  if (!Array.isArray(wanted) || wanted.some((trait) => typeof trait !== 'string'))
    return ['instance_info/traits must be a list of texts.'];
  const missing = wanted.filter((trait) => !traits.includes(String(trait)));
  return missing.length === 0
    ? []
    : [`instance_info asks for traits that the node does not have: ${missing.join(', ')}.`];
}

const DEPLOY_VALIDATIONS: Readonly<
  Record<string, (node: NodeRecord, settings: Settings, profile: ProfileRecord | null) => string[]>
> = {
  direct: directProblems,
  ramdisk: ramdiskProblems,
  bampi: ({ instance_info: { image_source } }) =>
    typeof image_source === 'string' && image_source !== ''
      ? []
      : ['instance_info has no image_source: name the image as BAMPI knows it.'],
  fake: () => [],
  noop: () => [],
};

function directProblems(node: NodeRecord, settings: Settings): string[] {
  const info = node.instance_info;
  const problems: string[] = [];
  const source = info.image_source;
  if (typeof source !== 'string' || source === '')
    return ["instance_info has no image_source: name the image's URL, or its UUID in Glance."];
  const parsed = parseImageSource(source);
  if ('problem' in parsed) problems.push(`instance_info/image_source: ${parsed.problem}`);
  else if (parsed.kind === 'file')
    problems.push(filePathProblem(parsed.path, settings.conductor.file_url_allowed_paths) ?? '');
  else if (
    parsed.kind === 'glance' &&
    settings.glance.auth_url === '' &&
    settings.glance.endpoint_override === ''
  )
    problems.push(`The image ${source} is one of Glance, and no Glance is configured: set [glance]auth_url.`);
  const has_checksum =
    typeof info.image_checksum === 'string' ||
    (typeof info.image_os_hash_algo === 'string' && typeof info.image_os_hash_value === 'string');
  if ('kind' in parsed && parsed.kind === 'http' && !has_checksum)
    problems.push(
      'instance_info needs image_checksum, or image_os_hash_algo and image_os_hash_value, for an image by URL.',
    );
  const partition = typeof info.kernel === 'string' || info.image_type === 'partition';
  if (partition && info.root_gb === undefined)
    problems.push('instance_info needs root_gb for a partition image.');
  return problems.filter((problem) => problem !== '');
}

function ramdiskProblems(node: NodeRecord, settings: Settings, profile: ProfileRecord | null): string[] {
  if (!bootsProfile(node)) return [];
  if (profile === null)
    return [
      "instance_info names nothing to boot: set boot_iso, or kernel and ramdisk, or give the server's flavor a profile.",
    ];
  const problems: string[] = [];
  if (profile.kernel === null || profile.initrd === null)
    problems.push(`The profile ${profile.name} of the server's flavor needs kernel and initrd to be booted.`);
  // The first stage, from which the profile is started.
  const { deploy_kernel, deploy_ramdisk } = { ...settings.conductor, ...node.driver_info };
  if (!deploy_kernel || !deploy_ramdisk)
    problems.push('A profile is started from the ramdisk: set deploy_kernel and deploy_ramdisk.');
  return problems;
}

/** What is wrong with driver_info; empty when nothing is, or when this process has no such driver. */
export function driverInfoProblems(node: NodeRecord, drivers: Pick<DriverRegistry, 'get'> | null): string[] {
  const parsed = drivers?.get(node.driver)?.parse(node.driver_info);
  return parsed !== undefined && 'problems' in parsed ? parsed.problems : [];
}

/** @throws InvalidParameterValue that names every problem */
export function refuseProblems(what: string, problems: readonly string[]): void {
  if (problems.length > 0)
    throw serviceError('InvalidParameterValue', { why: `${what}: ${problems.join(' ')}` });
}

/** Whether an automated clean is skipped for the node: the node's own wish wins over the setting. */
export function skipsCleaning(node: Pick<NodeRecord, 'automated_clean'>, settings: Settings): boolean {
  return !(node.automated_clean ?? settings.conductor.automated_clean);
}
