import { serviceError } from '../../../lifecycle/errors.ts';
import { ipv4Network, isInNetwork, netmask, poolProblem, poolSize } from '../../../lifecycle/ipv4.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { IpAddressRecord, IpPoolRecord } from '../../../lifecycle/registration-records.ts';
import type { Reply } from '../../http/reply.ts';
import type { ApiRequest } from '../../openstack/handler.ts';
import { auditServer } from '../audit.ts';
import type { LifecycleApi, LifecycleHandler } from '../handler.ts';
import {
  createRecord,
  deleteRecord,
  findRecord,
  listPage,
  plainHandlers,
  type Resource,
  shown,
} from '../resource.ts';

const RULES = { read: 'lifecycle:ipam:get', write: 'lifecycle:ipam:manage' };

const POOL: Resource<IpPoolRecord> = {
  kind: 'Pool',
  collection: 'pools',
  param: 'pool',
  table: (store) => store.ip_pools,
  rules: RULES,
  filters: ['purpose'],
  searched: ['name', 'network', 'gateway'],
  view: ({ name, purpose, network, ranges, gateway, vlan_id, external_url, external_auth }) => ({
    ...{ name, purpose, network, gateway, vlan_id, external_url },
    netmask: netmask(ipv4Network(network)?.prefix ?? 32),
    ranges: ranges.map((range) => ({ ...range })),
    size: poolSize(ranges),
    // Whether there is one; never the token.
    external_token: external_auth === null ? null : '******',
  }),
  read: (body, before) => {
    const { external_token, ...given } = body;
    const after = { ranges: [], gateway: null, ...before, ...given } as unknown as IpPoolRecord;
    const problem = poolProblem(after);
    if (problem !== null) throw serviceError('InvalidParameterValue', { why: problem });
    const external_auth =
      external_token === undefined
        ? {}
        : { external_auth: external_token === null ? null : { token: external_token } };
    return { ...given, ...external_auth } as Partial<IpPoolRecord>;
  },
};

const ADDRESS: Resource<IpAddressRecord> = {
  kind: 'Address',
  collection: 'addresses',
  param: 'address',
  table: (store) => store.ip_addresses,
  rules: RULES,
  filters: ['pool_uuid', 'state', 'holder', 'address'],
  searched: ['address', 'holder', 'note'],
  sorted: { address: 'address_number' },
  view: ({ pool_uuid, address, state, holder, note }) => ({ pool_uuid, address, state, holder, note }),
  read: (body) => body as Partial<IpAddressRecord>,
};

/** Gives the holder a free address, or tells the one that it has. @throws InvalidParameterValue, NoFreeAddress */
async function allocated(request: ApiRequest, api: LifecycleApi, pool: IpPoolRecord): Promise<Reply> {
  const { holder, note = null } = request.body as JsonObject;
  if (typeof holder !== 'string' || note !== null)
    throw serviceError('InvalidParameterValue', {
      why: 'Without an address one is chosen: that needs a holder, and takes no note.',
    });
  const given = await api.conductor.allocateAddress(pool, holder.toLowerCase());
  const detail = { uuid: given.uuid, address: given.address, holder: given.holder };
  await api.store.transaction((tables) =>
    auditServer(tables, api, null, request.caller, 'address-allocate', detail),
  );
  return { status: 201, body: shown(ADDRESS, given) };
}

export const IPAM_HANDLERS: Readonly<Record<string, LifecycleHandler>> = {
  ...plainHandlers('pools', POOL),
  /** GET /v1/pools/{pool}: with how many of its addresses are taken. */
  'lifecycle.pools.show': async (request, api) => {
    api.policy.authorize(RULES.read, {}, request.caller);
    const pool = await findRecord(api, request, POOL);
    const { ip_addresses } = api.store;
    const [used, reserved, fixed] = await Promise.all(
      (['used', 'reserved', 'static'] as const).map((state) =>
        ip_addresses.count({ pool_uuid: pool.uuid, state }),
      ),
    );
    const taken = (used ?? 0) + (reserved ?? 0) + (fixed ?? 0);
    const free = Math.max(0, poolSize(pool.ranges) - taken);
    const counts = { used: used ?? 0, reserved: reserved ?? 0, static: fixed ?? 0, free };
    return { status: 200, body: { ...shown(POOL, pool), counts } };
  },
  'lifecycle.addresses.list': async (request, api) => {
    api.policy.authorize(RULES.read, {}, request.caller);
    return listPage(request, api, ADDRESS);
  },
  /** POST /v1/addresses: keeps an address from being given out, gives it to one server for good, or chooses one. */
  'lifecycle.addresses.create': async (request, api) => {
    api.policy.authorize(RULES.write, {}, request.caller);
    const body = request.body as JsonObject;
    const { pool: ident, address, holder = null, note = null } = body;
    const pool = await findRecord(api, { params: { pool: String(ident) } }, POOL);
    if (address === undefined) return allocated(request, api, pool);
    if (!isInNetwork(pool.network, String(address)))
      throw serviceError('InvalidParameterValue', {
        why: `address: ${String(address)} is no address of ${pool.network}.`,
      });
    const made = await createRecord(request, api, ADDRESS, {
      pool_uuid: pool.uuid,
      address: String(address),
      holder: holder === null ? null : String(holder).toLowerCase(),
      note: note === null ? null : String(note),
      state: holder === null ? 'reserved' : 'static',
    });
    return { status: 201, body: shown(ADDRESS, made) };
  },
  /** DELETE /v1/addresses/{address}: it is free again. One that a node has is not. */
  'lifecycle.addresses.delete': async (request, api) => {
    api.policy.authorize(RULES.write, {}, request.caller);
    const record = await findRecord(api, request, ADDRESS);
    if (record.holder !== null && record.state === 'used' && (await api.store.nodes.get(record.holder)))
      throw serviceError('Conflict', {
        why: `Address ${record.address} is that of node ${record.holder}: it is free when the node is deleted.`,
      });
    return deleteRecord(request, api, ADDRESS, record);
  },
};
