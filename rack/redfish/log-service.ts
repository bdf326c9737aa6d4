import type { JsonObject } from '../../lifecycle/json.ts';
import type { Machine, MachineEvent } from '../machine.ts';
import type { Area, Outcome } from './area.ts';
import { collection, link, named } from './json.ts';

/** Entries of a page. */
const PAGE = 10;

/** The system event log: what happened to the server since it was cleared, page by page. */
export class LogService implements Area {
  readonly #machine: Machine;
  readonly #collection: string;
  readonly #cleared = new WeakSet<MachineEvent>();

  /** @param collection path of the collection that the log is the only member of. */
  constructor(machine: Machine, collection: string) {
    this.#machine = machine;
    this.#collection = collection;
  }

  read(path: string): JsonObject | null {
    const log = `${this.#collection}/SEL`;
    if (path === this.#collection) return collection(path, 'LogService', [log]);
    if (path === log)
      return {
        ...named(path, 'LogService.v1_5_1.LogService', 'SEL'),
        LogEntryType: 'SEL',
        ServiceEnabled: true,
        Entries: link(`${log}/Entries`),
        Actions: { '#LogService.ClearLog': { target: `${log}/Actions/LogService.ClearLog` } },
      };
    const page = /^\/Entries(?:\/from-(\d+))?$/.exec(path.startsWith(log) ? path.slice(log.length) : '');
    if (page !== null) return this.#page(`${log}/Entries`, Number(page[1] ?? 0));
    const entry = this.#entries(`${log}/Entries`).find((each) => each['@odata.id'] === path);
    return entry ?? null;
  }

  act(path: string): Outcome | null {
    if (path !== `${this.#collection}/SEL/Actions/LogService.ClearLog`) return null;
    return {
      work: () => {
        for (const event of this.#machine.events) this.#cleared.add(event);
      },
    };
  }

  #page(path: string, from: number): JsonObject {
    const entries = this.#entries(path);
    return {
      ...collection(path, 'LogEntry', []),
      'Members@odata.count': entries.length,
      Members: entries.slice(from, from + PAGE),
      ...(from + PAGE < entries.length ? { 'Members@odata.nextLink': `${path}/from-${from + PAGE}` } : {}),
    };
  }

  #entries(path: string): JsonObject[] {
    return this.#machine.events
      .filter((event) => !this.#cleared.has(event))
      .map(({ at_ms, event, detail }, index) => ({
        ...named(`${path}/${index + 1}`, 'LogEntry.v1_16_0.LogEntry', String(index + 1)),
        EntryType: 'SEL',
        Created: new Date(at_ms).toISOString(),
        Severity: 'OK',
        Message: detail === '' ? event : `${event}: ${detail}`,
      }));
  }
}
