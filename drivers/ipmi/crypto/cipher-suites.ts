import type { Algorithms } from '../codec/open-session.ts';

/** IPMI v2.0 table 22-20: the suites that authenticate, protect and encrypt. Others are refused on purpose. */

export type HashName = 'sha1' | 'sha256';

export interface CipherSuite extends Algorithms {
  id: number;
  /** Of the RAKP messages and of every auth code. */
  hash: HashName;
  /** Bytes of the key exchange auth codes in RAKP 2 and 3. */
  key_exchange_length: number;
  /** Bytes of the auth code under every packet, and of the integrity check in RAKP 4. */
  auth_code_length: number;
}

/** RAKP-HMAC-SHA1, HMAC-SHA1-96, AES-CBC-128. */
const SUITE_3: CipherSuite = {
  id: 3,
  authentication: 1,
  integrity: 1,
  confidentiality: 1,
  hash: 'sha1',
  key_exchange_length: 20,
  auth_code_length: 12,
};

/** RAKP-HMAC-SHA256, HMAC-SHA256-128, AES-CBC-128. */
const SUITE_17: CipherSuite = {
  id: 17,
  authentication: 3,
  integrity: 4,
  confidentiality: 1,
  hash: 'sha256',
  key_exchange_length: 32,
  auth_code_length: 16,
};

export const CIPHER_SUITES: Readonly<Record<number, CipherSuite>> = { 3: SUITE_3, 17: SUITE_17 };

/** The suite made of these algorithms, if it is one of ours. */
export function suiteOf(algorithms: Algorithms): CipherSuite | undefined {
  return Object.values(CIPHER_SUITES).find(
    (suite) =>
      suite.authentication === algorithms.authentication &&
      suite.integrity === algorithms.integrity &&
      suite.confidentiality === algorithms.confidentiality,
  );
}
