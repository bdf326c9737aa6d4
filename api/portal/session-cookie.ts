import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';

/** What the browser keeps for us and cannot read. */
export interface PortalSession {
  token: string;
  /** The token without a scope that signing in began with: Keystone gives one of another scope only for it. null: the scope is fixed. */
  base: string | null;
  user: string;
  project: { id: string; name: string } | null;
  system: boolean;
  roles: readonly string[];
  expires_at_ms: number;
}

/** Seals sessions into a cookie's value and opens them: every API process with the same keys can. */
export interface SessionSeal {
  seal(session: PortalSession): string;
  /** null: not one of ours, changed, or over. */
  open(value: string, now_ms: number): PortalSession | null;
}

const NONCE = 12;
const TAG = 16;
/** Browsers keep 4096 bytes of a cookie with its name. */
const LONGEST = 4000;
const PURPOSE = Buffer.from('kurogane portal session 1');

/**
 * AES-256-GCM with the first key; all decrypt.
 * @param keys 32 bytes each, for this purpose alone.
 */
export function createSessionSeal(keys: readonly [KeyObject, ...KeyObject[]]): SessionSeal {
  return {
    seal(session) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv('aes-256-gcm', keys[0], nonce).setAAD(PURPOSE);
      const body = Buffer.concat([cipher.update(JSON.stringify(session), 'utf8'), cipher.final()]);
      const value = Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
      if (value.length > LONGEST) throw new RangeError('The token is too long for a cookie.');
      return value;
    },
    open(value, now_ms) {
      const bytes = Buffer.from(value.slice(0, LONGEST), 'base64url');
      if (bytes.length <= NONCE + TAG) return null;
      for (const key of keys) {
        const session = decrypt(key, bytes);
        if (session !== null) return now_ms < session.expires_at_ms ? session : null;
      }
      return null;
    },
  };
}

function decrypt(key: KeyObject, bytes: Buffer): PortalSession | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE), { authTagLength: TAG })
      .setAAD(PURPOSE)
      .setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
    const clear = Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]);
    return JSON.parse(clear.toString('utf8')) as PortalSession;
  } catch {
    return null;
  }
}

/** `__Host-`: the browser takes it only with Secure, for this host alone, and for every path. */
export function cookieName(secure: boolean): string {
  return secure ? '__Host-kurogane-portal' : 'kurogane-portal';
}

/** Value of a Set-Cookie header. `value` '': the cookie goes. */
export function setCookie(
  value: string,
  { secure, max_age_s }: { secure: boolean; max_age_s: number },
): string {
  const attributes = `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
  return `${cookieName(secure)}=${value}; ${attributes}; Max-Age=${value === '' ? 0 : max_age_s}`;
}

/** The value of our cookie in a Cookie header; null: it has none, or two. */
export function cookieIn(header: string | undefined, secure: boolean): string | null {
  if (header === undefined) return null;
  const start = `${cookieName(secure)}=`;
  const found = header.split(';').flatMap((part) => {
    const text = part.trim();
    return text.startsWith(start) ? [text.slice(start.length)] : [];
  });
  return found.length === 1 && found[0] !== undefined && found[0] !== '' ? found[0] : null;
}
