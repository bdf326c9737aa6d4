import { u8, u16 } from './bytes.ts';
import type { Flaw } from './flaw.ts';
import { decodeTextField } from './text-field.ts';

/** Sensor data records of sensors: full (01h) and compact (02h). IPMI v2.0 43.1, 43.2 */

export const SDR_HEADER_LENGTH = 5;
export const SDR_TYPE = { full: 0x01, compact: 0x02 } as const;
const ID_LENGTH_MASK = 0x1f;
const THRESHOLD = 0x01;
const SENSOR_SPECIFIC = 0x6f;

/** How raw readings become numbers. IPMI v2.0 36.3 */
export interface ReadingFactors {
  /** 0 unsigned, 1 one's complement, 2 two's complement, 3 no analog reading. */
  format: number;
  m: number;
  b: number;
  b_exponent: number;
  r_exponent: number;
  /** Formula applied to the result: IPMI v2.0 table 43-1, byte 24. */
  linearization: number;
  /** In half raw counts. */
  tolerance: number;
}

export interface FullSensor {
  factors: ReadingFactors;
  /** Raw values; null: the record says that it does not specify them. */
  nominal: number | null;
  normal_max: number | null;
  normal_min: number | null;
  sensor_max: number;
  sensor_min: number;
  thresholds: { unr: number; uc: number; unc: number; lnr: number; lc: number; lnc: number };
  /** Bits 0..5: the readable thresholds lnc, lc, lnr, unc, uc, unr. */
  readable_thresholds: number;
  positive_hysteresis: number;
  negative_hysteresis: number;
}

export interface SensorRecord {
  record_id: number;
  owner_id: number;
  owner_lun: number;
  sensor_number: number;
  entity_id: number;
  entity_instance: number;
  sensor_type: number;
  event_reading_type: number;
  kind: 'threshold' | 'discrete' | 'oem';
  percentage: boolean;
  base_unit: number;
  name: string;
  /** Null: a compact record, whose readings are states. */
  full: FullSensor | null;
}

/** Decodes a whole record; null: a record of another type, which describes no sensor with a reading. */
export function decodeSensorRecord(record: Uint8Array): SensorRecord | null | Flaw {
  if (record.length < SDR_HEADER_LENGTH) return 'truncated';
  const type = u8(record, 3);
  if (type !== SDR_TYPE.full && type !== SDR_TYPE.compact) return null;
  const is_full = type === SDR_TYPE.full;
  const name_at = is_full ? 47 : 31;
  if (record.length <= name_at) return 'truncated';
  const event_reading_type = u8(record, 13);
  return {
    record_id: u16(record, 0),
    owner_id: u8(record, 5),
    owner_lun: u8(record, 6) & 3,
    sensor_number: u8(record, 7),
    entity_id: u8(record, 8),
    entity_instance: u8(record, 9) & 0x7f,
    sensor_type: u8(record, 12),
    event_reading_type,
    kind: kindOf(event_reading_type),
    percentage: (u8(record, 20) & 1) !== 0,
    base_unit: u8(record, 21),
    name: decodeTextField(record, name_at, ID_LENGTH_MASK).text,
    full: is_full ? decodeFull(record) : null,
  };
}

function kindOf(event_reading_type: number): SensorRecord['kind'] {
  if (event_reading_type === THRESHOLD) return 'threshold';
  if (event_reading_type <= 0x0c || event_reading_type === SENSOR_SPECIFIC) return 'discrete';
  return 'oem';
}

function decodeFull(record: Uint8Array): FullSensor {
  const specified = u8(record, 30);
  return {
    factors: {
      format: u8(record, 20) >> 6,
      linearization: u8(record, 23) & 0x7f,
      m: signed(u8(record, 24) | ((u8(record, 25) & 0xc0) << 2), 10),
      b: signed(u8(record, 26) | ((u8(record, 27) & 0xc0) << 2), 10),
      tolerance: u8(record, 25) & 0x3f,
      r_exponent: signed(u8(record, 29) >> 4, 4),
      b_exponent: signed(u8(record, 29) & 0x0f, 4),
    },
    nominal: (specified & 1) !== 0 ? u8(record, 31) : null,
    normal_max: (specified & 2) !== 0 ? u8(record, 32) : null,
    normal_min: (specified & 4) !== 0 ? u8(record, 33) : null,
    sensor_max: u8(record, 34),
    sensor_min: u8(record, 35),
    thresholds: {
      unr: u8(record, 36),
      uc: u8(record, 37),
      unc: u8(record, 38),
      lnr: u8(record, 39),
      lc: u8(record, 40),
      lnc: u8(record, 41),
    },
    readable_thresholds: u8(record, 18) & 0x3f,
    positive_hysteresis: u8(record, 42),
    negative_hysteresis: u8(record, 43),
  };
}

/** IPMI v2.0 table 43-1, byte 24 */
const LINEARIZATIONS: readonly ((value: number) => number)[] = [
  (value) => value,
  Math.log,
  Math.log10,
  Math.log2,
  Math.exp,
  (value) => 10 ** value,
  (value) => 2 ** value,
  (value) => 1 / value,
  (value) => value ** 2,
  (value) => value ** 3,
  Math.sqrt,
  Math.cbrt,
];

/** y = L[(Mx + B·10^K1)·10^K2]; null: no analog reading, or factors that depend on the reading. IPMI v2.0 36.3 */
export function convertReading(raw: number, factors: ReadingFactors): number | null {
  const linearize = LINEARIZATIONS[factors.linearization];
  if (factors.format === 3 || linearize === undefined) return null;
  const { m, b, b_exponent, r_exponent } = factors;
  const value = linearize((m * analog(raw, factors.format) + b * 10 ** b_exponent) * 10 ** r_exponent);
  return Number.isFinite(value) ? value : null;
}

/** The tolerance as a number in the sensor's unit. IPMI v2.0 36.4 */
export function convertTolerance(factors: ReadingFactors): number {
  const linearize = LINEARIZATIONS[factors.linearization] ?? Number;
  const value = linearize(Math.abs((factors.m * factors.tolerance) / 2) * 10 ** factors.r_exponent);
  return Number.isFinite(value) ? value : 0;
}

function analog(raw: number, format: number): number {
  if (format === 0 || raw < 0x80) return raw;
  return format === 2 ? raw - 0x100 : -(~raw & 0xff);
}

function signed(value: number, bits: number): number {
  return value >= 1 << (bits - 1) ? value - (1 << bits) : value;
}
