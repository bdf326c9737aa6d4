import { createPublicKey, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import jsonwebtoken from 'jsonwebtoken';
import type { Logger } from '../../../config/logger.ts';
import type { Clock } from '../../../lifecycle/clock.ts';
import type { TokenLookup } from './token-authenticator.ts';
import { fingerprintOf, type Watched, watch } from './watched-file.ts';

const MAX_KEYS = 64;
const MAX_KEY_BYTES = 16 * 1024;

/**
 * Puts the check of JWS tokens (ES256, RFC 7515) before a look-up: one that none of `keys` has signed is refused, as is
 * one that has ended unless ended ones count. Tokens of other kinds (Fernet) have no dot and are passed on.
 */
export function signedLookup(options: {
  lookup: TokenLookup;
  keys: Watched<readonly KeyObject[]>;
  clock: Clock;
}): TokenLookup {
  const { lookup, keys, clock } = options;
  return async (token, allow_expired) => {
    if (token.includes('.')) {
      const end_s = signedEnd(token, await keys.current());
      if (end_s === null || (!allow_expired && clock.now() >= end_s * 1000)) return null;
    }
    return await lookup(token, allow_expired);
  };
}

/** The `exp` claim (seconds) of a token that one of `keys` has signed; null: none has. */
function signedEnd(token: string, keys: readonly KeyObject[]): number | null {
  for (const key of keys) {
    try {
      // When it ends is compared with our own clock, not with jsonwebtoken's.
      const claims = jsonwebtoken.verify(token, key, {
        algorithms: ['ES256'],
        ignoreExpiration: true,
        ignoreNotBefore: true,
      });
      return typeof claims === 'object' && typeof claims.exp === 'number' ? claims.exp : null;
    } catch {
      // Keystone names no key in the token (keystone/token/providers/jws): the next one may fit.
    }
  }
  return null;
}

/**
 * The keys in the folder `path`, one public key in PEM per file, as in Keystone's `[jwt_tokens]jws_public_key_repository`.
 * Files whose names start with a dot are skipped. Read again when the folder changes.
 * @throws Error when there is no key, or a file that holds no public P-256 key: it is named, not shown.
 */
export function watchPublicKeys(options: {
  path: string;
  clock: Clock;
  log: Logger;
}): Watched<readonly KeyObject[]> {
  const { path } = options;
  const names = keyNames(path, readdirSync(path));
  const facts = names.map((name) => statSync(join(path, name)));
  return watch({
    ...options,
    first: {
      fingerprint: fingerprintOfAll(names, facts),
      content: names.map((name) => publicKey(name, readFileSync(join(path, name), 'utf8'))),
    },
    look: async () => {
      const names_now = keyNames(path, await readdir(path));
      const facts_now = await Promise.all(names_now.map((name) => stat(join(path, name))));
      return {
        fingerprint: fingerprintOfAll(names_now, facts_now),
        read: async () => {
          const large = names_now.find((_, index) => (facts_now[index]?.size ?? 0) > MAX_KEY_BYTES);
          if (large !== undefined) throw new Error(`${large} is larger than ${MAX_KEY_BYTES} bytes.`);
          const texts = await Promise.all(names_now.map((name) => readFile(join(path, name), 'utf8')));
          return texts.map((text, index) => publicKey(names_now[index] ?? '', text));
        },
      };
    },
  });
}

function keyNames(path: string, names: readonly string[]): string[] {
  const shown = names.filter((name) => !name.startsWith('.')).sort();
  if (shown.length === 0) throw new Error(`The key repository ${path} holds no key.`);
  if (shown.length > MAX_KEYS) {
    throw new Error(`The key repository ${path} holds more than ${MAX_KEYS} keys.`);
  }
  return shown;
}

function fingerprintOfAll(names: readonly string[], facts: readonly Stats[]): string {
  return facts.map((file, index) => `${names[index]}:${fingerprintOf(file)}`).join('\n');
}

function publicKey(name: string, text: string): KeyObject {
  // createPublicKey would take a private key too, which has no place where tokens are only checked.
  if (text.includes('PRIVATE KEY'))
    throw new Error(`${name} holds a private key: only public keys belong here.`);
  let key: KeyObject;
  try {
    key = createPublicKey(text);
  } catch {
    throw new Error(`${name} holds no public key in PEM.`);
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error(`${name} is no P-256 key.`);
  return key;
}
