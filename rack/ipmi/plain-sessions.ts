import { randomBytes, randomInt } from 'node:crypto';
import { isFlaw } from '../../drivers/ipmi/codec/flaw.ts';
import { decodeRequest, encodeResponse, type RequestMessage } from '../../drivers/ipmi/codec/message.ts';
import type { V15Packet } from '../../drivers/ipmi/codec/packet.ts';
import { COMPLETION_CODE } from '../../drivers/ipmi/codec/status-codes.ts';
import { activateSession, type SessionActivation } from '../../drivers/ipmi/commands/activate-session.ts';
import { CHALLENGE_LENGTH, getSessionChallenge } from '../../drivers/ipmi/commands/get-session-challenge.ts';
import { PlainChannel } from '../../drivers/ipmi/crypto/plain-channel.ts';
import { sameBytes } from '../../drivers/ipmi/crypto/rakp-keys.ts';
import type { BmcUser, OpenSession } from '../../drivers/ipmi/managed/session-table.ts';
import type { BmcState } from './bmc-state.ts';
import { on, type Row } from './handler.ts';

/** A log-in that was begun. */
interface Challenge {
  user: BmcUser;
  auth_type: number;
  challenge: Uint8Array;
}

interface PlainSession extends OpenSession {
  channel: PlainChannel;
}

const UNKNOWN_USER = 0x81;
const FULL = 0x81;
const BAD_SEQUENCE = 0x84;
const BAD_PRIVILEGE = 0x86;
const NO_DATA = new Uint8Array(0);
/** Log-ins that may be under way; the oldest makes room. */
const MOST_CHALLENGES = 16;
const SESSION_TIMEOUT_MS = 60_000;
const USER_LEVEL = 2;

/** A BMC's sessions of IPMI v1.5. IPMI v2.0 6.12, 22.16, 22.17 */
export class PlainSessions {
  readonly #bmc: BmcState;
  readonly #challenges = new Map<number, Challenge>();
  readonly #sessions = new Map<number, PlainSession>();

  constructor(bmc: BmcState) {
    this.#bmc = bmc;
  }

  get size(): number {
    return this.#sessions.size;
  }

  close(id: number): boolean {
    return this.#sessions.delete(id);
  }

  challenge(auth_type: number, user: BmcUser): { session_id: number; challenge: Uint8Array } {
    const [oldest] = this.#challenges.keys();
    if (oldest !== undefined && this.#challenges.size >= MOST_CHALLENGES) this.#challenges.delete(oldest);
    const session_id = this.#freeId();
    const challenge = randomBytes(CHALLENGE_LENGTH);
    this.#challenges.set(session_id, { user, auth_type, challenge });
    return { session_id, challenge };
  }

  /** The answers to a packet with a session id. @param run carries a message out @param isNew tells whether a number came before */
  answer(
    packet: V15Packet,
    run: (message: Uint8Array, session: OpenSession) => Uint8Array[] | null,
    isNew: (session: OpenSession, sequence: number) => boolean,
  ): Uint8Array[] | null {
    const session = this.#sessions.get(packet.session_id);
    if (session === undefined) return this.#activate(packet);
    const message = session.channel.open(packet);
    if (isFlaw(message) || !isNew(session, packet.sequence)) return null;
    const responses = run(message, session);
    return responses?.map((response) => this.#seal(session, packet.session_id, response)) ?? null;
  }

  /** What is not proved is not answered. */
  #activate(packet: V15Packet): Uint8Array[] | null {
    const begun = this.#challenges.get(packet.session_id);
    if (begun === undefined) return null;
    const { user, auth_type, challenge } = begun;
    const channel = new PlainChannel(auth_type, Buffer.from(user.password, 'utf8'));
    const message = channel.open(packet);
    const request = isFlaw(message) ? message : decodeRequest(message);
    if (isFlaw(request) || request.cmd !== activateSession.cmd) return null;
    const wanted = activateSession.decodeRequest(request.data);
    if (isFlaw(wanted) || !sameBytes(wanted.challenge, challenge)) return null;
    const reply = (response: Uint8Array): Uint8Array[] => [
      channel.seal(packet.session_id, wanted.outbound_sequence, response),
    ];
    const refuse = (code: number): Uint8Array[] => reply(encodeResponse(request, code, NO_DATA));
    if (wanted.outbound_sequence === 0) return refuse(BAD_SEQUENCE);
    if (wanted.privilege > user.privilege) return refuse(BAD_PRIVILEGE);
    this.#expire();
    if (this.#bmc.open_sessions >= this.#bmc.session_limit) return refuse(FULL);
    this.#challenges.delete(packet.session_id);
    return reply(this.#open(request, wanted, user, channel));
  }

  #open(
    request: RequestMessage,
    { auth_type, privilege, outbound_sequence }: SessionActivation,
    user: BmcUser,
    channel: PlainChannel,
  ): Uint8Array {
    const inbound_sequence = randomInt(1, 0x7fff_ffff);
    const session: PlainSession = {
      id: this.#freeId(),
      privilege_limit: privilege,
      privilege: USER_LEVEL,
      user,
      channel,
      sequence_out: outbound_sequence,
      highest_in: inbound_sequence - 1,
      seen: 0,
      answered: null,
      last_used_ms: this.#bmc.now_ms(),
    };
    this.#sessions.set(session.id, session);
    const data = { auth_type, session_id: session.id, inbound_sequence, privilege };
    return encodeResponse(request, COMPLETION_CODE.ok, activateSession.encodeResponse(data));
  }

  #seal(session: PlainSession, id: number, response: Uint8Array): Uint8Array {
    session.sequence_out += 1;
    return session.channel.seal(id, session.sequence_out, response);
  }

  #expire(): void {
    const now_ms = this.#bmc.now_ms();
    for (const { id, last_used_ms } of this.#sessions.values())
      if (now_ms - last_used_ms > SESSION_TIMEOUT_MS) this.#sessions.delete(id);
  }

  #freeId(): number {
    for (;;) {
      const id = randomInt(1, 0xffff_ffff);
      if (!this.#sessions.has(id) && !this.#challenges.has(id)) return id;
    }
  }
}

/** IPMI v2.0 22.16. Activate Session is answered by the sessions: it comes authenticated. */
export const PLAIN_SESSION_ROWS: readonly Row[] = [
  on(getSessionChallenge, (bmc, { auth_type, username }) => {
    if (!bmc.authentication_types.includes(auth_type)) return COMPLETION_CODE.invalidData;
    const name = Buffer.from(username).toString('latin1');
    const user = bmc.users.find((each) => each.name === name && each.enabled !== false);
    return user === undefined ? UNKNOWN_USER : bmc.plain_sessions.challenge(auth_type, user);
  }),
];
