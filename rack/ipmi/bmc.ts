import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isFlaw } from '../../drivers/ipmi/codec/flaw.ts';
import { decodeRequest, encodeResponse, type RequestMessage } from '../../drivers/ipmi/codec/message.ts';
import {
  AUTH_TYPE,
  decodePacket,
  encodeV2Packet,
  encodeV15Packet,
  PAYLOAD_TYPE,
  type V2Packet,
  type V15Packet,
} from '../../drivers/ipmi/codec/packet.ts';
import { decodePresencePing, encodePresencePong, rmcpClass } from '../../drivers/ipmi/codec/rmcp.ts';
import { COMPLETION_CODE } from '../../drivers/ipmi/codec/status-codes.ts';
import { sendMessage } from '../../drivers/ipmi/commands/send-message.ts';
import { sameBytes } from '../../drivers/ipmi/crypto/rakp-keys.ts';
import {
  type BmcUser,
  type OpenSession,
  type Session,
  SessionTable,
} from '../../drivers/ipmi/managed/session-table.ts';
import { type SerialLine, SolPort } from '../../drivers/ipmi/managed/sol-port.ts';
import type { Machine } from '../machine.ts';
import type { BmcState } from './bmc-state.ts';
import { type BusDevice, trackedResponses } from './bridge.ts';
import { answerOnBus } from './bus.ts';
import { findHandler } from './command-table.ts';
import { SystemEventLog } from './event-log.ts';
import { firstLan } from './lan.ts';
import type { Parameters } from './parameters.ts';
import { PlainSessions } from './plain-sessions.ts';
import { Watchdog } from './watchdog.ts';
import { type BmcFaults, FaultyWire } from './wire-faults.ts';

export interface BmcOptions {
  machine: Machine;
  address: string;
  /** 0: any free one. */
  port: number;
  users: readonly BmcUser[];
  cipher_suites?: readonly number[];
  /** Of v1.5 sessions, by AUTH_TYPE. Default: there are none. */
  authentication_types?: readonly number[];
  max_sessions?: number;
  /** Time that a reset BMC answers nothing. */
  reset_ms?: number;
  /** K_G. Default: none. */
  bmc_key?: Uint8Array;
  /** The server's serial port, for Serial over LAN. */
  serial?: SerialLine;
  /** For faults that strike by chance. */
  random?: () => number;
}

const NO_FAULTS: BmcFaults = Object.freeze({});
const DEFAULT_SUITES: readonly number[] = Object.freeze([3, 17]);
const NO_TYPES: readonly number[] = Object.freeze([]);
const EMPTY: Uint8Array = new Uint8Array(0);
const NO_DEVICES: ReadonlyMap<number, BusDevice> = new Map();

/**
 * A BMC on the wire: RMCP+ over UDP in front of a virtual server. What it holds when nobody talks to it is a socket and
 * a few numbers, so that ten thousand of them fit into one process.
 */
export class Bmc implements BmcState, BusDevice, AsyncDisposable {
  readonly machine: Machine;
  readonly cipher_suites: readonly number[];
  readonly authentication_types: readonly number[];
  readonly max_sessions: number;
  readonly bmc_key: Uint8Array | null;
  users: readonly BmcUser[];
  /** May be changed at any time. */
  faults: BmcFaults = NO_FAULTS;
  clock_offset_ms = 0;
  /** Controllers behind it: other BMCs, that are on the LAN as well. May be set at any time. */
  bus: ReadonlyMap<number, BusDevice> = NO_DEVICES;
  #lan: Parameters | null = null;
  boot = { keep_flags_on: 0, set_in_progress: 0, flags_set_ms: 0 };
  /** Datagrams that came, that were answered, and that were dropped because they were wrong. */
  readonly counts = { received: 0, answered: 0, dropped: 0 };
  /** What was asked of it in sessions, by whom; null: it keeps no such log. */
  asked: { user: string; netfn: number; cmd: number; data: Uint8Array }[] | null = null;
  /** The server's serial port. May be set at any time; a console that is open keeps listening to the one before. */
  serial: SerialLine | null;
  readonly #reset_ms: number;
  readonly #random: () => number;
  readonly #socket: Socket;
  #sessions: SessionTable | null = null;
  #plain_sessions: PlainSessions | null = null;
  #sel: SystemEventLog | null = null;
  #sol: SolPort | null = null;
  #watchdog: Watchdog | null = null;
  #speed_select: Map<number, number> | null = null;
  #wire: FaultyWire | null = null;
  #silent_until_ms = 0;
  #flap = false;

