import type { Json } from '../lifecycle/json.ts';

const TRUE_WORDS: ReadonlySet<string> = new Set(['1', 't', 'true', 'on', 'y', 'yes']);
const FALSE_WORDS: ReadonlySet<string> = new Set(['0', 'f', 'false', 'off', 'n', 'no']);

/**
 * Reads a `..._verify_ca`: whether a certificate is checked, or the absolute path of a file with the CAs that it is checked with. Absent:
 * it is checked. null: it is neither.
 */
export function verificationOf(value: Json | undefined): boolean | string | null {
  if (value === undefined || value === null || value === '') return true;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'object') return null;
  const word = String(value).toLowerCase();
  if (TRUE_WORDS.has(word)) return true;
  if (FALSE_WORDS.has(word)) return false;
  return typeof value === 'string' && value.startsWith('/') ? value : null;
}
