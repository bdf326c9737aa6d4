import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { serviceError } from '../lifecycle/errors.ts';
import type { Json, JsonObject } from '../lifecycle/json.ts';
import { isSecretName } from '../lifecycle/secret-names.ts';

/**
 * Secrets at rest: inside JSON columns the values of secret-looking keys are stored as `{"$secret": "id:base64"}`, the
 * base64 holding nonce (12 bytes), tag (16) and ciphertext of AES-256-GCM over the value's JSON. Table, row uuid and
 * path are authenticated with it, so a ciphertext means nothing in another place.
 */
export interface KeyRing {
  readonly current: SecretKey;
  readonly by_id: ReadonlyMap<string, SecretKey>;
}

export interface SecretKey {
  /** Names the key in the database: the start of the SHA-256 of it. */
  readonly id: string;
  readonly key: KeyObject;
}

/** Where a JSON value is stored. */
export interface Place {
  table: string;
  uuid: string;
  column: string;
}

const MARK = '$secret';
const MARK_IN_TEXT = `"${MARK}"`;
const NONCE = 12;
const TAG = 16;

/**
 * Reads keys from `text`: one per line, 32 bytes in base64. The first encrypts, all decrypt. Blank lines and lines that
 * start with # are skipped.
 * @throws Error naming the line, never its content.
 */
export function parseKeyRing(text: string): KeyRing {
  const keys: SecretKey[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const word = line.trim();
    if (word === '' || word.startsWith('#')) continue;
    const bytes = /^[A-Za-z0-9+/]{43}=?$/.test(word) ? Buffer.from(word, 'base64') : Buffer.alloc(0);
    if (bytes.length !== 32)
      throw new Error(`Line ${index + 1} of the keys for secrets is not 32 bytes in base64.`);
    keys.push({
      id: createHash('sha256').update(bytes).digest('hex').slice(0, 12),
      key: createSecretKey(bytes),
    });
  }
  const [current] = keys;
  if (current === undefined) throw new Error('There is no key for secrets: one line of 32 bytes in base64.');
  return { current, by_id: new Map(keys.map((key) => [key.id, key])) };
}

/** A new key as a line for `parseKeyRing`. */
export function newKeyLine(): string {
  return randomBytes(32).toString('base64');
}

/** `value` as the text of its column, secrets encrypted with the current key. null and booleans hide nothing and stay. */
export function sealJson(keys: KeyRing, place: Place, value: Json): string {
  return JSON.stringify(seal(keys, place, value, ''));
}

function seal(keys: KeyRing, place: Place, value: Json, path: string): Json {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item, index) => seal(keys, place, item, `${path}/${index}`));
  const sealed: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    const below = `${path}/${key}`;
    // The mark as a client's own key is treated as a secret, so that nothing a client writes is taken for ciphertext.
    const secret =
      item !== null && typeof item !== 'boolean' && (key === MARK || isSecretName(key, place.column));
    setOwn(
      sealed,
      key,
      secret ? { [MARK]: encrypt(keys.current, place, below, item) } : seal(keys, place, item, below),
    );
  }
  return sealed;
}

/**
 * The value of a column's text, secrets in clear.
 * @throws SecretUnreadable when the key is not in the ring, or the ciphertext is not one made for this place.
 */
export function openJson(keys: KeyRing, place: Place, text: string): Json {
  const value = JSON.parse(text) as Json;
  return text.includes(MARK_IN_TEXT) ? open(keys, place, value, '') : value;
}

function open(keys: KeyRing, place: Place, value: Json, path: string): Json {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item, index) => open(keys, place, item, `${path}/${index}`));
  const sealed = value[MARK];
  if (typeof sealed === 'string' && Object.keys(value).length === 1)
    return decrypt(keys, place, path, sealed);
  const opened: JsonObject = {};
  for (const [key, item] of Object.entries(value))
    setOwn(opened, key, open(keys, place, item, `${path}/${key}`));
  return opened;
}

/** True when `text` holds a secret that another key than the current one encrypted. */
export function needsRotation(keys: KeyRing, text: string): boolean {
  if (!text.includes(MARK_IN_TEXT)) return false;
  return sealedWith(JSON.parse(text) as Json).some((id) => id !== keys.current.id);
}

function sealedWith(value: Json): string[] {
  if (value === null || typeof value !== 'object') return [];
  if (Array.isArray(value)) return value.flatMap(sealedWith);
  const sealed = value[MARK];
  if (typeof sealed === 'string' && Object.keys(value).length === 1) return [sealed.split(':', 1)[0] ?? ''];
  return Object.values(value).flatMap(sealedWith);
}

/** Assigns without a detour over setters of Object.prototype, for a key that a client may have called __proto__. */
function setOwn(target: JsonObject, key: string, value: Json): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}

const authenticated = (place: Place, path: string): Buffer =>
  Buffer.from(JSON.stringify([place.table, place.uuid, place.column, path]));

function encrypt(key: SecretKey, place: Place, path: string, value: Json): string {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key.key, nonce).setAAD(authenticated(place, path));
  const body = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
  return `${key.id}:${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')}`;
}

function decrypt(keys: KeyRing, place: Place, path: string, sealed: string): Json {
  const [key_id = '', body = ''] = sealed.split(':', 2);
  const where = `${place.table} ${place.uuid}, ${place.column}${path}`;
  const known = keys.by_id.get(key_id);
  if (known === undefined)
    throw serviceError('SecretUnreadable', { where, key_id, why: 'this key is not configured' });
  const bytes = Buffer.from(body, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', known.key, bytes.subarray(0, NONCE), {
      authTagLength: TAG,
    })
      .setAAD(authenticated(place, path))
      .setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
    const clear = Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]);
    return JSON.parse(clear.toString('utf8')) as Json;
  } catch {
    throw serviceError('SecretUnreadable', { where, key_id, why: 'the stored text was changed or moved' });
  }
}
