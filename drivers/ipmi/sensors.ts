import type { JsonObject } from '../../lifecycle/json.ts';
import type { CallOptions, SensorData } from '../contract.ts';
import { BMC_ADDRESS } from './codec/message.ts';
import { convertReading, convertTolerance, type FullSensor, type SensorRecord } from './codec/sdr-record.ts';
import { getSensorReading, type SensorReading } from './commands/get-sensor-reading.ts';
import { CompletionError } from './completion-error.ts';
import type { Controller } from './controller.ts';
import { readSensorRecords } from './sdr.ts';
import { entityName, eventWords, sensorTypeName, unitName } from './sensor-words.ts';

/**
 * Reads all sensors of the BMC that have a reading now, in the shape of Ironic's notification: the words are those of
 * `ipmitool -v sdr`, which Ironic's consumers know. @throws DriverError
 */
export async function readSensors(bmc: Controller, left: () => CallOptions): Promise<SensorData> {
  const data: SensorData = {};
  for (const sensor of await readSensorRecords(bmc, left)) {
    // Sensors behind other controllers would need bridging.
    if (sensor.owner_id !== BMC_ADDRESS || sensor.owner_lun !== 0) continue;
    const reading = await readSensor(bmc, sensor, left());
    if (reading === null) continue;
    const fields = describeSensor(sensor, reading);
    if (fields === null) continue;
    const group = firstWord(sensorTypeName(sensor.sensor_type));
    data[group] ??= {};
    data[group][sensorId(sensor)] = fields;
  }
  return data;
}

async function readSensor(
  bmc: Controller,
  sensor: SensorRecord,
  options: CallOptions,
): Promise<SensorReading | null> {
  try {
    const { sensor_number } = sensor;
    const reading = await bmc.execute(getSensorReading, { sensor_number }, options);
    return reading.scanning && !reading.unavailable ? reading : null;
  } catch (error) {
    // The record tells of a sensor that is not there: an empty slot.
    if (error instanceof CompletionError) return null;
    throw error;
  }
}

/** The fields of one sensor; null: it has no reading that can be told. */
export function describeSensor(sensor: SensorRecord, reading: SensorReading): JsonObject | null {
  const type = `${sensorTypeName(sensor.sensor_type)} (${hex(sensor.sensor_type, 2)})`;
  const head = {
    'Sensor ID': sensorId(sensor),
    'Entity ID': `${sensor.entity_id}.${sensor.entity_instance} (${entityName(sensor.entity_id)})`,
  };
  if (sensor.kind !== 'threshold' || sensor.full === null)
    return {
      ...head,
      'Sensor Type (Discrete)': type,
      'Sensor Reading': `${reading.raw.toString(16)}h`,
      'States Asserted': assertedStates(sensor, reading).join(', '),
    };
  const { factors } = sensor.full;
  const value = convertReading(reading.raw, factors);
  if (value === null) return null;
  const digits = Number.isInteger(value) ? 0 : 3;
  const unit = `${sensor.percentage ? '% ' : ''}${unitName(sensor.base_unit)}`;
  return {
    ...head,
    'Sensor Type (Threshold)': type,
    'Sensor Reading': `${value.toFixed(digits)} (+/- ${convertTolerance(factors).toFixed(digits)}) ${unit}`,
    Status: thresholdStatus(reading.states),
    ...thresholdFields(sensor.full),
  };
}

/** Bits of the reading's comparison, the worst first. IPMI v2.0 35.14 */
const STATUSES = [
  [0x04, 'Lower Non-Recoverable'],
  [0x20, 'Upper Non-Recoverable'],
  [0x02, 'Lower Critical'],
  [0x10, 'Upper Critical'],
  [0x01, 'Lower Non-Critical'],
  [0x08, 'Upper Non-Critical'],
] as const;

function thresholdStatus(states: number): string {
  return STATUSES.find(([bit]) => (states & bit) !== 0)?.[1] ?? 'ok';
}

/** Bit of `readable_thresholds` and ipmitool's word. */
const THRESHOLDS = [
  ['unr', 0x20, 'Upper non-recoverable'],
  ['uc', 0x10, 'Upper critical'],
  ['unc', 0x08, 'Upper non-critical'],
  ['lnr', 0x04, 'Lower non-recoverable'],
  ['lc', 0x02, 'Lower critical'],
  ['lnc', 0x01, 'Lower non-critical'],
] as const;

function thresholdFields(full: FullSensor): JsonObject {
  const fields: JsonObject = {};
  const put = (name: string, raw: number | null): void => {
    const value = raw === null ? null : convertReading(raw, full.factors);
    if (value !== null) fields[name] = value.toFixed(3);
  };
  put('Nominal Reading', full.nominal);
  put('Normal Minimum', full.normal_min);
  put('Normal Maximum', full.normal_max);
  for (const [key, bit, name] of THRESHOLDS)
    if ((full.readable_thresholds & bit) !== 0) put(name, full.thresholds[key]);
  return fields;
}

function assertedStates(sensor: SensorRecord, reading: SensorReading): string[] {
  const states: string[] = [];
  for (let offset = 0; offset < 15; offset++)
    if ((reading.states & (1 << offset)) !== 0)
      states.push(eventWords(sensor.event_reading_type, sensor.sensor_type, offset));
  return states;
}

function sensorId(sensor: SensorRecord): string {
  return `${sensor.name} (${hex(sensor.sensor_number, 1)})`;
}

/** Ironic groups by the first word of the type: `Power Supply (0x08)` is in `Power`. */
function firstWord(words: string): string {
  return words.split(' ', 1)[0] ?? words;
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}
