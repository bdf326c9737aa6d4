import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { u8 } from '../codec/bytes.ts';
import type { Flaw } from '../codec/flaw.ts';
import { encodeSealedPacket, isTrailer, PAYLOAD_TYPE, type Packet } from '../codec/packet.ts';
import { RMCP_HEADER_LENGTH } from '../codec/rmcp.ts';
import type { CipherSuite } from './cipher-suites.ts';
import { hmac, type SessionKeys, sameBytes } from './rakp-keys.ts';

const BLOCK = 16;

/**
 * Seals and opens the packets of one session: AES-CBC-128 inside, a truncated HMAC around. IPMI v2.0 13.28.4, 13.29
 *
 * It keeps one cipher and one decipher for the session's life, because making them costs more than using them. CBC is a
 * chain: a block of zeros put first comes out as the last block sent, encrypted, which nobody can foretell: the IV of what
 * follows it (NIST SP 800-38A, appendix C, the first method). So the cipher's output is the wire's `IV | ciphertext` as it
 * stands; and what was before the IV never matters for reading.
 */
export class SealedChannel {
  readonly #suite: CipherSuite;
  /** The other key is in the ciphers. */
  readonly #k1: Uint8Array;
  readonly #cipher;
  readonly #decipher;

  constructor(keys: SessionKeys) {
    this.#suite = keys.suite;
    this.#k1 = keys.k1;
    const aes_key = keys.k2.subarray(0, BLOCK);
    this.#cipher = createCipheriv('aes-128-cbc', aes_key, randomBytes(BLOCK)).setAutoPadding(false);
    this.#decipher = createDecipheriv('aes-128-cbc', aes_key, new Uint8Array(BLOCK)).setAutoPadding(false);
  }

  /** The datagram that carries an IPMI message, or another payload, to the holder of `session_id`. */
  seal(
    session_id: number,
    sequence: number,
    message: Uint8Array,
    payload_type: number = PAYLOAD_TYPE.ipmi,
  ): Uint8Array {
    const suite = this.#suite;
    const k1 = this.#k1;
    const head = { payload_type, encrypted: true, session_id, sequence };
    const datagram = encodeSealedPacket(head, this.#encrypt(message), suite.auth_code_length);
    const end = datagram.length - suite.auth_code_length;
    const auth_code = hmac(suite.hash, k1, datagram.subarray(RMCP_HEADER_LENGTH, end));
    datagram.set(auth_code.subarray(0, suite.auth_code_length), end);
    return datagram;
  }

  /** The IPMI message in a packet: only if it is authenticated, encrypted and unchanged. */
  open(packet: Packet): Uint8Array | Flaw {
    if (packet.version !== 2) return 'bad-mac';
    const suite = this.#suite;
    const k1 = this.#k1;
    if (!packet.authenticated || !packet.encrypted) return 'bad-mac';
    if (!isTrailer(packet.trailer, suite.auth_code_length)) return 'malformed';
    const end = packet.signed.length - suite.auth_code_length;
    const auth_code = hmac(suite.hash, k1, packet.signed.subarray(0, end)).subarray(
      0,
      suite.auth_code_length,
    );
    if (!sameBytes(auth_code, packet.signed.subarray(end))) return 'bad-mac';
    return this.#decrypt(packet.payload);
  }

  #encrypt(message: Uint8Array): Uint8Array {
    // Confidentiality trailer: 1, 2, 3 … and their number.
    const pad = -(message.length + 1) & (BLOCK - 1);
    const plain = new Uint8Array(BLOCK + message.length + pad + 1);
    plain.set(message, BLOCK);
    for (let count = 1; count <= pad; count++) plain[BLOCK + message.length + count - 1] = count;
    plain[plain.length - 1] = pad;
    return this.#cipher.update(plain);
  }

  #decrypt(payload: Uint8Array): Uint8Array | Flaw {
    if (payload.length < 2 * BLOCK) return 'truncated';
    // Blocks only, or the decipher would keep a rest for the next packet.
    if (payload.length % BLOCK !== 0) return 'malformed';
    const plain = this.#decipher.update(payload).subarray(BLOCK);
    const pad = u8(plain, plain.length - 1);
    const end = plain.length - 1 - pad;
    if (end < 0 || pad >= BLOCK) return 'bad-padding';
    for (let count = 1; count <= pad; count++) if (plain[end + count - 1] !== count) return 'bad-padding';
    return plain.subarray(0, end);
  }
}
