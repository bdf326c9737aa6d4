import type { NodeRecord } from './records.ts';
import type { FlavorRecord, ProfileRecord } from './registration-records.ts';
import type { ServerRecord } from './server-record.ts';

/** Where nodes, servers, flavors and profiles are looked up. */
export interface ProfileTables {
  nodes: { get(uuid: string): Promise<Pick<NodeRecord, 'instance_info'> | null> };
  servers: { get(uuid: string): Promise<Pick<ServerRecord, 'flavor_uuid'> | null> };
  flavors: { get(uuid: string): Promise<Pick<FlavorRecord, 'profile_uuid'> | null> };
  profiles: { get(uuid: string): Promise<ProfileRecord | null> };
}

/** The OS that a server boots or gets: the profile that it was deployed with by name, or that of its flavor. null: there is none. */
export async function profileOfServer(tables: ProfileTables, uuid: string): Promise<ProfileRecord | null> {
  const { profile_uuid } = (await tables.nodes.get(uuid))?.instance_info ?? {};
  const named = typeof profile_uuid === 'string' ? await tables.profiles.get(profile_uuid) : null;
  if (named !== null) return named;
  const server = await tables.servers.get(uuid);
  const flavor = server?.flavor_uuid == null ? null : await tables.flavors.get(server.flavor_uuid);
  return flavor?.profile_uuid == null ? null : await tables.profiles.get(flavor.profile_uuid);
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
