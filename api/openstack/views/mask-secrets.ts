import type { Json, JsonObject } from '../../../lifecycle/json.ts';
import { isSecretName, MASK, SECRET_FIELD_NAMES, SECRET_WORDS } from '../../../lifecycle/secret-names.ts';

const SECRET_WORD = new RegExp(SECRET_WORDS.join('|'), 'i');
/** A secret written inside other text: `password=x`, `"auth_token": "x"`. */
const INLINE_SECRET = new RegExp(`((?:${SECRET_WORDS.join('|')})["']?\\s*[=:]\\s*["']?)[^\\s"',&;]+`, 'gi');

/**
 * A copy of `value` that can be shown: secret keys become six stars whatever they hold, nested objects are walked, lists
 * are not, and secrets inside other text are starred.
 *
 * @param field the record's field that holds the object, for names that are secret there only.
 */
export function maskSecrets(value: JsonObject, field?: string): JsonObject {
  const extra = field === undefined ? undefined : SECRET_FIELD_NAMES[field];
  return maskObject(
    value,
    (name) => SECRET_WORD.test(name) || (extra !== undefined && isSecretName(name, field)),
  );
}

function maskObject(value: JsonObject, secret: (name: string) => boolean): JsonObject {
  const shown: JsonObject = {};
  for (const [name, held] of Object.entries(value)) {
    shown[name] = secret(name) ? MASK : maskValue(held, secret);
  }
  return shown;
}

function maskValue(value: Json, secret: (name: string) => boolean): Json {
  if (typeof value === 'string')
    return SECRET_WORD.test(value) ? value.replace(INLINE_SECRET, `$1${MASK}`) : value;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return maskObject(value, secret);
}
