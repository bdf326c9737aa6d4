import type { NodeRecord } from './records.ts';
import type { FlavorRecord, ProfileRecord } from './registration-records.ts';
import type { ServerRecord } from './server-record.ts';

/** Where nodes, servers, flavors and profiles are looked up. */
export interface ProfileTables {
  nodes: { get(uuid: string): Promise<Pick<NodeRecord, 'instance_info'> | null> };
  servers: { get(uuid: string): Promise<Pick<ServerRecord, 'flavor_uuid' | 'owner' | 'lessee'> | null> };
  flavors: { get(uuid: string): Promise<Pick<FlavorRecord, 'profile_uuid'> | null> };
  profiles: { get(uuid: string): Promise<ProfileRecord | null> };
}

/** The OS that a server boots or gets: the profile that it was deployed with by name, or that of its flavor. null: there is none. */
export async function profileOfServer(tables: ProfileTables, uuid: string): Promise<ProfileRecord | null> {
  const { profile_uuid } = (await tables.nodes.get(uuid))?.instance_info ?? {};
  const named = typeof profile_uuid === 'string' ? await tables.profiles.get(profile_uuid) : null;
  const server = await tables.servers.get(uuid);
  if (named !== null && server !== null && mayHave(server, named)) return named;
  const flavor = server?.flavor_uuid == null ? null : await tables.flavors.get(server.flavor_uuid);
  return flavor?.profile_uuid == null ? null : await tables.profiles.get(flavor.profile_uuid);
}

/**
 * Whether a server may be given a profile by name: a public one, one of its project's, or any where it is no project's. Whoever may write
 * `instance_info` could name a profile that he may not see, and read it from what boots. Pure.
 */
export function mayHave(
  { owner, lessee }: Pick<ServerRecord, 'owner' | 'lessee'>,
  profile: Pick<ProfileRecord, 'owner' | 'public'>,
): boolean {
  const projects = [owner, lessee].filter((project) => project !== null);
  return profile.public || projects.length === 0 || projects.some((project) => project === profile.owner);
}

/** Whether a node of the deploy interface `ramdisk` names itself what it boots; else its flavor's profile counts. Pure. */
export function namesWhatItBoots({
  boot_iso,
  kernel,
  ramdisk,
  image_source,
}: Readonly<Record<string, unknown>>): boolean {
  const given = (value: unknown): boolean => typeof value === 'string' && value !== '';
  return given(boot_iso) || (given(kernel) && given(ramdisk)) || given(image_source);
}
