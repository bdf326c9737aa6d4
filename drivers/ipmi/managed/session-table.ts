import { randomBytes, randomInt } from 'node:crypto';
import { isFlaw } from '../codec/flaw.ts';
import { decodeOpenSessionRequest, encodeOpenSessionResponse } from '../codec/open-session.ts';
import { encodeV2Packet, PAYLOAD_TYPE } from '../codec/packet.ts';
import { decodeRakp1, decodeRakp3, encodeRakp2, encodeRakp4, RANDOM_LENGTH } from '../codec/rakp.ts';
import { type CipherSuite, suiteOf } from '../crypto/cipher-suites.ts';
import {
  type Exchange,
  rakp2AuthCode,
  rakp3AuthCode,
  rakp4IntegrityCheck,
  sameBytes,
  sessionIntegrityKey,
  sessionKeys,
} from '../crypto/rakp-keys.ts';
import { SealedChannel } from '../crypto/sealed-channel.ts';

/** A user of a BMC. `privilege` is the highest level that it may have: 1 callback … 4 administrator. */
export interface BmcUser {
  name: string;
  password: string;
  privilege: number;
  /** Default true. */
  enabled?: boolean;
}

/** What the session table needs to know of its BMC. */
export interface SessionOwner {
  readonly cipher_suites: readonly number[];
  readonly guid: Uint8Array;
  /** K_G; absent or null: it has none, and the user's password stands in. IPMI v2.0 13.31 */
  readonly bmc_key?: Uint8Array | null;
  /** How many sessions there may be now. */
  readonly session_limit: number;
  /**
   * How many key exchanges may be under way: beyond it the oldest makes room, and they take no place of sessions. Absent: an exchange
   * takes a session's place.
   */
  readonly exchange_limit?: number;
  now_ms(): number;
}

/** An answer that was sent, kept to be sent again when the request comes again. */
interface Answered {
  request: Uint8Array;
  code: number;
  data: Uint8Array;
}

/** What sessions of RMCP+ and of v1.5 have in common. */
export interface OpenSession<User extends BmcUser = BmcUser> {
  readonly id: number;
  readonly privilege_limit: number;
  /** Present level; sessions begin as user. IPMI v2.0 22.18 */
  privilege: number;
  user: User | null;
  sequence_out: number;
  highest_in: number;
  /** Bit n: number `highest_in` - n came. */
  seen: number;
  answered: Answered | null;
  last_used_ms: number;
}

export interface Session<User extends BmcUser = BmcUser> extends OpenSession<User> {
  readonly console_session_id: number;
  readonly suite: CipherSuite;
  exchange: Exchange | null;
  /** RAKP 4 as sent, for a RAKP 3 that comes again. */
  rakp4: Uint8Array | null;
  /** Once the key exchange is over. */
  channel: SealedChannel | null;
  /** Where its console's last datagram came from. */
  from: { address: string; port: number } | null;
}

/** RMCP+ status codes that the table answers with. IPMI v2.0 table 13-15 */
const STATUS = {
  ok: 0x00,
  noResources: 0x01,
  invalidSession: 0x02,
  invalidRole: 0x09,
  unauthorizedRole: 0x0a,
  unauthorizedName: 0x0d,
  invalidIntegrityCheck: 0x0f,
  noSuite: 0x11,
} as const;

/** IPMI v2.0 6.12.15: a session that is silent for so long ends. */
const SESSION_TIMEOUT_MS = 60_000;
/** A key exchange that is not finished by then makes room for others. */
const EXCHANGE_TIMEOUT_MS = 5_000;
const WINDOW = 16;
const ADMINISTRATOR = 4;
const USER_LEVEL = 2;
const EMPTY = new Uint8Array(0);

/** The managed system's end of RMCP+: the key exchange, the limit of sessions, and which sequence numbers came. */
export class SessionTable<User extends BmcUser = BmcUser> {
  readonly #owner: SessionOwner;
  /** In the order in which they were begun. */
  readonly #exchanges = new Map<number, Session<User>>();
  readonly #sessions = new Map<number, Session<User>>();