  private constructor(options: BmcOptions, socket: Socket) {
    this.machine = options.machine;
    this.users = options.users;
    this.cipher_suites = options.cipher_suites ?? DEFAULT_SUITES;
    this.authentication_types = options.authentication_types ?? NO_TYPES;
    this.max_sessions = options.max_sessions ?? 16;
    this.bmc_key = options.bmc_key ?? null;
    this.serial = options.serial ?? null;
    this.#reset_ms = options.reset_ms ?? 0;
    this.#random = options.random ?? Math.random;
    this.#socket = socket;
    socket.on('message', (datagram, from) => this.#receive(datagram, from));
  }

  /** Starts listening. @throws when the address is in use or not ours. */
  static async start(options: BmcOptions): Promise<Bmc> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: options.address, port: options.port, exclusive: true }, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    return new Bmc(options, socket);
  }

  get address(): string {
    return this.#socket.address().address;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** The system's UUID, its fields from the last to the first. IPMI v2.0 20.8 */
  get guid(): Uint8Array {
    return Uint8Array.from(Buffer.from(this.machine.identity.uuid.replaceAll('-', ''), 'hex').reverse());
  }

  get lan(): Parameters {
    this.#lan ??= firstLan(this.address, this.machine.identity.macs[0] ?? '');
    return this.#lan;
  }

  get sel(): SystemEventLog {
    this.#sel ??= new SystemEventLog();
    return this.#sel;
  }

  get sol(): SolPort {
    this.#sol ??= new SolPort({
      clock: this.machine.clock,
      serial: () => this.serial,
      isOpen: (session) => this.#sessions?.get(session.id) === session,
      send: (session, payload) => this.#sendSol(session, payload),
      takes: () => this.faults.console_takes ?? Number.POSITIVE_INFINITY,
    });
    return this.#sol;
  }

  get speed_select(): Map<number, number> {
    this.#speed_select ??= new Map();
    return this.#speed_select;
  }

  get watchdog(): Watchdog {
    this.#watchdog ??= new Watchdog(this.machine);
    return this.#watchdog;
  }

  get plain_sessions(): PlainSessions {
    this.#plain_sessions ??= new PlainSessions(this);
    return this.#plain_sessions;
  }

  get #table(): SessionTable {
    this.#sessions ??= new SessionTable(this);
    return this.#sessions;
  }

  get session_limit(): number {
    return this.faults.session_table_full === true ? 0 : this.max_sessions;
  }

  get open_sessions(): number {
    return (this.#sessions?.size ?? 0) + (this.#plain_sessions?.size ?? 0);
  }

  now_ms(): number {
    return this.machine.clock.now();
  }

  toldPower(): 'on' | 'off' {
    const { power_lie, power_flaps } = this.faults;
    const { power } = this.machine;
    if (power_flaps === true) this.#flap = !this.#flap;
    if (power_flaps === true && this.#flap) return power === 'on' ? 'off' : 'on';
    return power_lie ?? power;
  }

  closeSession(id: number): boolean {
    return this.#sessions?.close(id) === true || this.#plain_sessions?.close(id) === true;
  }

  /** Nothing is wrong with it any more. */
  heal(): void {
    this.faults = NO_FAULTS;
  }

  /** Forgets all sessions and is silent for a while, as after a firmware crash. The server goes on. */
  reset(kind: 'warm' | 'cold'): void {
    this.machine.note('bmc reset', kind);
    this.#sessions = null;
    this.#plain_sessions = null;
    this.#silent_until_ms = this.now_ms() + this.#reset_ms;
  }

  answerBus(message: Uint8Array): Uint8Array | null {
    return this.faults.silent === true ? null : answerOnBus(this, message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sol?.close();
    this.#watchdog?.stop();
    this.#wire?.close();
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  #receive(datagram: Uint8Array, from: RemoteInfo): void {
    this.counts.received += 1;
    if (this.#silent_until_ms > 0 && this.now_ms() < this.#silent_until_ms) return;
    if (this.faults !== NO_FAULTS && !this.#faultyWire().lets(this.faults)) return;
    const replies = this.#answer(datagram, from);
    if (replies === null) {
      this.counts.dropped += 1;
      return;
    }
    if (replies.length > 0) this.counts.answered += 1;
    for (const reply of replies) this.#send(reply, from);
  }

  #send(datagram: Uint8Array, to: { address: string; port: number }): void {
    const send = (bytes: Uint8Array): void => {
      // A reply that cannot be sent is a reply that was lost: the console asks again.
      this.#socket.send(bytes, to.port, to.address, () => {});
    };
    if (this.faults === NO_FAULTS) send(datagram);
    else this.#faultyWire().reply(datagram, this.faults, send);
  }

  #sendSol(session: Session, payload: Uint8Array): void {
    const { channel, from } = session;
    if (channel === null || from === null) return;
    session.sequence_out += 1;
    this.#send(
      channel.seal(session.console_session_id, session.sequence_out, payload, PAYLOAD_TYPE.sol),
      from,
    );
  }

  #faultyWire(): FaultyWire {
    this.#wire ??= new FaultyWire(this.machine.clock, this.#random);
    return this.#wire;
  }

  /** null: the datagram is dropped; none: it was used, and has no reply of its own. */
  #answer(datagram: Uint8Array, from: RemoteInfo): readonly Uint8Array[] | null {
    if (rmcpClass(datagram) === 'asf') {
      const ping = decodePresencePing(datagram);
      return isFlaw(ping) ? null : [encodePresencePong(ping.tag)];
    }
    const packet = decodePacket(datagram);
    if (isFlaw(packet)) return null;
    if (packet.version === 1.5) {
      if (packet.session_id !== 0) return this.#answerPlain(packet);
      if (packet.auth_type !== AUTH_TYPE.none) return null;
      return this.#runMessage(packet.payload, null)?.map(encodeV15Packet) ?? null;
    }
    if (packet.session_id !== 0) return this.#answerInSession(packet, from);
    if (packet.authenticated || packet.encrypted) return null;
    return this.#answerOutside(packet);
  }

  #answerOutside(packet: V2Packet): readonly Uint8Array[] | null {
    switch (packet.payload_type) {
      case PAYLOAD_TYPE.openSessionRequest:
        return one(this.#table.open(packet.payload));
      case PAYLOAD_TYPE.rakp1:
        return one(
          this.#table.rakp1(packet.payload, (name) =>
            this.users.find((user) => user.name === name && user.enabled !== false),
          ),
        );
      case PAYLOAD_TYPE.rakp3:
        return one(this.#table.rakp3(packet.payload));
      case PAYLOAD_TYPE.ipmi:
        return (
          this.#runMessage(packet.payload, null)?.map((message) =>
            encodeV2Packet(PAYLOAD_TYPE.ipmi, message),
          ) ?? null
        );
      default:
        return null;
    }
  }

  #answerPlain(packet: V15Packet): readonly Uint8Array[] | null {
    const table = this.#table;
    return this.plain_sessions.answer(
      packet,
      (message, session) => this.#runMessage(message, session),
      (session, sequence) => table.isNew(session, sequence),
    );
  }

  #answerInSession(packet: V2Packet, from: RemoteInfo): readonly Uint8Array[] | null {
    const sessions = this.#sessions;
    const session = sessions?.get(packet.session_id);
    if (session?.channel == null) return null;
    const { channel } = session;
    const opened = channel.open(packet);
    if (isFlaw(opened) || sessions?.isNew(session, packet.sequence) !== true) return null;
    session.from = from;
    if (packet.payload_type === PAYLOAD_TYPE.sol) {
      this.sol.receive(session, opened);
      return [];
    }
    if (packet.payload_type !== PAYLOAD_TYPE.ipmi) return null;
    return (
      this.#runMessage(opened, session)?.map((message) => {
        session.sequence_out += 1;
        return channel.seal(session.console_session_id, session.sequence_out, message);
      }) ?? null
    );
  }

  /** Carries a message out; null: it is none. A request that comes again is answered again without being carried out again. */
  #runMessage(bytes: Uint8Array, session: OpenSession | null): Uint8Array[] | null {
    const request = decodeRequest(bytes);
    if (isFlaw(request)) return null;
    const { busy = 0 } = this.faults;
    if (session !== null && busy > 0) {
      this.faults = { ...this.faults, busy: busy - 1 };
      return [encodeResponse(request, COMPLETION_CODE.nodeBusy, EMPTY)];
    }
    const before = session?.answered;
    if (before != null && sameBytes(before.request, bytes)) return this.#responses(request, before);
    const { netfn, cmd } = request;
    this.asked?.push({ user: session?.user?.name ?? '', netfn, cmd, data: Uint8Array.from(request.data) });
    const handler = findHandler(netfn, cmd);
    let code: number = COMPLETION_CODE.ok;
    let data = EMPTY;
    if (handler === undefined || (session === null && handler.privilege !== null))
      code = handler === undefined ? COMPLETION_CODE.invalidCommand : COMPLETION_CODE.insufficientPrivilege;
    else if (session !== null && session.privilege < (handler.privilege ?? 0))
      code = COMPLETION_CODE.insufficientPrivilege;
    else {
      const answer = handler.answer(this, request.data, session);
      if ('data' in answer) data = answer.data;
      else code = answer.code;
    }
    if (session !== null) session.answered = { request: Uint8Array.from(bytes), code, data };
    return this.#responses(request, { code, data });
  }

  #responses(request: RequestMessage, { code, data }: { code: number; data: Uint8Array }): Uint8Array[] {
    const is_bridged =
      request.cmd === sendMessage.cmd && request.netfn === sendMessage.netfn && data.length > 0;
    return is_bridged && this.faults.embeds_bridged !== true
      ? trackedResponses(request, data)
      : [encodeResponse(request, code, data)];
  }
}

function one(reply: Uint8Array | null): Uint8Array[] | null {
  return reply === null ? null : [reply];
}
