import type { JsonObject } from '../../lifecycle/json.ts';
import { type Area, type Outcome, textOf } from './area.ts';
import { collection, link, named } from './json.ts';

const SERVICE = '/redfish/v1/EventService';
const SUBSCRIPTIONS = `${SERVICE}/Subscriptions`;

/** Who wants to hear of events. None is sent. */
export class EventService implements Area {
  readonly subscriptions = new Map<string, JsonObject>();
  #next_id = 1;

  read(path: string): JsonObject | null {
    if (path === SERVICE)
      return {
        ...named(SERVICE, 'EventService.v1_10_0.EventService', 'EventService'),
        ServiceEnabled: true,
        EventTypesForSubscription: ['Alert', 'StatusChange'],
        Subscriptions: link(SUBSCRIPTIONS),
        Actions: {
          '#EventService.SubmitTestEvent': { target: `${SERVICE}/Actions/EventService.SubmitTestEvent` },
        },
      };
    if (path === SUBSCRIPTIONS) return collection(path, 'EventDestination', [...this.subscriptions.keys()]);
    return this.subscriptions.get(path) ?? null;
  }

  act(path: string, body: JsonObject): Outcome | null {
    if (path !== SUBSCRIPTIONS) return null;
    const id = String(this.#next_id++);
    const own = `${SUBSCRIPTIONS}/${id}`;
    const { EventTypes, Context, Protocol } = body;
    const made: JsonObject = {
      ...named(own, 'EventDestination.v1_14_0.EventDestination', id),
      Destination: textOf(body.Destination, 'Destination'),
      Context: textOf(Context, 'Context'),
      Protocol: textOf(Protocol, 'Protocol'),
      ...(EventTypes === undefined ? {} : { EventTypes }),
      HttpHeaders: null,
    };
    this.subscriptions.set(own, made);
    return { status: 201, headers: { location: own } };
  }

  remove(path: string): Outcome | null {
    return this.subscriptions.delete(path) ? {} : null;
  }
}
