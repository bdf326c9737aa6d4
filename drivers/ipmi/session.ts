import { bridgedAnswer, encodeBridged, type Route } from './bridge.ts';
import type { Call } from './call.ts';
import { type Flaw, isFlaw } from './codec/flaw.ts';
import { decodeResponse, encodeRequest, type ResponseMessage } from './codec/message.ts';
import { PAYLOAD_TYPE, type Packet, type V2Packet } from './codec/packet.ts';
import { closeSession } from './commands/close-session.ts';
import type { Command } from './commands/command.ts';
import { PRIVILEGE } from './commands/command.ts';
import type { Deadline, Deadlines } from './deadlines.ts';
import { ReplayWindow } from './replay-window.ts';
import type { RoundTrip, RoundTrips } from './round-trips.ts';
import type { DropReason, Endpoint, Receiver, UdpChannel } from './udp.ts';

/** What sessions share. */
export interface Transport {
  readonly udp: UdpChannel;
  readonly deadlines: Deadlines;
  readonly now: () => number;
  readonly round_trips: RoundTrips;
  /** Before an unanswered datagram is sent again, the longest. */
  readonly command_timeout_ms: number;
}

/** A request that was sent as often as allowed and found no answer, or whose call came to its deadline. */
export class NoAnswer extends Error {
  readonly at_deadline: boolean;
  /** Times that it was sent. */
  readonly sends: number;

  constructor(at_deadline: boolean, sends: number) {
    super('no answer');
    this.name = 'NoAnswer';
    this.at_deadline = at_deadline;
    this.sends = sends;
  }
}

/** What may be done with a packet that is looked at. */
export interface Turn<Answer> {
  answer(value: Answer): void;
  /** Sends the request again now, as if its time had come. */
  resend(): void;
}

/** Who takes the Serial over LAN packets of a session. */
export interface SolReceiver {
  /** Takes a payload that was authenticated and decrypted; null: it was used. */
  receive(payload: Uint8Array): DropReason | null;
  /** The session is over. */
  sessionEnded(): void;
}

interface Waiting extends Deadline {
  /** The packet's outcome: null when it was the answer. */
  accept(packet: Packet): DropReason | null;
}

/** What makes datagrams of messages and tells whether they are the BMC's. */
export interface Channel {
  seal(session_id: number, sequence: number, message: Uint8Array, payload_type?: number): Uint8Array;
  open(packet: Packet): Uint8Array | Flaw;
}

/** A close that is not answered is not worth more: the BMC forgets the session by itself. IPMI v2.0 6.12.15 */
const CLOSE_SENDS = 2;
const LAST_SEQUENCE = 0xffff_fff0;

/** The console's end of one session, of RMCP+ or of v1.5, from the first setup message on. One exchange at a time. */
export class Session implements Receiver {
  readonly endpoint: Endpoint;
  readonly console_session_id: number;
  /** The level in force: sessions begin at USER, whatever was requested. IPMI v2.0 22.18 */
  privilege: number = PRIVILEGE.user;
  /** The level was raised to what was requested: there is no higher one. */
  raised = false;
  /** It answered before: silence may mean that the BMC forgot it. */
  used = false;
  sol: SolReceiver | null = null;
  readonly #version: Packet['version'];
  readonly #transport: Transport;
  readonly #round_trip: RoundTrip;
  #waiting: Waiting | null = null;
  #channel: Channel | null = null;
  #managed_session_id = 0;
  #sequence = 0;
  #rq_seq = 0;
  readonly #window = new ReplayWindow();

  constructor(
    transport: Transport,
    endpoint: Endpoint,
    console_session_id: number,
    version: Packet['version'] = 2,
  ) {
    this.#version = version;
    this.#transport = transport;
    this.#round_trip = transport.round_trips.of(endpoint);
    this.endpoint = endpoint;
    this.console_session_id = console_session_id;
    transport.udp.register(console_session_id, this);
  }

