import { DriverError } from '../contract.ts';
import type { Call } from './call.ts';
import type { RedfishClient } from './client.ts';
import { membersOf, readAll } from './collection.ts';
import {
  type Action,
  arrayIn,
  isObject,
  linkIn,
  linksIn,
  objectIn,
  type Resource,
  required,
  textIn,
  textsIn,
} from './resources.ts';

/** One server of a BMC: its ComputerSystem and what that links to. */
export interface System {
  readonly client: RedfishClient;
  /** @throws DriverError `rejected` when the BMC has several systems and none is named */
  read(call: Call): Promise<Resource>;
  /** Resources that the system's Links name, like its chassis and managers. */
  linked(call: Call, system: Resource, name: 'Chassis' | 'ManagedBy'): Promise<Resource[]>;
  /** The members of a collection; null: no link leads to one. */
  members(call: Call, collection: string | null): Promise<Resource[]>;
  /** Values that a parameter of an action takes, wherever the BMC tells them; null: it does not. */
  allowed(call: Call, action: Action, parameter: string): Promise<readonly string[] | null>;
}

/** @param system_id path of the ComputerSystem; null: the only one that the BMC has */
export function systemOf(client: RedfishClient, system_id: string | null): System {
  const findOnly = async (call: Call): Promise<string> => {
    const root = await client.root(call);
    const members = await membersOf(client, call, required(root, 'Systems', linkIn(root.body, 'Systems')));
    const [only] = members;
    if (only === undefined)
      throw new DriverError('unsupported', `${client.name}: The BMC has no system that it tells of.`);
    if (members.length > 1)
      throw new DriverError(
        'rejected',
        `${client.name}: The BMC has ${members.length} systems. Set redfish_system_id to the path of one.`,
      );
    return only;
  };
  return {
    client,
    read: async (call) => {
      if (system_id !== null) return await client.get(call, system_id);
      client.only_system ??= await findOnly(call);
      try {
        return await client.get(call, client.only_system);
      } catch (error) {
        // Its name may have changed with the firmware.
        client.only_system = null;
        throw error;
      }
    },
    linked: (call, { body }, name) => readAll(client, call, linksIn(objectIn(body, 'Links') ?? {}, name)),
    members: async (call, collection) => {
      if (collection === null) return [];
      return await readAll(client, call, await membersOf(client, call, collection));
    },
    allowed: async (call, { allowed, info }, parameter) => {
      if (allowed !== null || info === null) return allowed;
      const parameters = arrayIn((await client.get(call, info)).body, 'Parameters').filter(isObject);
      const found = parameters.find((each) => textIn(each, 'Name') === parameter);
      return found === undefined ? null : textsIn(found, 'AllowableValues');
    },
  };
}
