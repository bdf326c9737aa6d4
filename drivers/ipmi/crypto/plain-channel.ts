import { createHash } from 'node:crypto';
import { putU32 } from '../codec/bytes.ts';
import type { Flaw } from '../codec/flaw.ts';
import { AUTH_CODE_LENGTH, AUTH_TYPE, encodeAuthenticatedV15Packet, type Packet } from '../codec/packet.ts';
import { sameBytes } from './rakp-keys.ts';

/** Bytes of a password that v1.5 has. */
export const MAX_V15_PASSWORD = 16;

/**
 * Marks and checks the packets of a v1.5 session: by MD5 over password, header and message, or by the password itself. Nothing is
 * encrypted. IPMI v2.0 22.17.1
 */
export class PlainChannel {
  readonly #auth_type: number;
  readonly #password = new Uint8Array(MAX_V15_PASSWORD);

  /** @param auth_type one of AUTH_TYPE: none, md5, password */
  constructor(auth_type: number, password: Uint8Array) {
    this.#auth_type = auth_type;
    this.#password.set(password.subarray(0, MAX_V15_PASSWORD));
  }

  /** The datagram that carries an IPMI message in a session. */
  seal(session_id: number, sequence: number, message: Uint8Array): Uint8Array {
    const auth_type = this.#auth_type;
    const auth_code = this.#authCode(session_id, sequence, message);
    return encodeAuthenticatedV15Packet({ auth_type, session_id, sequence, auth_code }, message);
  }

  /** The IPMI message in a packet: only if it is authenticated as the session's are. */
  open(packet: Packet): Uint8Array | Flaw {
    if (packet.version !== 1.5 || packet.auth_type !== this.#auth_type) return 'bad-mac';
    const { session_id, sequence, payload, auth_code } = packet;
    return sameBytes(this.#authCode(session_id, sequence, payload), auth_code) ? payload : 'bad-mac';
  }

  #authCode(session_id: number, sequence: number, message: Uint8Array): Uint8Array {
    if (this.#auth_type === AUTH_TYPE.none) return new Uint8Array(0);
    if (this.#auth_type === AUTH_TYPE.password) return this.#password;
    const numbers = new Uint8Array(8);
    putU32(numbers, 0, session_id);
    putU32(numbers, 4, sequence);
    return createHash('md5')
      .update(this.#password)
      .update(numbers.subarray(0, 4))
      .update(message)
      .update(numbers.subarray(4))
      .update(this.#password)
      .digest()
      .subarray(0, AUTH_CODE_LENGTH);
  }
}
