import { serviceError } from '../../lifecycle/errors.ts';
import { INSTALL_STATES, installState } from '../../lifecycle/install-state.ts';
import { loginOf } from '../../lifecycle/profile-login.ts';
import type { ProfileRecord } from '../../lifecycle/registration-records.ts';
import { mayHave } from '../../lifecycle/server-profile.ts';
import type { ServerRecord } from '../../lifecycle/server-record.ts';
import { requireUuid } from '../http/value-syntax.ts';
import type { LifecycleApi, LifecycleHandler } from './handler.ts';
import { isoTime } from './iso-time.ts';
import { readLimit } from './page.ts';
import { serverScope } from './servers/access.ts';

/**
 * GET /v1/baremetals: what came of a server and the profile that it was deployed with, or of its flavor: the system on it, or on its
 * way there, with its addresses. A server without a system is a server only.
 */
export const listBaremetals: LifecycleHandler = async (request, api) => {
  const { query, caller, base_url } = request;
  const limit = readLimit(query.limit, api.settings.api.max_limit);
  const { servers } = api.store;
  const after =
    query.marker === undefined ? null : await servers.get(requireUuid(query.marker).toLowerCase());
  if (query.marker !== undefined && after === null)
    throw serviceError('NotFound', { kind: 'Marker', ident: query.marker });
  const found = await servers.list({
    where: { provision_state: INSTALL_STATES },
    scope: serverScope(api, caller, query.project),
    // One more than shown tells whether there is a next page.
    limit: limit + 1,
    ...(after === null ? {} : { after_id: after.id }),
  });
  const page = found.slice(0, limit);
  const switched = await switchVlans(
    api,
    page.map(({ uuid }) => uuid),
  );
  const of_flavor = await profiles(api, new Set(page.flatMap(({ flavor_uuid }) => flavor_uuid ?? [])));
  const by_name = await namedProfiles(api, page);
  const more = new URLSearchParams({ ...query, limit: String(limit), marker: page.at(-1)?.uuid ?? '' });
  const next = found.length > limit ? { next: `${base_url}/lifecycle/v1/baremetals?${more.toString()}` } : {};
  const baremetals = page.map((server) => {
    const profile = by_name.get(server.uuid) ?? of_flavor.get(server.flavor_uuid ?? '') ?? null;
    return {
      ...{ server_uuid: server.uuid, name: server.name, project: server.lessee ?? server.owner },
      ...{
        flavor_uuid: server.flavor_uuid,
        profile_uuid: profile?.uuid ?? null,
        profile: profile?.name ?? null,
        login: profile === null ? null : loginOf(profile),
      },
      ...{
        vlan_id: server.vlan_id,
        switch_vlan_ids: switched.get(server.uuid) ?? null,
        service_address: server.service_address,
        power_state: server.power_state,
      },
      install_state: installState(server),
      ...{ installed_at: isoTime(server.installed_at), install_failed_at: isoTime(server.install_failed_at) },
      provision_updated_at: isoTime(server.provision_updated_at),
      install_note: server.install_note,
    };
  });
  return { status: 200, body: { baremetals, ...next } };
};

/** uuid of a server → the profile that it was deployed with by name. */
async function namedProfiles(
  { store }: LifecycleApi,
  servers: readonly ServerRecord[],
): Promise<ReadonlyMap<string, ProfileRecord>> {
  if (servers.length === 0) return new Map();
  const nodes = await store.nodes.list({ where: { uuid: servers.map(({ uuid }) => uuid) } });
  const named = new Map(
    nodes.flatMap(({ uuid, instance_info: { profile_uuid } }) =>
      typeof profile_uuid === 'string' ? [[uuid, profile_uuid] as const] : [],
    ),
  );
  if (named.size === 0) return new Map();
  const found = await store.profiles.list({ where: { uuid: [...new Set(named.values())] } });
  const by_uuid = new Map(found.map((profile) => [profile.uuid, profile]));
  return new Map(
    servers.flatMap((server) => {
      const profile = by_uuid.get(named.get(server.uuid) ?? '');
      return profile === undefined || !mayHave(server, profile) ? [] : [[server.uuid, profile] as const];
    }),
  );
}

/** uuid of a server → VLANs that switches told of their ports that it is plugged into, when it was registered. */
async function switchVlans(
  { store }: LifecycleApi,
  servers: readonly string[],
): Promise<ReadonlyMap<string, number[]>> {
  const told = new Map<string, number[]>();
  const ports = servers.length === 0 ? [] : await store.ports.list({ where: { node_uuid: servers } });
  for (const { node_uuid, extra } of ports) {
    const vlans = Array.isArray(extra.switch_vlan_ids) ? extra.switch_vlan_ids : [];
    const before = told.get(node_uuid) ?? [];
    const all = new Set([...before, ...vlans.filter((vlan) => typeof vlan === 'number')]);
    if (all.size > 0) told.set(node_uuid, [...all]);
  }
  return told;
}

/** uuid of a flavor → its profile. */
async function profiles(
  { store }: LifecycleApi,
  flavors: ReadonlySet<string>,
): Promise<ReadonlyMap<string, ProfileRecord>> {
  if (flavors.size === 0) return new Map();
  const known = await store.flavors.list({ where: { uuid: [...flavors] } });
  const wanted = [...new Set(known.flatMap(({ profile_uuid }) => profile_uuid ?? []))];
  const found = wanted.length === 0 ? [] : await store.profiles.list({ where: { uuid: wanted } });
  const by_uuid = new Map(found.map((profile) => [profile.uuid, profile]));
  return new Map(
    known.flatMap(({ uuid, profile_uuid }) => {
      const profile = by_uuid.get(profile_uuid ?? '');
      return profile === undefined ? [] : [[uuid, profile] as const];
    }),
  );
}
