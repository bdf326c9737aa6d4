import { randomBytes } from 'node:crypto';
import { createThrottle, type Throttle } from '../../api/identity/throttle.ts';
import type { ConsoleWay } from '../../conductor/consoles/viewer.ts';
import type { Store } from '../../db/store.ts';
import { isFlaw } from '../../drivers/ipmi/codec/flaw.ts';
import { decodeRequest, encodeResponse, type RequestMessage } from '../../drivers/ipmi/codec/message.ts';
import {
  AUTH_TYPE,
  decodePacket,
  encodeV2Packet,
  encodeV15Packet,
  PAYLOAD_TYPE,
  type V2Packet,
} from '../../drivers/ipmi/codec/packet.ts';
import { decodePresencePing, encodePresencePong, rmcpClass } from '../../drivers/ipmi/codec/rmcp.ts';
import { COMPLETION_CODE } from '../../drivers/ipmi/codec/status-codes.ts';
import { sameBytes } from '../../drivers/ipmi/crypto/rakp-keys.ts';
import { type BmcUser, type Session, SessionTable } from '../../drivers/ipmi/managed/session-table.ts';
import { findNamedLease, type GoodLease } from '../leases.ts';
import { note } from '../note.ts';
import { Holder, type HolderParts } from './holder.ts';
import { answerOwn } from './own-commands.ts';
import { SolDesk } from './sol-desk.ts';
import { upstreamProblem } from './upstream.ts';

export interface IpmiGatewayOptions extends HolderParts {
  store: HolderParts['store'] & Pick<Store, 'nodes'>;
  /** The way to serial ports. */
  consoles: ConsoleWay;
  /** The UDP port that clients are told, which the answer to an activation of Serial over LAN repeats. Default: that which it listens on. */
  told_port?: number;
}

/** Where a datagram came from, and its answer goes to. */
export interface Source {
  address: string;
  port: number;
}

interface LeaseUser extends BmcUser {
  good: GoodLease;
}

/** What an open session has besides its keys. */
interface Open {
  holder: Holder;
  /** The request that is being answered; the same again is the client's impatience, another one waits for it. */
  under_way: Uint8Array | null;
}

const SESSIONS = 1000;
const EXCHANGES = 1024;
const SESSIONS_OF_A_LEASE = 8;
/** Names that are looked up at once; who comes then asks again. */
const LOOKUPS = 64;
const SWEEP_MS = 5000;
const ADMINISTRATOR = 4;
/** Wrong log-ins from one address that cost no wait, and the longest wait. */
const BAD_LOGINS = { attempts: 10, longest_s: 60 };
/** Offset of the status of RAKP 4 in its datagram. IPMI v2.0 13.23 */
const STATUS_AT = 17;

/**
 * IPMI over LAN for holders of leases: the managed system's end of RMCP+, with the leases for users. What is asked in a session is judged
 * by the allow-list and written down before anything is sent to the BMC, by the account of the lease.
 */
export class IpmiGateway implements AsyncDisposable {
  readonly cipher_suites = [3, 17] as const;
  readonly session_limit = SESSIONS;
  readonly exchange_limit = EXCHANGES;
  /** Of this gateway, not of any server. */
  readonly guid: Uint8Array = randomBytes(16);
  readonly #options: IpmiGatewayOptions;
  readonly #send: (datagram: Uint8Array, to: Source) => void;
  readonly #table = new SessionTable<LeaseUser>(this);
  readonly #open = new Map<number, Open>();
  readonly #throttle: Throttle;
  readonly #sol: SolDesk;
  readonly #ended = new AbortController();
  readonly #work = new Set<Promise<unknown>>();
  #lookups = 0;

