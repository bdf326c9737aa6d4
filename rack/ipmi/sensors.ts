import { putU16 } from '../../drivers/ipmi/codec/bytes.ts';
import type { SensorReading } from '../../drivers/ipmi/commands/get-sensor-reading.ts';

/** The sensors that every stand-in has. Readings follow the power of the server. */

interface SensorFacts {
  number: number;
  name: string;
  /** IPMI v2.0 table 42-3 */
  sensor_type: number;
  /** IPMI v2.0 43.14 */
  entity_id: number;
  entity_instance: number;
  /** IPMI v2.0 43.17 */
  unit: number;
  /** Value = M × raw × 10^exponent. */
  m: number;
  exponent: number;
  /** Raw values: lower critical, lower non-critical, upper non-critical, upper critical. */
  thresholds: readonly [number, number, number, number];
  reading: { on: number; off: number };
  /** Nothing to read while the server is off. */
  needs_power: boolean;
}

/** Non-critical and critical thresholds on both sides. */
const READABLE = 0b011011;

const TEMPERATURE = 0x01;
const VOLTAGE = 0x02;
const FAN = 0x04;
const POWER_SUPPLY = 0x08;

const SENSORS: readonly SensorFacts[] = [
  {
    number: 1,
    name: 'Inlet Temp',
    sensor_type: TEMPERATURE,
    entity_id: 0x37,
    entity_instance: 1,
    unit: 1,
    m: 1,
    exponent: 0,
    thresholds: [2, 5, 40, 45],
    reading: { on: 24, off: 21 },
    needs_power: false,
  },
  {
    number: 2,
    name: 'CPU1 Temp',
    sensor_type: TEMPERATURE,
    entity_id: 0x03,
    entity_instance: 1,
    unit: 1,
    m: 1,
    exponent: 0,
    thresholds: [3, 8, 90, 95],
    reading: { on: 47, off: 0 },
    needs_power: true,
  },
  {
    number: 3,
    name: 'Fan1',
    sensor_type: FAN,
    entity_id: 0x1d,
    entity_instance: 1,
    unit: 18,
    m: 12,
    exponent: 1,
    thresholds: [5, 8, 200, 220],
    reading: { on: 60, off: 0 },
    needs_power: true,
  },
  {
    number: 4,
    name: '12V',
    sensor_type: VOLTAGE,
    entity_id: 0x07,
    entity_instance: 1,
    unit: 4,
    m: 6,
    exponent: -2,
    thresholds: [180, 185, 215, 220],
    reading: { on: 201, off: 0 },
    needs_power: true,
  },
  {
    number: 5,
    name: 'PSU1 Power',
    sensor_type: POWER_SUPPLY,
    entity_id: 0x0a,
    entity_instance: 1,
    unit: 6,
    m: 4,
    exponent: 0,
    thresholds: [0, 0, 200, 220],
    reading: { on: 62, off: 3 },
    needs_power: false,
  },
];

/** The SDR repository: one full record per sensor, then the locators of FRU 0 and of the BMC. Ids count from 1. */
export const SDR_RECORDS: readonly Uint8Array[] = [
  ...SENSORS.map(fullRecord),
  fruLocator(SENSORS.length + 1),
  controllerLocator(SENSORS.length + 2),
];

/** null: there is no such sensor. IPMI v2.0 35.14 */
export function readSensor(number: number, power: 'on' | 'off'): SensorReading | null {
  const sensor = SENSORS.find((each) => each.number === number);
  if (sensor === undefined) return null;
  const raw = sensor.reading[power];
  return {
    raw,
    scanning: true,
    unavailable: sensor.needs_power && power === 'off',
    states: thresholdStates(sensor, raw),
  };
}

/** Thresholds of a sensor as Get Sensor Thresholds answers. null: no such sensor. IPMI v2.0 35.9 */
export function sensorThresholds(number: number): Uint8Array | null {
  const sensor = SENSORS.find((each) => each.number === number);
  if (sensor === undefined) return null;
  const [lower_critical, lower, upper, upper_critical] = sensor.thresholds;
  return Uint8Array.of(READABLE, lower, lower_critical, 0, upper, upper_critical, 0);
}

function thresholdStates({ thresholds: [lc, lnc, unc, uc] }: SensorFacts, raw: number): number {
  return (
    (raw <= lnc && lnc > 0 ? 0x01 : 0) |
    (raw <= lc && lc > 0 ? 0x02 : 0) |
    (raw >= unc ? 0x08 : 0) |
    (raw >= uc ? 0x10 : 0)
  );
}

/** IPMI v2.0 43.1 */
function fullRecord(sensor: SensorFacts, index: number): Uint8Array {
  const [lower_critical, lower, upper, upper_critical] = sensor.thresholds;
  const record = new Uint8Array(48 + sensor.name.length);
  putHeader(record, index + 1, 0x01);
  record.set([0x20, 0, sensor.number, sensor.entity_id, sensor.entity_instance], 5);
  record.set([0x7f, 0x68, sensor.sensor_type, 0x01], 10);
  putU16(record, 14, 0x0a95); // lower thresholds that make events
  putU16(record, 16, 0x0a95);
  putU16(record, 18, READABLE); // readable, none settable
  record.set([0, sensor.unit, 0, 0, sensor.m, 0, 0, 0, 0, (sensor.exponent & 0x0f) << 4], 20);
  record.set([0x01, sensor.reading.on, upper, lower, 0xff, 0], 30);
  record.set([0, upper_critical, upper, 0, lower_critical, lower, 1, 1], 36);
  putName(record, 47, sensor.name);
  return record;
}

/** IPMI v2.0 43.8 */
function fruLocator(id: number): Uint8Array {
  const name = 'System FRU';
  const record = new Uint8Array(16 + name.length);
  putHeader(record, id, 0x11);
  record.set([0x20, 0, 0x80, 0, 0, 0x10, 0, 0x07, 0x01, 0], 5);
  putName(record, 15, name);
  return record;
}

/** IPMI v2.0 43.9 */
function controllerLocator(id: number): Uint8Array {
  const name = 'BMC';
  const record = new Uint8Array(16 + name.length);
  putHeader(record, id, 0x12);
  record.set([0x20, 0, 0, 0x8f, 0, 0, 0, 0x07, 0x01, 0], 5);
  putName(record, 15, name);
  return record;
}

function putHeader(record: Uint8Array, id: number, type: number): void {
  putU16(record, 0, id);
  record[2] = 0x51;
  record[3] = type;
  record[4] = record.length - 5;
}

/** 8-bit ASCII. IPMI v2.0 43.15 */
function putName(record: Uint8Array, at: number, name: string): void {
  record[at] = 0xc0 | name.length;
  record.set(Buffer.from(name, 'latin1'), at + 1);
}