  /** From here on packets are sealed. @param sequence the number before that of the first one */
  activate(managed_session_id: number, channel: Channel, sequence = 0): void {
    this.#managed_session_id = managed_session_id;
    this.#channel = channel;
    this.#sequence = sequence;
    if (this.#version === 2) this.#transport.udp.endSetup(this);
  }

  /** True when its sequence numbers are used up. */
  get exhausted(): boolean {
    return this.#sequence >= LAST_SEQUENCE;
  }

  /**
   * Sends a command and resolves with the response, whatever its completion code.
   * @param route to a controller behind the BMC; null: the command is for the BMC. One that cannot be handed on is answered by Send Message.
   * @throws NoAnswer, or the reason of an abort
   */
  request<Request, Response>(
    command: Command<Request, Response>,
    request: Request,
    call: Call,
    sends: number,
    route: Route | null = null,
  ): Promise<ResponseMessage> {
    return this.#request(command, request, call, sends, route, () => ++this.#sequence);
  }

  /** Sends the command that turns a v1.5 log-in into a session, and has no number yet. */
  requestFirst<Request, Response>(
    command: Command<Request, Response>,
    request: Request,
    call: Call,
    sends: number,
  ): Promise<ResponseMessage> {
    return this.#request(command, request, call, sends, null, () => 0);
  }

  async #request<Request, Response>(
    command: Command<Request, Response>,
    request: Request,
    call: Call,
    sends: number,
    route: Route | null,
    number: () => number,
  ): Promise<ResponseMessage> {
    const channel = this.#channel;
    if (channel === null) throw new Error('The session is not active.');
    this.#rq_seq = (this.#rq_seq + 1) & 0x3f;
    const rq_seq = this.#rq_seq;
    const { netfn, cmd } = command;
    const plain = { netfn, cmd, rq_seq, data: command.encodeRequest(request) };
    const message = route === null ? encodeRequest(plain) : encodeBridged(route, plain);
    // Sent again under the same rqSeq, so that the BMC can tell, and a new session sequence number: IPMI v2.0 6.12.13
    return this.exchange(
      () => channel.seal(this.#managed_session_id, number(), message),
      (packet, turn) => {
        if (packet.payload_type !== PAYLOAD_TYPE.ipmi) return 'unexpected';
        const response = decodeResponse(packet.payload);
        if (isFlaw(response)) return response;
        if (response.rq_seq !== rq_seq) return 'unexpected';
        const answer =
          route !== null
            ? bridgedAnswer(response, command)
            : response.cmd === cmd && response.netfn === (netfn | 1)
              ? response
              : null;
        if (answer === null) return 'unexpected';
        this.used = true;
        call.heard = true;
        if (answer !== 'handed-on') turn.answer(answer);
        return null;
      },
      call,
      sends,
      command.repeatable === true,
    );
  }

  /**
   * Sends what `build` makes, again and again, until `accept` finds the answer in a packet.
   * @param repeatable sent again as soon as it is late for this BMC, instead of after command_timeout; the last answer is
   *   waited for until `sends` times command_timeout are over, either way
   * @throws NoAnswer after `sends` tries or at the call's deadline, or the reason of an abort
   */
  exchange<Answer>(
    build: () => Uint8Array,
    accept: (packet: Packet, turn: Turn<Answer>) => DropReason | null,
    call: Call,
    sends: number,
    repeatable: boolean,
  ): Promise<Answer> {
    const { udp, deadlines, now, command_timeout_ms } = this.#transport;
    const round_trip = this.#round_trip;
    const start_ms = now();
    return new Promise((resolve, reject) => {
      call.throwIfEnded();
      let sent = 0;
      const end = (): void => {
        deadlines.delete(waiting);
        this.#waiting = null;
        call.cancel = null;
      };
      const send = (): void => {
        sent += 1;
        const wait_ms = repeatable ? round_trip.timeout_ms : command_timeout_ms;
        const due_ms = sent < sends ? now() + wait_ms : start_ms + sends * command_timeout_ms;
        waiting.due_ms = Math.min(due_ms, call.deadline_ms);
        deadlines.add(waiting);
        udp.send(build(), this.endpoint);
      };
      const answer = (value: Answer): void => {
        end();
        // Whose answer it is would be a guess after a repetition (Karn), and what changes something may take its time.
        if (sent === 1 && repeatable) round_trip.measured(now() - start_ms);
        call.heard = true;
        resolve(value);
      };
      const turn: Turn<Answer> = { answer, resend: send };
      const waiting: Waiting = {
        due_ms: 0,
        accept: (packet) => accept(packet, turn),
        expire: () => {
          const at_deadline = now() >= call.deadline_ms;
          if (repeatable && !at_deadline) round_trip.missed();
          if (!at_deadline && sent < sends) {
            send();
            return;
          }
          end();
          reject(new NoAnswer(at_deadline, sent));
        },
      };
      this.#waiting = waiting;
      call.cancel = (reason) => {
        end();
        reject(reason);
      };
      send();
    });
  }

  /** Sends a Serial over LAN packet. False: the session cannot send any more. */
  sendSol(payload: Uint8Array): boolean {
    if (this.#channel === null || this.exhausted) return false;
    this.#transport.udp.send(
      this.#channel.seal(this.#managed_session_id, ++this.#sequence, payload, PAYLOAD_TYPE.sol),
      this.endpoint,
    );
    return true;
  }

  receive(packet: Packet): DropReason | null {
    if (packet.version !== this.#version) return 'unsupported';
    if (packet.version === 2) return this.#receiveV2(packet);
    if (packet.session_id !== (this.#channel === null ? 0 : this.#managed_session_id))
      return 'unknown-session';
    return this.#channel === null ? this.#take(packet) : this.#openMessage(packet, this.#channel);
  }

  #receiveV2(packet: V2Packet): DropReason | null {
    const is_sol = packet.payload_type === PAYLOAD_TYPE.sol && this.sol !== null;
    if (this.#channel === null || (packet.payload_type !== PAYLOAD_TYPE.ipmi && !is_sol)) {
      // Setup messages are neither numbered nor sealed as a whole; a sealed one here is a forgery.
      if (packet.authenticated || packet.payload_type === PAYLOAD_TYPE.ipmi) return 'unexpected';
      return this.#take(packet);
    }
    return this.#openMessage(packet, this.#channel);
  }

  #openMessage(packet: Packet, channel: Channel): DropReason | null {
    if (!this.#window.isNew(packet.sequence)) return 'replayed';
    const message = channel.open(packet);
    if (isFlaw(message)) return message;
    this.#window.accept(packet.sequence);
    if (packet.payload_type === PAYLOAD_TYPE.sol) return this.sol?.receive(message) ?? null;
    packet.payload = message;
    return this.#take(packet);
  }

  #take(packet: Packet): DropReason | null {
    return this.#waiting === null ? 'unexpected' : this.#waiting.accept(packet);
  }

  /** Says good-bye to the BMC and forgets the session. Does not throw. */
  async close(call: Call): Promise<void> {
    try {
      if (this.#channel !== null)
        await this.request(closeSession, { session_id: this.#managed_session_id }, call, CLOSE_SENDS);
    } catch {
      // The BMC forgets it by itself, after a minute.
    } finally {
      this.forget();
    }
  }

  /** Forgets a session that stays silent. Should the BMC have it still, it is told once, and not waited for. */
  abandon(): void {
    if (this.#channel !== null && !this.exhausted) {
      const data = closeSession.encodeRequest({ session_id: this.#managed_session_id });
      const message = encodeRequest({ ...closeSession, rq_seq: this.#rq_seq, data });
      const datagram = this.#channel.seal(this.#managed_session_id, ++this.#sequence, message);
      this.#transport.udp.send(datagram, this.endpoint);
    }
    this.forget();
  }

  /** Forgets the session without a word. */
  forget(): void {
    this.#transport.udp.unregister(this.console_session_id, this);
    this.sol?.sessionEnded();
    this.sol = null;
  }
}
