import type { JsonObject } from './json.ts';

/** One sensor now, the same for every kind of BMC. */
export interface SensorReading {
  /** Temperature, Fan, Voltage, Power …: the kind as the BMC tells it. */
  kind: string;
  name: string;
  /** null: it has states, no number. */
  value: number | null;
  /** `degrees C`, `RPM`; '': none. */
  unit: string;
  /** `ok`, or what is wrong, or the states that it tells; null: it tells none. */
  state: string | null;
}

/** @param data sensor kind → sensor name → fields, as drivers read them (Ironic's notifications). Pure. */
export function sensorReadings(data: Readonly<Record<string, Record<string, JsonObject>>>): SensorReading[] {
  return Object.entries(data).flatMap(([kind, sensors]) =>
    Object.entries(sensors).map(([name, fields]) =>
      'Sensor ID' in fields ? ofIpmi(kind, fields) : ofRedfish(kind, name, fields),
    ),
  );
}

/** `23 (+/- 0) degrees C`, in the words of `ipmitool -v sdr`. */
function ofIpmi(kind: string, fields: JsonObject): SensorReading {
  const name = String(fields['Sensor ID']).replace(/ \(0x[\da-f]+\)$/i, '');
  const [, number, unit] =
    /^(-?[\d.]+) \(\+\/- [\d.]+\) ?(.*)$/.exec(String(fields['Sensor Reading'] ?? '')) ?? [];
  const state = text(fields.Status) ?? text(fields['States Asserted']);
  return { kind, name, value: number === undefined ? null : Number(number), unit: unit ?? '', state };
}

/** Where the number stands, and what it counts. */
const NUMBERS = [
  ['reading_celsius', 'degrees C'],
  ['reading', ''],
  ['line_input_voltage', 'Volts'],
] as const;

function ofRedfish(kind: string, name: string, fields: JsonObject): SensorReading {
  const [field, unit] = NUMBERS.find(([one]) => typeof fields[one] === 'number') ?? [null, ''];
  const health = text(fields.health);
  return {
    ...{ kind, name },
    value: field === null ? null : Number(fields[field]),
    unit: field === null ? '' : unit === '' ? (text(fields.reading_units) ?? '') : unit,
    state: health === 'OK' ? 'ok' : (health ?? text(fields.state)),
  };
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
