import { type CallOptions, DriverError } from '../contract.ts';
import { u8 } from './codec/bytes.ts';
import { isFlaw } from './codec/flaw.ts';
import { decodeSensorRecord, SDR_HEADER_LENGTH, type SensorRecord } from './codec/sdr-record.ts';
import { COMPLETION_CODE } from './codec/status-codes.ts';
import { getSdr, WHOLE_SDR } from './commands/get-sdr.ts';
import { getSdrRepositoryInfo } from './commands/get-sdr-repository-info.ts';
import { FIRST_RECORD, LAST_RECORD } from './commands/get-sel-entry.ts';
import { reserveSdrRepository } from './commands/reserve-sdr-repository.ts';
import { CompletionError } from './completion-error.ts';
import type { Controller } from './controller.ts';

/** Bytes of a partial read that every BMC can answer. */
const CHUNK = 16;
/** A repository that changes all the time is given up on. */
const RESERVATIONS = 5;

/** Reads all sensor records of the SDR repository, in its order. @throws DriverError */
export async function readSensorRecords(bmc: Controller, left: () => CallOptions): Promise<SensorRecord[]> {
  const { records } = await bmc.execute(getSdrRepositoryInfo, {}, left());
  const reader = new RecordReader(bmc, left);
  const sensors: SensorRecord[] = [];
  const seen = new Set<number>();
  let record_id = FIRST_RECORD;
  while (records > 0 && record_id !== LAST_RECORD) {
    if (seen.has(record_id))
      throw new DriverError('rejected', `${bmc.name}: the sensor records of the BMC run in a circle.`);
    seen.add(record_id);
    const { bytes, next_record_id } = await reader.read(record_id);
    const sensor = decodeSensorRecord(bytes);
    // A record that makes no sense costs its own sensor only.
    if (sensor !== null && !isFlaw(sensor)) sensors.push(sensor);
    record_id = next_record_id;
  }
  return sensors;
}

interface RawRecord {
  bytes: Uint8Array;
  next_record_id: number;
}

/** Whole records at once as long as the BMC can, else in pieces. IPMI v2.0 33.12 */
class RecordReader {
  readonly #bmc: Controller;
  readonly #left: () => CallOptions;
  #in_pieces = false;
  #reservation_id: number | null = null;

  constructor(bmc: Controller, left: () => CallOptions) {
    this.#bmc = bmc;
    this.#left = left;
  }

  async read(record_id: number): Promise<RawRecord> {
    if (!this.#in_pieces) {
      const whole = await this.#readWhole(record_id);
      if (whole !== null) return whole;
      this.#in_pieces = true;
    }
    for (let tries = 1; ; tries++) {
      try {
        return await this.#readPieces(record_id);
      } catch (error) {
        const cancelled =
          error instanceof CompletionError && error.completion_code === COMPLETION_CODE.reservationCancelled;
        if (!cancelled || tries >= RESERVATIONS) throw error;
        this.#reservation_id = null;
      }
    }
  }

  /** null: this BMC does not do it. */
  async #readWhole(record_id: number): Promise<RawRecord | null> {
    try {
      const request = { reservation_id: 0, record_id, offset: 0, length: WHOLE_SDR };
      const record = await this.#bmc.execute(getSdr, request, this.#left());
      return record.bytes.length >= lengthOf(record.bytes) ? record : null;
    } catch (error) {
      if (error instanceof CompletionError && error.completion_code !== COMPLETION_CODE.notPresent)
        return null;
      throw error;
    }
  }

  async #readPieces(record_id: number): Promise<RawRecord> {
    this.#reservation_id ??= (await this.#bmc.execute(reserveSdrRepository, {}, this.#left())).reservation_id;
    const reservation_id = this.#reservation_id;
    const piece = (offset: number, length: number) =>
      this.#bmc.execute(getSdr, { reservation_id, record_id, offset, length }, this.#left());
    const head = await piece(0, SDR_HEADER_LENGTH);
    const bytes = new Uint8Array(lengthOf(head.bytes));
    bytes.set(head.bytes.subarray(0, SDR_HEADER_LENGTH));
    for (let offset = SDR_HEADER_LENGTH; offset < bytes.length; ) {
      const wanted = Math.min(CHUNK, bytes.length - offset);
      const { bytes: got } = await piece(offset, wanted);
      if (got.length === 0 || got.length > wanted)
        throw new DriverError('rejected', `${this.#bmc.name}: the BMC gives sensor records in wrong pieces.`);
      bytes.set(got, offset);
      offset += got.length;
    }
    return { bytes, next_record_id: head.next_record_id };
  }
}

function lengthOf(record: Uint8Array): number {
  return SDR_HEADER_LENGTH + u8(record, 4);
}