  /** @param port the UDP port that it listens on */
  constructor(options: IpmiGatewayOptions, port: number, send: (datagram: Uint8Array, to: Source) => void) {
    this.#options = options;
    this.#send = send;
    this.#throttle = createThrottle({ ...BAD_LOGINS, clock: options.clock });
    this.#sol = new SolDesk({
      ...options,
      port: options.told_port ?? port,
      isOpen: (session) => this.#table.get(session.id) === session,
      send: (session, payload) => {
        if (session.from !== null) this.#seal(session, payload, session.from, PAYLOAD_TYPE.sol);
      },
    });
    this.#track(this.#sweep());
  }

  now_ms(): number {
    return this.#options.clock.monotonic();
  }

  /** Sessions that are open now. */
  get sessions(): number {
    return this.#open.size;
  }

  /** Takes a datagram as it came. What is not right is dropped. */
  receive(datagram: Uint8Array, from: Source): void {
    if (rmcpClass(datagram) === 'asf') {
      const ping = decodePresencePing(datagram);
      if (!isFlaw(ping)) this.#send(encodePresencePong(ping.tag), from);
      return;
    }
    const packet = decodePacket(datagram);
    if (isFlaw(packet)) return;
    if (packet.version === 1.5) {
      if (packet.session_id === 0 && packet.auth_type === AUTH_TYPE.none)
        this.#reply(this.#beforeSession(packet.payload, encodeV15Packet), from);
    } else if (packet.session_id !== 0) this.#inSession(packet, from);
    else if (!packet.authenticated && !packet.encrypted) this.#logIn(packet, from);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(new Error('The gateway ends.'));
    for (const id of this.#open.keys()) this.#close(id);
    await Promise.all(this.#work);
    await this.#sol.settled();
  }

  #reply(datagram: Uint8Array | null, to: Source): void {
    if (datagram !== null) this.#send(datagram, to);
  }

  #logIn({ payload_type, payload }: V2Packet, from: Source): void {
    if (this.#throttle.wait_s(from.address) > 0) return;
    switch (payload_type) {
      case PAYLOAD_TYPE.openSessionRequest:
        this.#reply(this.#table.open(payload), from);
        return;
      case PAYLOAD_TYPE.rakp1:
        if (this.#lookups < LOOKUPS) this.#track(this.#rakp1(Uint8Array.from(payload), from));
        return;
      case PAYLOAD_TYPE.rakp3:
        this.#rakp3(payload, from);
        return;
      case PAYLOAD_TYPE.ipmi:
        this.#reply(
          this.#beforeSession(payload, (message) => encodeV2Packet(PAYLOAD_TYPE.ipmi, message)),
          from,
        );
    }
  }

  async #rakp1(payload: Uint8Array, from: Source): Promise<void> {
    const name = this.#table.namedIn(payload);
    if (name === null) return;
    this.#lookups += 1;
    try {
      const good = await findNamedLease(this.#options.store, name);
      const problem = good === null ? null : upstreamProblem(good);
      if (good !== null && problem !== null)
        await note(this.#options, good, { method: 'IPMI', path: 'log-in', status: 0x0d, why: problem });
      if (good === null) this.#throttle.failed(from.address);
      // Whatever level is asked for is granted: what counts is the role of the lease.
      const user: LeaseUser | undefined =
        good === null || problem !== null
          ? undefined
          : { name, password: good.password, privilege: ADMINISTRATOR, good };
      this.#reply(
        this.#table.rakp1(payload, () => user),
        from,
      );
    } finally {
      this.#lookups -= 1;
    }
  }

  #rakp3(payload: Uint8Array, from: Source): void {
    const reply = this.#table.rakp3(payload);
    // No reply: who logs in found that we do not know the password which it has.
    if (reply === null || reply[STATUS_AT] !== 0) this.#throttle.failed(from.address);
    else this.#throttle.succeeded(from.address);
    this.#reply(reply, from);
  }

  /** What is answered to anybody: how to log in. */
  #beforeSession(bytes: Uint8Array, wrap: (message: Uint8Array) => Uint8Array): Uint8Array | null {
    const request = decodeRequest(bytes);
    if (isFlaw(request)) return null;
    const own = answerOwn(request, null, this.cipher_suites);
    const { code, data } = own ?? { code: COMPLETION_CODE.insufficientPrivilege, data: new Uint8Array(0) };
    return wrap(encodeResponse(request, code, data));
  }

  #inSession(packet: V2Packet, from: Source): void {
    const session = this.#table.get(packet.session_id);
    if (session?.channel == null) return;
    const opened = session.channel.open(packet);
    if (isFlaw(opened) || !this.#table.isNew(session, packet.sequence)) return;
    session.from = from;
    if (packet.payload_type === PAYLOAD_TYPE.sol) this.#sol.receive(session, opened);
    if (packet.payload_type !== PAYLOAD_TYPE.ipmi) return;
    const bytes = Uint8Array.from(opened);
    const request = decodeRequest(bytes);
    if (isFlaw(request)) return;
    const before = session.answered;
    if (before !== null && sameBytes(before.request, bytes)) {
      this.#seal(session, encodeResponse(request, before.code, before.data), from);
      return;
    }
    const open = this.#opened(session);
    if (open === null || open.under_way !== null) return;
    open.under_way = bytes;
    this.#track(this.#carryOut(session, open, request, from));
  }

  async #carryOut(
    session: Session<LeaseUser>,
    open: Open,
    request: RequestMessage,
    from: Source,
  ): Promise<void> {
    const own = answerOwn(request, session, this.cipher_suites);
    try {
      const sol = own === null ? await this.#sol.answer(request, session, open.holder.good) : undefined;
      const answer = own ?? (sol === undefined ? await open.holder.answer(request) : sol);
      if (answer === null || this.#table.get(session.id) !== session) {
        this.#close(session.id);
        return;
      }
      const { code, data } = answer;
      session.answered = { request: open.under_way ?? new Uint8Array(0), code, data };
      this.#seal(session, encodeResponse(request, code, data), from);
      sol?.sent?.();
      if (own?.closes === true) this.#close(session.id);
    } catch (error) {
      // Nothing is said: who asked asks again, and by then the database may answer.
      this.#options.log.warn({ err: error }, 'the gateway failed to answer');
    } finally {
      open.under_way = null;
    }
  }

  #seal(session: Session, payload: Uint8Array, to: Source, payload_type?: number): void {
    session.sequence_out += 1;
    const { console_session_id, sequence_out } = session;
    const sealed = session.channel?.seal(console_session_id, sequence_out, payload, payload_type);
    if (sealed !== undefined) this.#send(sealed, to);
  }

  #opened({ id, user }: Session<LeaseUser>): Open | null {
    const known = this.#open.get(id);
    if (known !== undefined || user === null) return known ?? null;
    const of_lease = [...this.#open].filter(
      ([, { holder }]) => holder.good.lease.uuid === user.good.lease.uuid,
    );
    // The oldest makes room, but not one with a console open: that goes on.
    const oldest = of_lease.find(([one]) => !this.#sol.holds({ id: one }));
    if (oldest !== undefined && of_lease.length >= SESSIONS_OF_A_LEASE) this.#close(oldest[0]);
    const holder = new Holder(this.#options, user.good, () => this.#close(id));
    const open: Open = { holder, under_way: null };
    this.#open.set(id, open);
    return open;
  }

  #close(id: number, session = this.#table.get(id)): void {
    // Its console is told before, while it can be.
    if (session !== undefined) this.#sol.close(session, 'The session ended.');
    this.#table.close(id);
    const open = this.#open.get(id);
    this.#open.delete(id);
    if (open !== undefined) this.#track(open.holder[Symbol.asyncDispose]());
  }

  async #sweep(): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      try {
        await clock.sleep(SWEEP_MS, this.#ended.signal);
      } catch {
        return;
      }
      for (const session of this.#table.expire()) this.#close(session.id, session);
    }
  }

  #track(work: Promise<unknown>): void {
    const tracked = work
      .catch((error: unknown) => this.#options.log.warn({ err: error }, 'the gateway failed'))
      .finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }
}
