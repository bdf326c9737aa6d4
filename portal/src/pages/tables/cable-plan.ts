import type { components } from '../../api/openapi.ts';
import { csvRows } from './csv.ts';

export type Cable = components['schemas']['cable'];
const FIELDS = ['device', 'port', 'switch_name', 'switch_port', 'note'] as const;
export type CableField = (typeof FIELDS)[number];
export type CableValues = Readonly<Record<CableField, string>>;

/** What is wrong with a line; null: nothing. Values are for its text. */
export type LineProblem =
  | { code: 'missing' | 'long'; field: CableField }
  | { code: 'columns'; count: number }
  | { code: 'twice'; other: number }
  | { code: 'quotes' };

/** A line of a file, and what it would do. */
export interface PlanLine {
  line: number;
  values: CableValues;
  problem: LineProblem | null;
  does: 'make' | 'change' | 'nothing';
  /** The cable that it changes. */
  uuid: string | null;
}

/** Heads that people write, in small letters. */
const HEADS: Readonly<Record<string, CableField>> = {
  device: 'device',
  server: 'device',
  機器: 'device',
  port: 'port',
  ポート: 'port',
  switch: 'switch_name',
  switch_name: 'switch_name',
  スイッチ: 'switch_name',
  'switch port': 'switch_port',
  switch_port: 'switch_port',
  スイッチポート: 'switch_port',
  note: 'note',
  備考: 'note',
};
const NEEDED = ['device', 'port', 'switch_name', 'switch_port'] as const;
const LONGEST = 255;

/** What a file of cables (device, port, switch, switch port, note; with or without a head) would do to the plan. Pure. */
export function readPlan(text: string, cables: readonly Cable[]): PlanLine[] {
  const { rows, broken } = csvRows(text);
  const known = new Map(cables.map((cable) => [keyOf(cable), cable]));
  const seen = new Map<string, number>();
  const heads = rows[0]?.cells.map((cell) => HEADS[cell.toLowerCase()]) ?? [];
  const has_head = NEEDED.every((field) => heads.includes(field));
  const order: readonly (CableField | undefined)[] = has_head ? heads : FIELDS;
  const lines = (has_head ? rows.slice(1) : rows).map(({ line, cells }): PlanLine => {
    const values = Object.fromEntries(
      FIELDS.map((field) => [field, cells[order.indexOf(field)] ?? '']),
    ) as Record<CableField, string>;
    const cable = known.get(keyOf(values));
    const problem = problemOf(values, cells.length, has_head ? heads.length : FIELDS.length, seen, line);
    return { line, values, problem, does: doingOf(values, cable), uuid: cable?.uuid ?? null };
  });
  if (broken === null) return lines;
  return lines.map((one) => (one.line >= broken ? { ...one, problem: { code: 'quotes' } } : one));
}

function problemOf(
  values: CableValues,
  count: number,
  most: number,
  seen: Map<string, number>,
  line: number,
): LineProblem | null {
  if (count > most) return { code: 'columns', count };
  const missing = NEEDED.find((field) => values[field] === '');
  if (missing !== undefined) return { code: 'missing', field: missing };
  const long = FIELDS.find((field) => values[field].length > LONGEST);
  if (long !== undefined) return { code: 'long', field: long };
  const other = seen.get(keyOf(values));
  if (other !== undefined) return { code: 'twice', other };
  seen.set(keyOf(values), line);
  return null;
}

function doingOf(values: CableValues, cable: Cable | undefined): PlanLine['does'] {
  if (cable === undefined) return 'make';
  return FIELDS.every((field) => (cable[field] ?? '') === values[field]) ? 'nothing' : 'change';
}

/** Of one port of a device there is one cable. */
function keyOf({ device, port }: Pick<CableValues, 'device' | 'port'>): string {
  return JSON.stringify([device, port]);
}

/** A line as the API takes it. */
export function bodyOf({ note, ...values }: CableValues): Record<string, string | null> {
  return { ...values, note: note === '' ? null : note };
}
