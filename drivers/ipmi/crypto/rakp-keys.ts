import { createHmac, timingSafeEqual } from 'node:crypto';
import { putU32 } from '../codec/bytes.ts';
import type { CipherSuite, HashName } from './cipher-suites.ts';

/**
 * Auth codes and keys of the RAKP exchange. Pure: both ends compute the same from what was said on the wire, the
 * password (K_UID) and the BMC key (K_G, the password when the BMC has none). IPMI v2.0 13.31, 13.32
 */

/** What both ends know after RAKP 2. */
export interface Exchange {
  suite: CipherSuite;
  console_session_id: number;
  managed_session_id: number;
  console_random: Uint8Array;
  managed_random: Uint8Array;
  guid: Uint8Array;
  /** As sent in RAKP 1, lookup flag included. */
  role: number;
  username: Uint8Array;
}

/** The first 20 bytes of a longer password are used, as by every other client. IPMI v2.0 22.30 */
export const MAX_PASSWORD = 20;

const K1_CONSTANT = new Uint8Array(20).fill(1);
const K2_CONSTANT = new Uint8Array(20).fill(2);

/** Key exchange auth code of RAKP 2, made by the BMC. */
export function rakp2AuthCode(exchange: Exchange, password: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(58 + exchange.username.length);
  putU32(bytes, 0, exchange.console_session_id);
  putU32(bytes, 4, exchange.managed_session_id);
  bytes.set(exchange.console_random, 8);
  bytes.set(exchange.managed_random, 24);
  bytes.set(exchange.guid, 40);
  putRole(bytes, 56, exchange);
  return hmac(exchange.suite.hash, password, bytes);
}

/** Key exchange auth code of RAKP 3, made by the console. */
export function rakp3AuthCode(exchange: Exchange, password: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(22 + exchange.username.length);
  bytes.set(exchange.managed_random, 0);
  putU32(bytes, 16, exchange.console_session_id);
  putRole(bytes, 20, exchange);
  return hmac(exchange.suite.hash, password, bytes);
}

/** Session integrity key. `bmc_key` is K_G, or the password when the BMC has none. */
export function sessionIntegrityKey(exchange: Exchange, bmc_key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(34 + exchange.username.length);
  bytes.set(exchange.console_random, 0);
  bytes.set(exchange.managed_random, 16);
  putRole(bytes, 32, exchange);
  return hmac(exchange.suite.hash, bmc_key, bytes);
}

/** Integrity check value of RAKP 4, made by the BMC. */
export function rakp4IntegrityCheck(exchange: Exchange, sik: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(36);
  bytes.set(exchange.console_random, 0);
  putU32(bytes, 16, exchange.managed_session_id);
  bytes.set(exchange.guid, 20);
  return hmac(exchange.suite.hash, sik, bytes).subarray(0, exchange.suite.auth_code_length);
}

export interface SessionKeys {
  suite: CipherSuite;
  /** Under the auth codes of packets. */
  k1: Uint8Array;
  /** Its first 16 bytes encrypt. */
  k2: Uint8Array;
}

/** IPMI v2.0 13.32 */
export function sessionKeys(suite: CipherSuite, sik: Uint8Array): SessionKeys {
  return { suite, k1: hmac(suite.hash, sik, K1_CONSTANT), k2: hmac(suite.hash, sik, K2_CONSTANT) };
}

/** Compares secrets in constant time. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

export function hmac(hash: HashName, key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createHmac(hash, key).update(bytes).digest();
}

function putRole(bytes: Uint8Array, at: number, exchange: Exchange): void {
  bytes[at] = exchange.role;
  bytes[at + 1] = exchange.username.length;
  bytes.set(exchange.username, at + 2);
}
