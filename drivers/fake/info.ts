import type { JsonObject } from '../../lifecycle/json.ts';
import type { DriverErrorCode, DriverProperty, ParsedInfo } from '../contract.ts';

/** The driver_info properties of `fake-hardware`. */
export const FAKE_PROPERTIES = {
  fake_id: {
    description: 'Key of the server in memory: nodes with the same key share one. Default: the node itself.',
  },
  fake_power_delay: {
    description: 'Seconds that each power call takes: "2", or "1,3" for a random time between two bounds.',
  },
  fake_management_delay: { description: 'Seconds that each management call takes, written like the other.' },
  fake_console_delay: { description: 'Seconds that each console call takes, written like the others.' },
  fake_bios_delay: { description: 'Seconds that reading the BIOS takes, written like the others.' },
  fake_firmware_delay: { description: 'Seconds that reading the firmware takes, written like the others.' },
  fake_power_failure: {
    description:
      'How power calls fail: unreachable, unauthorized, unsupported, rejected, busy or timeout; ' +
      '"busy:2" fails the first two calls only.',
  },
  fake_management_failure: { description: 'How management calls fail, written like the other.' },
  fake_console_failure: { description: 'How console calls fail, written like the others.' },
  fake_raid_delay: { description: 'Seconds that each RAID call takes, written like the others.' },
  fake_bios_failure: { description: 'How reading the BIOS fails, written like the others.' },
  fake_firmware_failure: { description: 'How reading the firmware fails, written like the others.' },
  fake_raid_failure: { description: 'How RAID calls fail, written like the others.' },
  fake_task_delay: {
    description:
      'Seconds that the BMC goes on with BIOS, RAID, firmware and erasure work after it has answered.',
  },
  fake_address: {
    description: "Address of the BMC. When given, the BMC answers only while it is the BMC's own.",
  },
  fake_username: { description: 'Account of the BMC. When given, the BMC checks it and the password.' },
  fake_password: { description: 'Password of that account.', secret: true },
} as const satisfies Record<string, DriverProperty>;

/** Calls that may be slow or fail on their own. */
export const FAKE_AREAS = ['power', 'management', 'console', 'bios', 'firmware', 'raid'] as const;
export type FakeArea = (typeof FAKE_AREAS)[number];

export interface FakeFailure {
  code: DriverErrorCode;
  /** The first `times` calls fail; Infinity = all. */
  times: number;
}

export interface FakeInfo {
  /** null: the node's own server. */
  id: string | null;
  /** Least and most milliseconds of a call. */
  delay_ms: Record<FakeArea, readonly [number, number]>;
  failure: Record<FakeArea, FakeFailure | null>;
  /** How long the BMC's tasks run. */
  task_ms: number;
  /** null: any. */
  address: string | null;
  /** null: nobody is asked who he is. */
  login: { username: string; password: string } | null;
}

const CODES = {
  unreachable: true,
  unauthorized: true,
  unsupported: true,
  rejected: true,
  busy: true,
  timeout: true,
} satisfies Record<DriverErrorCode, true>;

const LONGEST_DELAY_S = 86_400;

/** Reads driver_info of `fake-hardware`: all properties are optional. Pure. */
export function parseFakeInfo(driver_info: JsonObject): ParsedInfo<FakeInfo> {
  const problems: string[] = [];
  const info: FakeInfo = {
    id: readText(driver_info, 'fake_id', problems),
    delay_ms: perArea((area) => readDelay(driver_info, `fake_${area}_delay`, problems)),
    failure: perArea((area) => readFailure(driver_info, `fake_${area}_failure`, problems)),
    task_ms: readDelay(driver_info, 'fake_task_delay', problems)[0],
    address: readText(driver_info, 'fake_address', problems),
    login: readLogin(driver_info, problems),
  };
  return problems.length > 0 ? { problems } : { info };
}

/** One value for each area. */
export function perArea<T>(make: (area: FakeArea) => T): Record<FakeArea, T> {
  return Object.fromEntries(FAKE_AREAS.map((area) => [area, make(area)])) as Record<FakeArea, T>;
}

function readText(
  driver_info: JsonObject,
  name: 'fake_id' | 'fake_address' | 'fake_username' | 'fake_password',
  problems: string[],
): string | null {
  const value = driver_info[name];
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' && value !== '') return value;
  problems.push(`${name} must be a text that is not empty.`);
  return null;
}

function readLogin(driver_info: JsonObject, problems: string[]): FakeInfo['login'] {
  const username = readText(driver_info, 'fake_username', problems);
  const password = readText(driver_info, 'fake_password', problems);
  return username === null ? null : { username, password: password ?? '' };
}

function readDelay(
  driver_info: JsonObject,
  name: keyof typeof FAKE_PROPERTIES,
  problems: string[],
): readonly [number, number] {
  const value = driver_info[name];
  if (value === undefined || value === null) return [0, 0];
  const bounds =
    typeof value === 'number' ? [value] : typeof value === 'string' ? value.split(',').map(seconds) : [];
  const least = bounds[0];
  const most = bounds[1] ?? least;
  const good = bounds.length <= 2 && least !== undefined && most !== undefined && least >= 0 && most >= least;
  if (good && most <= LONGEST_DELAY_S) return [least * 1000, most * 1000];
  problems.push(`${name} must be seconds (0 to ${LONGEST_DELAY_S}), or two such bounds with a comma.`);
  return [0, 0];
}

function seconds(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

function readFailure(
  driver_info: JsonObject,
  name: keyof typeof FAKE_PROPERTIES,
  problems: string[],
): FakeFailure | null {
  const value = driver_info[name];
  if (value === undefined || value === null || value === '') return null;
  const [code, times, ...rest] = typeof value === 'string' ? value.split(':') : [];
  if (code !== undefined && isCode(code) && rest.length === 0) {
    if (times === undefined) return { code, times: Number.POSITIVE_INFINITY };
    if (/^[1-9][0-9]{0,5}$/.test(times)) return { code, times: Number(times) };
  }
  problems.push(`${name} must be one of ${Object.keys(CODES).join(', ')}, alone or with ":" and a count.`);
  return null;
}

function isCode(text: string): text is DriverErrorCode {
  return Object.hasOwn(CODES, text);
}
