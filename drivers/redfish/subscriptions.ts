import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { DriverError, type PassthruMethod } from '../contract.ts';
import type { Call } from './call.ts';
import { membersOf } from './collection.ts';
import { linkIn, type Resource, required, textIn } from './resources.ts';
import type { System } from './system.ts';

/** What of a subscription is told; its HttpHeaders may be secrets. */
const FIELDS = ['Id', 'Context', 'Destination', 'EventTypes', 'Protocol'] as const;

/** Ironic's calls for event subscriptions (ironic/drivers/modules/redfish/vendor.py). */
export function subscriptionCalls(system: System): Readonly<Record<string, PassthruMethod>> {
  const { client } = system;
  const collection = async (call: Call): Promise<string> => {
    const root = await client.root(call);
    const service = await client.get(call, required(root, 'EventService', linkIn(root.body, 'EventService')));
    return required(service, 'Subscriptions', linkIn(service.body, 'Subscriptions'));
  };
  /** @throws DriverError `rejected`: there is none of this id */
  const find = async (call: Call, id: string): Promise<Resource> => {
    const paths = await membersOf(client, call, await collection(call));
    const named = (path: string): number => Number(path.split('/').at(-1) === id);
    for (const path of [...paths].sort((a, b) => named(b) - named(a))) {
      const resource = await client.get(call, path);
      if (textIn(resource.body, 'Id') === id) return resource;
    }
    throw new DriverError('rejected', `${client.name}: There is no subscription ${id}.`);
  };
  return {
    create_subscription: {
      http_methods: ['POST'],
      async: false,
      description:
        'Subscribes to events. Arguments: Destination; Context, Protocol, EventTypes, HttpHeaders.',
      call: (data, options) =>
        client.within(options, async (call) => {
          const wished = subscriptionOf(data);
          const path = await collection(call);
          const before = new Set(await membersOf(client, call, path));
          await client.post(call, path, wished);
          // Not all BMCs tell the new one with their answer.
          const made = (await membersOf(client, call, path)).find((each) => !before.has(each));
          if (made === undefined)
            throw new DriverError(
              'rejected',
              `${client.name}: The BMC took the subscription, and does not show it.`,
            );
          return factsOf(await client.get(call, made));
        }),
    },
    delete_subscription: {
      http_methods: ['DELETE'],
      async: false,
      description: 'Ends a subscription. Argument: id.',
      call: ({ id }, options) =>
        client.within(options, async (call) => {
          await client.delete(call, (await find(call, textOf('id', id))).path);
          return null;
        }),
    },
    get_subscription: {
      http_methods: ['GET'],
      async: false,
      description: 'One subscription. Argument: id.',
      call: ({ id }, options) =>
        client.within(options, async (call) => factsOf(await find(call, textOf('id', id)))),
    },
    get_all_subscriptions: {
      http_methods: ['GET'],
      async: false,
      description: 'The subscriptions of the BMC.',
      call: (_data, options) =>
        client.within(options, async (call): Promise<Json> => {
          const paths = await membersOf(client, call, await collection(call));
          return {
            Name: 'Event Subscriptions Collection',
            'Members@odata.count': paths.length,
            Members: paths.map((path) => ({ '@odata.id': path })),
          };
        }),
    },
  };
}

/** With Ironic's defaults. */
function subscriptionOf({ Destination, Context, Protocol, EventTypes, HttpHeaders }: JsonObject): object {
  return {
    Destination: urlOf('Destination', Destination),
    Context: Context === undefined ? '' : textOf('Context', Context),
    Protocol: Protocol === undefined ? 'Redfish' : textOf('Protocol', Protocol),
    EventTypes: EventTypes === undefined ? ['Alert'] : textsOf('EventTypes', EventTypes),
    ...(HttpHeaders === undefined ? {} : { HttpHeaders }),
  };
}

function factsOf({ body }: Resource): JsonObject {
  return Object.fromEntries(
    FIELDS.flatMap((field): [string, Json][] => (field in body ? [[field, body[field] as Json]] : [])),
  );
}

function textOf(name: string, value: Json | undefined): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new DriverError('rejected', `The argument ${name} must be a text that is not empty.`);
}

function urlOf(name: string, value: Json | undefined): string {
  const url = textOf(name, value);
  if (URL.canParse(url) && /^https?:/.test(url)) return url;
  throw new DriverError('rejected', `The argument ${name} must be an http or https URL.`);
}

function textsOf(name: string, value: Json): string[] {
  if (Array.isArray(value) && value.length > 0) return value.map((each) => textOf(name, each));
  throw new DriverError('rejected', `The argument ${name} must be a list of texts.`);
}
