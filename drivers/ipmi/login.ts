import { DriverError } from '../contract.ts';
import type { Call } from './call.ts';
import { CIPHER_SUITES, type CipherSuite } from './crypto/cipher-suites.ts';
import type { Deadline } from './deadlines.ts';
import type { IpmiInfo } from './driver-info.ts';
import type { BmcContext } from './driver-options.ts';
import { type Credentials, type Handshake, openSession } from './handshake.ts';
import { openPlainSession } from './plain-handshake.ts';
import { NoAnswer, type Session } from './session.ts';
import { type Endpoint, resolveEndpoint } from './udp.ts';

/** Times that a session is begun again because the BMC lost the thread. */
const HANDSHAKES = 4;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2000;

/** Opens sessions with one BMC: finds its address and a cipher suite that it does, and remembers both. */
export class Login {
  readonly #name: string;
  readonly #info: IpmiInfo;
  readonly #context: BmcContext;
  readonly #credentials: Credentials;
  #endpoint: Endpoint | null = null;
  /** The one that the BMC took, so that the others are not tried again. */
  #suite: number | null = null;

  /** @param name in errors */
  constructor(name: string, info: IpmiInfo, context: BmcContext) {
    this.#name = name;
    this.#info = info;
    this.#context = context;
    this.#credentials = {
      username: Buffer.from(info.username),
      password: Buffer.from(info.password),
      bmc_key: info.hex_kg_key === null ? null : Buffer.from(info.hex_kg_key, 'hex'),
      privilege: info.privilege,
    };
  }

  /** A name may have moved: it is looked up again next time. */
  forgetEndpoint(): void {
    this.#endpoint = null;
  }

  /** @throws DriverError, NoAnswer, or the reason of an abort */
  async open(call: Call): Promise<Session> {
    this.#endpoint ??= await this.#resolve(call);
    const candidates = this.#candidates();
    let wait_ms = FIRST_WAIT_MS;
    let wrong_proofs = 0;
    for (let tries = 1; ; tries++) {
      const suite = candidates[0];
      if (suite === undefined)
        throw new DriverError(
          'unsupported',
          `${this.#name}: the BMC does none of the cipher suites wished (${this.#wished().join(', ')}). Enable 17 or 3 on it, or set ipmi_cipher_suite.`,
        );
      const handshake = await this.#begin(this.#endpoint, suite, call);
      if ('session' in handshake) {
        this.#suite = suite.id;
        return handshake.session;
      }
      if (handshake.refused === 'suite') {
        candidates.shift();
        this.#suite = null;
      } else if (handshake.refused === 'proof') {
        wrong_proofs += 1;
        if (wrong_proofs >= 2)
          throw new DriverError(
            'unauthorized',
            `${this.#name}: the BMC proves another BMC key (K_G) than the one given. Check ipmi_hex_kg_key.`,
          );
      } else if (tries >= HANDSHAKES && !(handshake.refused === 'full' && call.remaining_ms > wait_ms)) {
        if (handshake.refused === 'silent') throw new NoAnswer(false, tries);
        throw handshake.refused === 'full'
          ? new DriverError(
              'busy',
              `${this.#name}: the BMC has no free session. Close other sessions on it, or wait until they expire.`,
            )
          : new DriverError(
              'unauthorized',
              `${this.#name}: the BMC refuses to finish the log-in. Check ipmi_username, ipmi_password and ipmi_hex_kg_key.`,
            );
      } else {
        // A full table has room again when a session ends or expires, for which the call has time.
        await call.sleep(wait_ms);
        wait_ms = Math.min(wait_ms * 2, LONGEST_WAIT_MS);
      }
    }
  }

  #begin(endpoint: Endpoint, suite: CipherSuite, call: Call): Promise<Handshake> {
    const { transport, options } = this.#context;
    const sends = options.command_retries + 1;
    return this.#info.protocol === 1.5
      ? openPlainSession(transport, endpoint, this.#credentials, call, sends, this.#name)
      : openSession(transport, endpoint, this.#credentials, suite, call, sends, this.#name);
  }

  /** DNS has no bound of its own: the call's deadline and abort end the wait. */
  #resolve(call: Call): Promise<Endpoint> {
    const { deadlines } = this.#context.transport;
    return new Promise((resolve, reject) => {
      call.throwIfEnded();
      const overdue: Deadline = {
        due_ms: call.deadline_ms,
        expire: () => fail(this.#unresolved('no answer by the deadline')),
      };
      const end = (): void => {
        deadlines.delete(overdue);
        call.cancel = null;
      };
      const fail = (reason: unknown): void => {
        end();
        reject(reason);
      };
      call.cancel = fail;
      deadlines.add(overdue);
      resolveEndpoint(this.#info.address, this.#info.port).then(
        (endpoint) => {
          end();
          resolve(endpoint);
        },
        (error: unknown) => fail(this.#unresolved(codeOf(error))),
      );
    });
  }

  #unresolved(why: string): DriverError {
    return new DriverError(
      'unreachable',
      `${this.#name}: the name cannot be resolved (${why}). Check ipmi_address and the name service.`,
    );
  }

  #wished(): readonly (string | number)[] {
    const { cipher_suite } = this.#info;
    return cipher_suite === null ? this.#context.options.cipher_suite_versions : [cipher_suite];
  }

  /** The one that worked first. */
  #candidates(): CipherSuite[] {
    const suites = this.#wished().flatMap((id) => CIPHER_SUITES[Number(id)] ?? []);
    return suites.sort((left, right) => Number(right.id === this.#suite) - Number(left.id === this.#suite));
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no such name';
}
