import { serviceError } from '../../lifecycle/errors.ts';

/** How values look in queries, paths and bodies (reference: errors and conventions, 5 and 6; resources, meta). */

/** A uuid with or without dashes: what is always looked up as a uuid, never as a name. */
export const UUID_LIKE = /^[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}$/i;
/** Names of nodes, ports, portgroups and allocations: RFC 3986 unreserved characters. */
export const LOGICAL_NAME = /^[A-Za-z0-9\-._~]{1,255}$/;
const HOST_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
const MAC = /^[0-9a-f]{2}([:-])([0-9a-f]{2}\1){4}[0-9a-f]{2}$/i;
const DATAPATH_ID = /^[0-9a-f]{16}$/i;

const TRUE_WORDS = new Set(['1', 't', 'true', 'on', 'y', 'yes']);
const FALSE_WORDS = new Set(['0', 'f', 'false', 'off', 'n', 'no']);

export function isUuidLike(value: string): boolean {
  return UUID_LIKE.test(value);
}

/** A host name as names had to be before 1.10. */
export function isHostName(value: string): boolean {
  return value.length <= 255 && value.split('.').every((label) => HOST_LABEL.test(label));
}

/** The boolean that a word stands for, or null when it stands for none. */
export function booleanOf(word: string): boolean | null {
  const lower = word.trim().toLowerCase();
  if (TRUE_WORDS.has(lower)) return true;
  return FALSE_WORDS.has(lower) ? false : null;
}

/**
 * A boolean field of a body: JSON booleans and the words of queries.
 * @throws InvalidParameterValue
 */
export function parseBoolean(field: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  const parsed = typeof value === 'string' ? booleanOf(value) : null;
  if (parsed === null) {
    throw serviceError('InvalidParameterValue', { why: `${field} must be a boolean, e.g. true or false.` });
  }
  return parsed;
}

/** A MAC address in lower case with colons, or null. */
export function normalMac(value: string): string | null {
  return MAC.test(value) ? value.toLowerCase().replaceAll('-', ':') : null;
}

/**
 * A MAC address in lower case with colons.
 * @throws InvalidParameterValue
 */
export function parseMac(field: string, value: string): string {
  const mac = normalMac(value);
  if (mac === null) {
    throw serviceError('InvalidParameterValue', {
      why: `${field}: expected a MAC address but received ${value}.`,
    });
  }
  return mac;
}

/** Whether the value is an OpenFlow datapath id. */
export function isDatapathId(value: string): boolean {
  return DATAPATH_ID.test(value);
}

/** A comma list of a query: trimmed, lower case, each word once, in order. */
export function wordList(value: string): string[] {
  const words = value.split(',').map((word) => word.trim().toLowerCase());
  return [...new Set(words.filter((word) => word !== ''))];
}

/** @throws InvalidUuid */
export function requireUuid(value: string): string {
  if (!isUuidLike(value)) throw serviceError('InvalidUuid', { value });
  return value;
}
