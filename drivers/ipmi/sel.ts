import { type CallOptions, DriverError, type LogEntry } from '../contract.ts';
import { u8, u16, u32 } from './codec/bytes.ts';
import { COMPLETION_CODE } from './codec/status-codes.ts';
import { FIRST_RECORD, getSelEntry, LAST_RECORD, SEL_RECORD_LENGTH } from './commands/get-sel-entry.ts';
import { getSelInfo } from './commands/get-sel-info.ts';
import { CompletionError } from './completion-error.ts';
import type { Controller } from './controller.ts';
import { eventWords, sensorTypeName } from './sensor-words.ts';

/** Record types. IPMI v2.0 32.1 to 32.3 */
const SYSTEM_EVENT = 0x02;
const FIRST_OEM_TIMESTAMPED = 0xc0;
const FIRST_OEM_PLAIN = 0xe0;
/** Times before this are seconds since the BMC's start: it did not know the date. IPMI v2.0 37.1 */
const FIRST_DATE_S = 0x2000_0000;
const UNSPECIFIED_TIME_S = 0xffff_ffff;

/** Reads the whole system event log, oldest entry first. @throws DriverError */
export async function readSel(bmc: Controller, left: () => CallOptions): Promise<LogEntry[]> {
  const { entries } = await bmc.execute(getSelInfo, {}, left());
  const log: LogEntry[] = [];
  const seen = new Set<number>();
  let record_id = FIRST_RECORD;
  while (entries > 0 && record_id !== LAST_RECORD) {
    if (seen.has(record_id))
      throw new DriverError('rejected', `${bmc.name}: the event log of the BMC runs in a circle. Clear it.`);
    seen.add(record_id);
    const request = { reservation_id: 0, record_id, offset: 0, length: SEL_RECORD_LENGTH };
    try {
      const { record, next_record_id } = await bmc.execute(getSelEntry, request, left());
      if (record.length === SEL_RECORD_LENGTH) log.push(decodeSelRecord(record));
      record_id = next_record_id;
    } catch (error) {
      // Cleared while it was read.
      if (error instanceof CompletionError && error.completion_code === COMPLETION_CODE.notPresent) break;
      throw error;
    }
  }
  return log;
}

/** One SEL record in words. IPMI v2.0 32 */
export function decodeSelRecord(record: Uint8Array): LogEntry {
  const type = u8(record, 2);
  const raw = Buffer.from(record).toString('hex');
  const id = u16(record, 0);
  if (type >= FIRST_OEM_PLAIN)
    return { id, timestamp_s: null, message: `OEM record ${hex(type)}: ${raw.slice(6)}`, raw };
  const timestamp_s = timeOf(u32(record, 3));
  if (type >= FIRST_OEM_TIMESTAMPED)
    return { id, timestamp_s, message: `OEM record ${hex(type)}: ${raw.slice(14)}`, raw };
  if (type !== SYSTEM_EVENT)
    return { id, timestamp_s, message: `Record of unknown type ${hex(type)}: ${raw.slice(6)}`, raw };
  const sensor_type = u8(record, 10);
  const number = u8(record, 11);
  const asserted = (u8(record, 12) & 0x80) === 0;
  const event = eventWords(u8(record, 12) & 0x7f, sensor_type, u8(record, 13) & 0x0f);
  const direction = asserted ? 'asserted' : 'deasserted';
  return {
    id,
    timestamp_s,
    message: `${sensorTypeName(sensor_type)} ${hex(number)}: ${event} (${direction})`,
    raw,
  };
}

function timeOf(seconds: number): number | null {
  return seconds < FIRST_DATE_S || seconds === UNSPECIFIED_TIME_S ? null : seconds;
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
