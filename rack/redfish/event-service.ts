import type { Clock } from '../../lifecycle/clock.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { HttpClient } from '../http-client.ts';
import { type Area, type Outcome, textOf } from './area.ts';
import { collection, link, named } from './json.ts';

const SERVICE = '/redfish/v1/EventService';
const SUBSCRIPTIONS = `${SERVICE}/Subscriptions`;

const SEND_TIMEOUT_MS = 2000;

/** What has happened, in Redfish's words (DSP0268, Event). */
export interface BmcEvent {
  EventType: string;
  MessageId: string;
  Message: string;
  Severity: 'OK' | 'Warning' | 'Critical';
  /** The resource that it is about. */
  origin: string | null;
}

/** Who wants to hear of events, and is told: once, without another attempt. */
export class EventService implements Area, AsyncDisposable {
  readonly subscriptions = new Map<string, JsonObject>();
  /** What is sent with each event, by subscription. Never shown. */
  readonly #headers = new Map<string, Record<string, string>>();
  readonly #end = new AbortController();
  readonly #http = new HttpClient(this.#end.signal, SEND_TIMEOUT_MS);
  readonly #clock: Clock;
  #next_id = 1;
  #next_event = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#http[Symbol.asyncDispose]();
  }

  /** Sends an event to all whose subscription has its type. */
  tell({ origin, ...facts }: BmcEvent): void {
    const id = String(this.#next_event++);
    const record: JsonObject = {
      ...{ ...facts, EventId: id, MemberId: '0', MessageSeverity: facts.Severity },
      EventTimestamp: new Date(this.#clock.now()).toISOString(),
      ...(origin === null ? {} : { OriginOfCondition: link(origin) }),
    };
    for (const [path, { Destination, Context, EventTypes }] of this.subscriptions) {
      if (Array.isArray(EventTypes) && !EventTypes.includes(facts.EventType)) continue;
      const body = JSON.stringify({
        ...{ '@odata.type': '#Event.v1_7_0.Event', Id: id, Name: 'Event Array', Context: Context ?? '' },
        Events: [record],
      });
      const headers = { 'content-type': 'application/json', ...this.#headers.get(path) };
      // Who is not there does not hear of it.
      this.#http.send('POST', String(Destination), { headers, body }).catch(() => undefined);
    }
  }

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
    if (path === `${SERVICE}/Actions/EventService.SubmitTestEvent`)
      return {
        work: () =>
          this.tell({
            EventType: String(body.EventType ?? 'Alert'),
            MessageId: String(body.MessageId ?? 'Base.1.18.GeneralError'),
            Message: String(body.Message ?? 'A test.'),
            ...{ Severity: 'OK', origin: null },
          }),
      };
    if (path !== SUBSCRIPTIONS) return null;
    const id = String(this.#next_id++);
    const own = `${SUBSCRIPTIONS}/${id}`;
    const { EventTypes, Context, HttpHeaders, Protocol } = body;
    const made: JsonObject = {
      ...named(own, 'EventDestination.v1_14_0.EventDestination', id),
      Destination: textOf(body.Destination, 'Destination'),
      Context: textOf(Context, 'Context'),
      Protocol: textOf(Protocol, 'Protocol'),
      ...(EventTypes === undefined ? {} : { EventTypes }),
      HttpHeaders: null,
    };
    this.subscriptions.set(own, made);
    const given = Array.isArray(HttpHeaders) ? HttpHeaders : [];
    this.#headers.set(own, Object.assign({}, ...given));
    return { status: 201, headers: { location: own } };
  }

  remove(path: string): Outcome | null {
    this.#headers.delete(path);
    return this.subscriptions.delete(path) ? {} : null;
  }
}
