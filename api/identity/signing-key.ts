import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** The key pair that signs tokens: ECDSA on P-256 (ES256, RFC 7518 3.4). */
export interface SigningKey {
  private_key: KeyObject;
  public_key: KeyObject;
}

/** A key that lives as long as the process. */
export function ephemeralKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { private_key: privateKey, public_key: publicKey };
}

/**
 * The key in `path` (PEM, PKCS #8), made with mode 0600 when there is none. Safe when two processes start at once: both
 * end with the same key.
 * @throws Error when the file is no P-256 key, or when others than its owner can read it.
 */
export function keyFromFile(path: string): SigningKey {
  const found = readKey(path);
  if (found !== null) return found;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const pem = ephemeralKey().private_key.export({ type: 'pkcs8', format: 'pem' });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, pem, { mode: 0o600, flag: 'wx' });
  try {
    // link() fails when the name is taken: whoever is second uses the key of the first.
    linkSync(temporary, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  const made = readKey(path);
  if (made === null) throw new Error(`The signing key ${path} vanished.`);
  return made;
}

function readKey(path: string): SigningKey | null {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return null;
  if ((facts.mode & 0o077) !== 0) throw new Error(`Others can read the signing key ${path}: chmod 600 it.`);
  const private_key = createPrivateKey(readFileSync(path, 'utf8'));
  if (private_key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new Error(`The signing key ${path} is no P-256 key.`);
  }
  return { private_key, public_key: createPublicKey(private_key) };
}
