import { serviceError } from '../../lifecycle/errors.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { member, NeighbourError, type ServiceSession } from '../../net/service-session.ts';

/** What is asked of Neutron (Networking API v2.0). Every method throws ServiceError. */
export interface NeutronClient {
  /** The physical networks that a port's network reaches; empty: it names none. @throws NetworkError */
  physicalNetworks(port_id: string): Promise<ReadonlySet<string>>;
  /** The id of a network by id or unique name. @throws InvalidParameterValue, NetworkError */
  networkId(uuid_or_name: string): Promise<string>;
  /** The port's `binding:vif_type` afterwards. @throws NetworkError */
  updatePort(port_id: string, attributes: JsonObject): Promise<string | null>;
  /** Gives a port the MAC address of the hardware; a binding is taken off for that and put back. @throws NetworkError */
  setAddress(port_id: string, address: string): Promise<void>;
  /** Ends a port's binding to a host; no error when the port is gone. @throws NetworkError */
  unbind(port_id: string, options: { reset_mac: boolean }): Promise<void>;
  /** Ends the binding of a port that must exist, if it has one. @throws NetworkError */
  unbindIfBound(port_id: string): Promise<void>;
  /** Makes a port; resolves with its id. @throws NetworkError */
  createPort(attributes: JsonObject): Promise<string>;
  /** Deletes the ports of a network with these MAC addresses. @throws NetworkError */
  deletePorts(network_id: string, addresses: readonly string[]): Promise<void>;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function createNeutronClient(session: ServiceSession): NeutronClient {
  const request: ServiceSession['request'] = async (method, path, options) => {
    try {
      return await session.request(method, `/v2.0${path}`, options);
    } catch (error) {
      if (error instanceof NeighbourError && error.status !== 404)
        throw serviceError('NetworkError', { why: error.message });
      throw error;
    }
  };

  /** The answer, or null when what was asked for does not exist. */
  async function unlessGone(answer: Promise<Json>): Promise<Json> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof NeighbourError && error.status === 404) return null;
      throw error;
    }
  }

  async function requirePort(port_id: string): Promise<Json | undefined> {
    const port = member(await unlessGone(request('GET', `/ports/${encodeURIComponent(port_id)}`)), 'port');
    if (port === undefined)
      throw serviceError('NetworkError', { why: `The Neutron port ${port_id} was not found.` });
    return port;
  }

  async function put(port_id: string, attributes: JsonObject): Promise<Json> {
    return unlessGone(
      request('PUT', `/ports/${encodeURIComponent(port_id)}`, { body: { port: attributes } }),
    );
  }

  async function updatePort(port_id: string, attributes: JsonObject): Promise<string | null> {
    const port = member(await put(port_id, attributes), 'port');
    if (port === undefined)
      throw serviceError('NetworkError', { why: `The Neutron port ${port_id} was not found.` });
    const type = member(port, 'binding:vif_type');
    return typeof type === 'string' ? type : null;
  }

  async function unbind(port_id: string, { reset_mac }: { reset_mac: boolean }): Promise<void> {
    await put(port_id, { 'binding:host_id': '', 'binding:profile': {} });
    // A bound port may not change its address: hence after, and by itself.
    if (reset_mac) await put(port_id, { mac_address: null });
  }

  async function list(path: string, query: Record<string, string | readonly string[]>): Promise<Json[]> {
    const found = member(await request('GET', `/${path}`, { query }), path);
    return Array.isArray(found) ? found : [];
  }

  return {
    updatePort,
    unbind,

    async physicalNetworks(port_id) {
      const port = await requirePort(port_id);
      const network_id = String(member(port, 'network_id'));
      const network = member(
        await unlessGone(request('GET', `/networks/${encodeURIComponent(network_id)}`)),
        'network',
      );
      const segments = member(network, 'segments');
      if (!Array.isArray(segments)) return namesOf([network], 'provider:physical_network');
      const fixed_ips = member(port, 'fixed_ips');
      for (const ip of Array.isArray(fixed_ips) ? fixed_ips : []) {
        // A routed network: the address tells the segment.
        const subnet = await unlessGone(request('GET', `/subnets/${String(member(ip, 'subnet_id'))}`));
        const segment_id = member(member(subnet, 'subnet'), 'segment_id');
        if (typeof segment_id !== 'string') continue;
        const segment = await unlessGone(request('GET', `/segments/${segment_id}`));
        const names = namesOf([member(segment, 'segment')], 'physical_network');
        if (names.size > 0) return names;
      }
      return namesOf(segments, 'provider:physical_network');
    },

    async networkId(uuid_or_name) {
      if (UUID.test(uuid_or_name)) {
        const found = await unlessGone(request('GET', `/networks/${uuid_or_name}`));
        if (found !== null) return uuid_or_name;
      }
      const networks = await list('networks', { name: uuid_or_name });
      const id = member(networks[0], 'id');
      if (networks.length === 1 && typeof id === 'string') return id;
      throw serviceError('InvalidParameterValue', {
        why: `Neutron has ${networks.length === 0 ? 'no network' : 'several networks'} called ${uuid_or_name}.`,
      });
    },

    async setAddress(port_id, address) {
      const port = await requirePort(port_id);
      if (member(port, 'mac_address') === address) return;
      const host = member(port, 'binding:host_id');
      const bound = typeof host === 'string' && host !== '';
      if (bound) await unbind(port_id, { reset_mac: false });
      await updatePort(port_id, { mac_address: address });
      if (bound)
        await updatePort(port_id, {
          'binding:host_id': host,
          'binding:profile': member(port, 'binding:profile') ?? {},
        });
    },

    async unbindIfBound(port_id) {
      const host = member(await requirePort(port_id), 'binding:host_id');
      if (typeof host === 'string' && host !== '') await unbind(port_id, { reset_mac: true });
    },

    async createPort(attributes) {
      const made = await unlessGone(request('POST', '/ports', { body: { port: attributes } }));
      const id = member(member(made, 'port'), 'id');
      if (typeof id !== 'string')
        throw serviceError('NetworkError', { why: 'Neutron made a port without an id.' });
      return id;
    },

    async deletePorts(network_id, addresses) {
      if (addresses.length === 0) return;
      const ports = await list('ports', { network_id, mac_address: addresses, fields: 'id' });
      for (const port of ports)
        await unlessGone(request('DELETE', `/ports/${encodeURIComponent(String(member(port, 'id')))}`));
    },
  };
}

function namesOf(from: readonly (Json | undefined)[], key: string): ReadonlySet<string> {
  const names = from.map((one) => member(one, key)).filter((name) => typeof name === 'string');
  return new Set(names.filter((name) => name !== ''));
}
