import type { JsonObject } from './json.ts';
import type { ProfileRecord } from './registration-records.ts';

/** How a node is deployed with a profile. */
export interface ProfileDeploy {
  deploy_interface: 'direct' | 'ramdisk';
  /** What instance_info names then. */
  instance_info: JsonObject;
}

/** Fields of instance_info that say what is deployed. */
const NAMING = [
  ...[
    'image_source',
    'image_checksum',
    'image_os_hash_algo',
    'image_os_hash_value',
    'image_type',
    'image_disk_format',
  ],
  ...['kernel', 'ramdisk', 'boot_iso', 'profile_uuid'],
];

/**
 * How a node gets the OS of a profile, whichever installer does it: kernel and initrd are started, and install by their preseed,
 * kickstart or whatever they ask for; an image is written to the disk; an ISO is booted. null: the profile names nothing to deploy. Pure.
 */
export function deployOfProfile(profile: ProfileRecord, instance_info: JsonObject): ProfileDeploy | null {
  const kept = Object.fromEntries(Object.entries(instance_info).filter(([name]) => !NAMING.includes(name)));
  const { uuid: profile_uuid, kernel, initrd, image, image_checksum, iso } = profile;
  const ways: readonly [given: string | null, deploy_interface: 'direct' | 'ramdisk', named: JsonObject][] = [
    [initrd === null ? null : kernel, 'ramdisk', {}],
    [image, 'direct', { image_source: image, ...(image_checksum === null ? {} : { image_checksum }) }],
    [iso, 'ramdisk', { boot_iso: iso }],
  ];
  const way = ways.find(([given]) => given !== null && given !== '');
  if (way === undefined) return null;
  const [, deploy_interface, named] = way;
  return { deploy_interface, instance_info: { ...kept, ...named, profile_uuid } };
}
