import type { Neighbours } from '../../../conductor/neighbours/neighbours.ts';
import type { NeutronClient } from '../../../conductor/neighbours/neutron-client.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';

/** Neutron in memory: ports by id, and a diary of what was asked. What goes over the wire is the client's own spec. */
export interface NeutronDouble {
  client: NeutronClient;
  neighbours: Neighbours;
  ports: Map<string, JsonObject>;
  /** `add net-cleaning`, `bind v1`, `unbind v1`, `delete net-cleaning`. */
  diary: string[];
  /** Physical networks of every port's network. */
  physical_networks: Set<string>;
  /** What binding:vif_type says after a binding. */
  vif_type: string;
  /** False: every request fails. */
  answers: boolean;
}

export function createNeutronDouble(vifs: readonly string[] = []): NeutronDouble {
  const double = {
    ports: new Map<string, JsonObject>(vifs.map((id) => [id, { id }])),
    diary: [] as string[],
    physical_networks: new Set<string>(),
    vif_type: 'other',
    answers: true,
  };
  let made = 0;

  function port(id: string): JsonObject {
    if (!double.answers) throw serviceError('NetworkError', { why: 'Neutron does not answer.' });
    const found = double.ports.get(id);
    if (found === undefined)
      throw serviceError('NetworkError', { why: `The Neutron port ${id} was not found.` });
    return found;
  }

  const client: NeutronClient = {
    physicalNetworks: async (id) => {
      port(id);
      return double.physical_networks;
    },
    networkId: async (name) => `id-of-${name}`,
    updatePort: async (id, attributes) => {
      Object.assign(port(id), attributes);
      if (attributes['binding:profile'] !== undefined || attributes['binding:vnic_type'] !== undefined)
        double.diary.push(`bind ${id}`);
      return double.vif_type;
    },
    setAddress: async (id, address) => {
      port(id).mac_address = address;
    },
    unbind: async (id, { reset_mac }) => {
      const found = double.ports.get(id);
      if (found === undefined) return;
      Object.assign(
        found,
        { 'binding:host_id': '', 'binding:profile': {} },
        reset_mac ? { mac_address: null } : {},
      );
      double.diary.push(`unbind ${id}`);
    },
    unbindIfBound: async (id) => {
      if (port(id)['binding:host_id']) await client.unbind(id, { reset_mac: true });
    },
    createPort: async (attributes) => {
      if (!double.answers) throw serviceError('NetworkError', { why: 'Neutron does not answer.' });
      const id = `made-${made++}`;
      double.ports.set(id, { id, ...attributes });
      double.diary.push(`add ${String(attributes.network_id)}`);
      return id;
    },
    deletePorts: async (network_id, addresses) => {
      for (const [id, found] of double.ports)
        if (found.network_id === network_id && addresses.includes(String(found.mac_address))) {
          double.ports.delete(id);
          double.diary.push(`delete ${network_id}`);
        }
    },
  };
  return Object.assign(double, { client, neighbours: { neutron: client, nova: null, glance: null } });
}