  constructor(owner: SessionOwner) {
    this.#owner = owner;
  }

  /** Sessions, and exchanges that may become one. */
  get size(): number {
    return this.#sessions.size + this.#exchanges.size;
  }

  get(id: number): Session<User> | undefined {
    return this.#sessions.get(id) ?? this.#exchanges.get(id);
  }

  close(id: number): boolean {
    return this.#sessions.delete(id) || this.#exchanges.delete(id);
  }

  /** Forgets sessions that were silent for too long; returns them. IPMI v2.0 6.12.15 */
  expire(): Session<User>[] {
    const now_ms = this.#owner.now_ms();
    for (const [id, { last_used_ms }] of this.#exchanges) {
      if (now_ms - last_used_ms <= EXCHANGE_TIMEOUT_MS) break;
      this.#exchanges.delete(id);
    }
    const silent = [...this.#sessions.values()].filter(
      ({ last_used_ms }) => now_ms - last_used_ms > SESSION_TIMEOUT_MS,
    );
    for (const { id } of silent) this.#sessions.delete(id);
    return silent;
  }

  /** Open Session Request → response. null: dropped. IPMI v2.0 13.17 */
  open(payload: Uint8Array): Uint8Array | null {
    const request = decodeOpenSessionRequest(payload);
    if (isFlaw(request)) return null;
    const reply = (status: number, session?: Session<User>): Uint8Array =>
      encodeV2Packet(
        PAYLOAD_TYPE.openSessionResponse,
        encodeOpenSessionResponse({
          ...request,
          status,
          privilege: session?.privilege_limit ?? request.privilege,
          managed_session_id: session?.id ?? 0,
        }),
      );
    const suite = suiteOf(request);
    if (suite === undefined || !this.#owner.cipher_suites.includes(suite.id)) return reply(STATUS.noSuite);
    if (request.privilege > ADMINISTRATOR) return reply(STATUS.invalidRole);
    if (!this.#makeRoom()) return reply(STATUS.noResources);
    const session: Session<User> = {
      id: this.#freeId(),
      console_session_id: request.console_session_id,
      suite,
      privilege_limit: request.privilege === 0 ? ADMINISTRATOR : request.privilege,
      privilege: USER_LEVEL,
      user: null,
      exchange: null,
      rakp4: null,
      channel: null,
      sequence_out: 0,
      highest_in: 0,
      seen: 0,
      answered: null,
      from: null,
      last_used_ms: this.#owner.now_ms(),
    };
    this.#exchanges.set(session.id, session);
    return reply(STATUS.ok, session);
  }

  /** Whom a RAKP 1 names, if it belongs to an exchange that is under way. */
  namedIn(payload: Uint8Array): string | null {
    const message = decodeRakp1(payload);
    if (isFlaw(message) || !this.#exchanges.has(message.managed_session_id)) return null;
    return nameOf(message.username);
  }

  /** RAKP 1 → RAKP 2. null: dropped. @param find a user that may log in. IPMI v2.0 13.20 */
  rakp1(payload: Uint8Array, find: (name: string) => User | undefined): Uint8Array | null {
    const message = decodeRakp1(payload);
    if (isFlaw(message)) return null;
    const session = this.#exchanges.get(message.managed_session_id);
    const reply = (status: number, exchange?: Exchange, auth_code: Uint8Array = EMPTY): Uint8Array =>
      encodeV2Packet(
        PAYLOAD_TYPE.rakp2,
        encodeRakp2({
          tag: message.tag,
          status,
          console_session_id: session?.console_session_id ?? 0,
          managed_random: exchange?.managed_random ?? EMPTY,
          guid: exchange?.guid ?? EMPTY,
          auth_code,
        }),
      );
    if (session === undefined) return reply(STATUS.invalidSession);
    const user = find(nameOf(message.username));
    if (user === undefined) return this.#refuse(session, reply(STATUS.unauthorizedName));
    const role = message.role & 0x0f;
    if (role > user.privilege || role > session.privilege_limit)
      return this.#refuse(session, reply(STATUS.unauthorizedRole));
    session.user = user;
    // A RAKP 1 that comes again gets the same random number, or its console could not go on.
    const known = session.exchange;
    const exchange: Exchange = {
      suite: session.suite,
      console_session_id: session.console_session_id,
      managed_session_id: session.id,
      console_random: message.console_random.slice(),
      managed_random: known?.managed_random ?? randomBytes(RANDOM_LENGTH),
      guid: this.#owner.guid,
      role: message.role,
      username: message.username.slice(),
    };
    session.exchange = exchange;
    return reply(STATUS.ok, exchange, rakp2AuthCode(exchange, passwordOf(user)));
  }

  /** RAKP 3 → RAKP 4; the session is open when the status is 0. null: dropped. IPMI v2.0 13.22 */
  rakp3(payload: Uint8Array): Uint8Array | null {
    const message = decodeRakp3(payload);
    if (isFlaw(message)) return null;
    const session = this.get(message.managed_session_id);
    const reply = (status: number, integrity_check: Uint8Array = EMPTY): Uint8Array =>
      encodeV2Packet(
        PAYLOAD_TYPE.rakp4,
        encodeRakp4({
          tag: message.tag,
          status,
          console_session_id: session?.console_session_id ?? 0,
          integrity_check,
        }),
      );
    if (session === undefined || session.exchange === null || session.user === null)
      return reply(STATUS.invalidSession);
    const { exchange, user } = session;
    const password = passwordOf(user);
    if (message.status !== 0) {
      this.close(session.id);
      return null;
    }
    if (!sameBytes(message.auth_code, rakp3AuthCode(exchange, password)))
      return this.#refuse(session, reply(STATUS.invalidIntegrityCheck));
    if (session.rakp4 === null) {
      const limited = this.#owner.exchange_limit !== undefined;
      if (limited && this.#sessions.size >= this.#owner.session_limit)
        return this.#refuse(session, reply(STATUS.noResources));
      const sik = sessionIntegrityKey(exchange, this.#owner.bmc_key ?? password);
      session.channel = new SealedChannel(sessionKeys(session.suite, sik));
      session.rakp4 = rakp4IntegrityCheck(exchange, sik);
      this.#exchanges.delete(session.id);
      this.#sessions.set(session.id, session);
    }
    session.last_used_ms = this.#owner.now_ms();
    return reply(STATUS.ok, session.rakp4);
  }

  /** Notes a sequence number. False: it came before or is too old; such a packet is dropped. IPMI v2.0 6.12.13 */
  isNew(session: OpenSession<User>, sequence: number): boolean {
    const ahead = sequence - session.highest_in;
    if (sequence === 0 || ahead > WINDOW || ahead <= -WINDOW) return false;
    if (ahead > 0) {
      session.seen = (session.seen << ahead) | 1;
      session.highest_in = sequence;
    } else {
      const bit = 1 << -ahead;
      if ((session.seen & bit) !== 0) return false;
      session.seen |= bit;
    }
    session.last_used_ms = this.#owner.now_ms();
    return true;
  }

  #refuse({ id }: Session<User>, reply: Uint8Array): Uint8Array {
    this.close(id);
    return reply;
  }

  /** False: there is no room for another exchange. */
  #makeRoom(): boolean {
    const { session_limit, exchange_limit } = this.#owner;
    if (exchange_limit === undefined) {
      this.expire();
      return this.size < session_limit;
    }
    const [oldest] = this.#exchanges.keys();
    if (oldest !== undefined && this.#exchanges.size >= exchange_limit) this.#exchanges.delete(oldest);
    return true;
  }

  #freeId(): number {
    for (;;) {
      const id = randomInt(1, 0xffff_ffff);
      if (this.get(id) === undefined) return id;
    }
  }
}

function nameOf(bytes: Uint8Array): string {
  // freeipmi pads names with zeros.
  return Buffer.from(bytes).toString('latin1').replace(/\0+$/, '');
}

function passwordOf(user: BmcUser): Uint8Array {
  return Buffer.from(user.password, 'utf8').subarray(0, 20);
}
