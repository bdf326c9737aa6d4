import { putU16, putU32 } from '../../drivers/ipmi/codec/bytes.ts';
import { FIRST_RECORD, LAST_RECORD, SEL_RECORD_LENGTH } from '../../drivers/ipmi/commands/get-sel-entry.ts';

const MAX_ENTRIES = 512;
const SYSTEM_EVENT = 0x02;

export interface SelEvent {
  sensor_type: number;
  sensor_number: number;
  /** IPMI v2.0 table 42-1; 6Fh: the sensor's own. */
  event_type: number;
  asserted: boolean;
  data: readonly [number, number, number];
}

/** The system event log of one BMC. IPMI v2.0 31, 32 */
export class SystemEventLog {
  #records: Uint8Array[] = [];
  #next_id = 1;
  reservation_id = 0;
  overflow = false;
  last_add_s = 0;
  last_erase_s = 0;

  get entries(): number {
    return this.#records.length;
  }

  get free_bytes(): number {
    return (MAX_ENTRIES - this.#records.length) * SEL_RECORD_LENGTH;
  }

  add(event: SelEvent, now_s: number): void {
    if (this.#records.length >= MAX_ENTRIES) {
      this.overflow = true;
      return;
    }
    const record = new Uint8Array(SEL_RECORD_LENGTH);
    putU16(record, 0, this.#next_id);
    record[2] = SYSTEM_EVENT;
    putU32(record, 3, now_s);
    record.set([0x20, 0, 0x04, event.sensor_type, event.sensor_number], 7);
    record.set([(event.asserted ? 0 : 0x80) | event.event_type, ...event.data], 12);
    this.#records.push(record);
    this.#next_id = (this.#next_id % (LAST_RECORD - 1)) + 1;
    this.last_add_s = now_s;
    this.reservation_id = 0;
  }

  /** A record and the id of the next one; null: no such record. */
  get(record_id: number): { record: Uint8Array; next_record_id: number } | null {
    const last = this.#records.length - 1;
    const at =
      record_id === FIRST_RECORD
        ? 0
        : record_id === LAST_RECORD
          ? last
          : this.#records.findIndex((each) => idOf(each) === record_id);
    const record = this.#records[at];
    if (record === undefined) return null;
    const next = this.#records[at + 1];
    return { record, next_record_id: next === undefined ? LAST_RECORD : idOf(next) };
  }

  clear(now_s: number): void {
    this.#records = [];
    this.overflow = false;
    this.last_erase_s = now_s;
    this.reservation_id = 0;
  }
}

function idOf(record: Uint8Array): number {
  return (record[0] ?? 0) | ((record[1] ?? 0) << 8);
}
