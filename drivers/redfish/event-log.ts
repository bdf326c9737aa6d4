import { DriverError, type EventLog, type LogEntry } from '../contract.ts';
import type { Call } from './call.ts';
import { actionIn, arrayIn, isObject, linkIn, type Resource, required, textIn } from './resources.ts';
import type { System } from './system.ts';

/** A BMC's log has a few thousand entries at most. */
const MAX_ENTRIES = 4096;
const MAX_PAGES = 256;
const LONGEST_RAW = 2000;

/** The log of the system's hardware: its SEL, or the first log that the system or its manager has. */
export function redfishEventLog(system: System): EventLog {
  const { client } = system;
  const find = async (call: Call): Promise<Resource> => {
    const resource = await system.read(call);
    const managers = await system.linked(call, resource, 'ManagedBy');
    const logs: Resource[] = [];
    for (const { body } of [resource, ...managers])
      logs.push(...(await system.members(call, linkIn(body, 'LogServices'))));
    const sel = logs.find(
      ({ body }) => textIn(body, 'LogEntryType') === 'SEL' || /^sel$/i.test(textIn(body, 'Id') ?? ''),
    );
    const found = sel ?? logs[0];
    if (found !== undefined) return found;
    throw new DriverError('unsupported', `${client.name}: The BMC has no event log.`);
  };
  return {
    read: (options) =>
      client.within(options, async (call) => {
        const log = await find(call);
        const entries: Record<string, unknown>[] = [];
        let page: string | null = required(log, 'Entries', linkIn(log.body, 'Entries'));
        for (let pages = 0; page !== null; pages += 1) {
          if (pages > MAX_PAGES || entries.length > MAX_ENTRIES)
            throw new DriverError('unsupported', `${client.name}: The event log has no end.`);
          const { body }: Resource = await client.get(call, page);
          for (const member of arrayIn(body, 'Members').filter(isObject))
            entries.push(await wholeEntry(system, call, member));
          page = textIn(body, 'Members@odata.nextLink');
        }
        return entries.map(entryOf);
      }),
    clear: (options) =>
      client.within(options, async (call) => {
        const log = await find(call);
        const action = required(
          log,
          '#LogService.ClearLog',
          actionIn(log, 'LogService.ClearLog', 'LogEntriesETag'),
        );
        await client.post(call, action.target, {});
      }),
  };
}

/** Most BMCs tell entries whole in the list. */
async function wholeEntry(
  { client }: System,
  call: Call,
  member: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const link = textIn(member, '@odata.id');
  if ('Message' in member || 'Created' in member || link === null) return member;
  return (await client.get(call, link)).body;
}

function entryOf(entry: Record<string, unknown>, index: number): LogEntry {
  const id = Number(textIn(entry, 'Id') ?? Number.NaN);
  const created = Date.parse(textIn(entry, 'Created') ?? textIn(entry, 'EventTimestamp') ?? '');
  return {
    id: Number.isInteger(id) ? id : index + 1,
    timestamp_s: Number.isNaN(created) ? null : Math.floor(created / 1000),
    message: textIn(entry, 'Message') ?? textIn(entry, 'MessageId') ?? '',
    raw: JSON.stringify(entry).slice(0, LONGEST_RAW),
  };
}
