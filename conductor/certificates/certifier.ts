import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

/** Signs certificates of erased disks with the provider's key. */
export interface Certifier {
  readonly key_id: string;
  /** PEM, SubjectPublicKeyInfo. */
  readonly public_key: string;
  /** Ed25519 (RFC 8032) over the text's UTF-8, base64. */
  sign(text: string): string;
}

/** @param pem an Ed25519 private key, PKCS #8. @throws Error that says what is wrong with it, without the key */
export function createCertifier(pem: string): Certifier {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new Error('it is no private key in PEM form');
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Error(`it is a key of ${key.asymmetricKeyType}, not Ed25519`);
  const public_key = createPublicKey(key);
  return {
    key_id: keyId(public_key),
    public_key: String(public_key.export({ type: 'spki', format: 'pem' })),
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64'),
  };
}

/** How certificates name a key. */
export function keyId(public_key: KeyObject): string {
  return createHash('sha256')
    .update(public_key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);
}
