import type { Json } from '../lifecycle/json.ts';

/** What moves a terminal's cursor, colours its text or turns its direction: controls, formats, line and paragraph separators. */
const UNSAFE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Joins emoji: in names that are shown as they are. */
const JOINER = '\u200D';

/** Text that a terminal may be given, on one line: what is unsafe is written as `\u001b`. Pure. */
export function plainText(text: string): string {
  return text.replace(UNSAFE, (char) => (char === JOINER ? char : escaped(char)));
}

/** As plainText, but lines stay lines. Pure. */
export function plainLines(text: string): string {
  return text.split('\n').map(plainText).join('\n');
}

function escaped(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  return code > 0xffff
    ? [...char].map((one) => `\\u{${one.codePointAt(0)?.toString(16)}}`).join('')
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** The same JSON text, with what is unsafe in its strings escaped as JSON has it. Pure. */
export function plainJson(text: string): string {
  return text.replace(UNSAFE, (char) =>
    char === '\n' ? char : [...Array(char.length).keys()].map((at) => unit(char, at)).join(''),
  );
}

const unit = (char: string, at: number): string => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`;

/** RFC 3339 in UTC, as the service writes times. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/;

/** How people are shown values. */
export interface Shown {
  /** A time for people; any other text as it is. */
  time(text: string): string;
}

/** Times as `2026-12-01 02:58:55+09:00`. @param time_zone IANA name; absent: the machine's zone. */
export function timesIn(time_zone: string | undefined): Shown {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
    ...{ second: '2-digit', hourCycle: 'h23', timeZoneName: 'longOffset' },
    ...(time_zone === undefined ? {} : { timeZone: time_zone }),
  });
  return {
    time(text) {
      if (!TIME.test(text)) return text;
      const parts = format.formatToParts(new Date(text)).map(({ type, value }) => [type, value] as const);
      const { year, month, day, hour, minute, second, timeZoneName } = Object.fromEntries(parts);
      const offset = (timeZoneName ?? '').replace('GMT', '');
      return `${year}-${month}-${day} ${hour}:${minute}:${second}${offset === '' ? 'Z' : offset}`;
    },
  };
}

/** Times as they came. */
export const AS_IT_IS: Shown = { time: (text) => text };

/** A value for people, of one line or more: a list of objects has a line for each, null is empty. Pure. */
export function shownValue(value: Json, shown: Shown): string {
  if (Array.isArray(value) && value.some((one) => typeof one === 'object' && one !== null))
    return value.map((one) => shownInLine(one, shown)).join('\n');
  return typeof value === 'string'
    ? value
        .split('\n')
        .map((line) => plainText(shown.time(line)))
        .join('\n')
        .trimEnd()
    : shownInLine(value, shown);
}

/** A value for people on one line. Pure. */
export function shownInLine(value: Json, shown: Shown): string {
  if (value === null) return '';
  if (typeof value === 'string') return plainText(shown.time(value).replaceAll('\n', ' '));
  if (Array.isArray(value)) return value.map((one) => shownInner(one, shown)).join(', ');
  if (typeof value === 'object')
    return Object.entries(value)
      .filter(([, one]) => one !== null)
      .map(([key, one]) => `${plainText(key)}=${shownInner(one, shown)}`)
      .join(' ');
  return String(value);
}

/** In an object: what is made of parts keeps its bounds. */
function shownInner(value: Json, shown: Shown): string {
  return typeof value === 'object' && value !== null
    ? plainText(JSON.stringify(value))
    : shownInLine(value, shown);
}
