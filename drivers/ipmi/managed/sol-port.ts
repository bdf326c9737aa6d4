import type { Clock } from '../../../lifecycle/clock.ts';
import { isFlaw } from '../codec/flaw.ts';
import {
  decodeSolPacket,
  encodeSolPacket,
  nextSolSequence,
  SOL_HEADER_LENGTH,
  SOL_OPERATION,
  SOL_STATUS,
} from '../codec/sol.ts';
import { PRIVILEGE } from '../commands/command.ts';
import { SET_STATE } from '../commands/configuration.ts';
import { SOL_AUTHENTICATION, SOL_PARAMETER } from '../commands/sol-configuration.ts';
import type { Session } from './session-table.ts';

/** The server's serial port as its BMC is wired to it: a QEMU chardev, or something that a test holds. */
export interface SerialLine {
  /** What was typed. */
  write(bytes: Uint8Array): void;
  /** Calls the listener with what the server prints, until the returned function is called. */
  onData(listener: (bytes: Uint8Array) => void): () => void;
  sendBreak?(): void;
}

/** What Serial over LAN needs of its BMC. */
export interface SolOwner {
  readonly clock: Clock;
  /** null: nothing is wired to it. */
  serial(): SerialLine | null;
  /** Characters accepted of each packet; 0: it says NACK. */
  takes(): number;
  isOpen(session: Session): boolean;
  /** Sends a payload to the session's console. */
  send(session: Session, payload: Uint8Array): void;
}

/** Characters in one packet, either way. */
const LARGEST_PACKET = 128;
/** Printed and not sent yet; what is older is lost (an overrun). */
const MAX_UNSENT = 16 * 1024;
const NO_CHARACTERS = new Uint8Array(0);
const RETRY_UNIT_MS = 10;

interface Activation {
  session: Session;
  unlisten: () => void;
  unsent: Buffer;
  overrun: boolean;
  sequence: number;
  in_flight: { characters: Uint8Array; tries: number } | null;
  /** Ends the wait before the next try. */
  retry: AbortController;
  /** The console's last packet, and what was taken of it, for when it comes again. */
  last_sequence: number;
  last_taken: number;
  last_nack: boolean;
}

/** Configuration as it is at first, by parameter. IPMI v2.0 table 26-5 */
export function solParameters(): Map<number, Uint8Array> {
  return new Map<number, Uint8Array>([
    [SOL_PARAMETER.setInProgress, Uint8Array.of(SET_STATE.complete)],
    [SOL_PARAMETER.enable, Uint8Array.of(1)],
    [
      SOL_PARAMETER.authentication,
      Uint8Array.of(
        SOL_AUTHENTICATION.forceEncryption | SOL_AUTHENTICATION.forceAuthentication | PRIVILEGE.user,
      ),
    ],
    [SOL_PARAMETER.accumulation, Uint8Array.of(1, LARGEST_PACKET)],
    [SOL_PARAMETER.retry, Uint8Array.of(7, 10)],
    [SOL_PARAMETER.bitRate, Uint8Array.of(10)],
    [SOL_PARAMETER.volatileBitRate, Uint8Array.of(10)],
    [SOL_PARAMETER.channel, Uint8Array.of(1)],
    [SOL_PARAMETER.port, Uint8Array.of(0x6f, 0x02)],
  ]);
}

/** Serial over LAN of one BMC: one activation at a time. IPMI v2.0 15, 24, 26 */
export class SolPort {
  /** Configuration by parameter. */
  readonly parameters = solParameters();
  /** Users, by place, who may not open it. */
  readonly refused_users = new Set<number>();
  /** Breaks and flushes that consoles asked for. */
  readonly counts = { breaks: 0, flushes: 0 };
  readonly #owner: SolOwner;
  #active: Activation | null = null;

  constructor(owner: SolOwner) {
    this.#owner = owner;
  }

  get enabled(): boolean {
    return ((this.parameters.get(SOL_PARAMETER.enable)?.[0] ?? 0) & 1) !== 0;
  }

  /** The session that has it. */
  get session(): Session | null {
    if (this.#active !== null && !this.#owner.isOpen(this.#active.session)) this.#drop();
    return this.#active?.session ?? null;
  }

  readonly packet_size = SOL_HEADER_LENGTH + LARGEST_PACKET;

  /** Characters that wait to be sent to the console. */
  get unsent(): number {
    return (this.#active?.unsent.length ?? 0) + (this.#active?.in_flight?.characters.length ?? 0);
  }

  activate(session: Session): void {
    this.#drop();
    this.#active = {
      session,
      unlisten: this.#owner.serial()?.onData((bytes) => this.#print(bytes)) ?? (() => {}),
      unsent: Buffer.alloc(0),
      overrun: false,
      sequence: 0,
      in_flight: null,
      retry: new AbortController(),
      last_sequence: 0,
      last_taken: 0,
      last_nack: false,
    };
  }

  /** False: it was not active. The console is told when it is another session that ends it. */
  deactivate(by: Session | null): boolean {
    const { session } = this;
    if (session === null) return false;
    if (session !== by) this.#send(session, { flags: SOL_STATUS.deactivated });
    this.#drop();
    return true;
  }

  /** Nothing that waits is sent again. */
  close(): void {
    this.#drop();
  }

  receive(session: Session, payload: Uint8Array): void {
    const packet = decodeSolPacket(payload);
    if (isFlaw(packet) || this.session !== session || this.#active === null) return;
    const active = this.#active;
    if (packet.acked_sequence !== 0)
      this.#acknowledged(active, packet.acked_sequence, packet.accepted, packet.flags);
    if (packet.sequence === 0) return;
    if (packet.sequence !== active.last_sequence) {
      const room = this.#owner.takes();
      const taken = Math.min(packet.characters.length, room);
      active.last_sequence = packet.sequence;
      active.last_taken = taken;
      active.last_nack = room === 0;
      if (taken > 0) this.#owner.serial()?.write(packet.characters.slice(0, taken));
      this.#operate(packet.flags);
    }
    this.#send(session, {
      acked_sequence: packet.sequence,
      accepted: active.last_taken,
      flags: active.last_nack ? SOL_STATUS.nack : 0,
    });
  }

  #operate(flags: number): void {
    if ((flags & SOL_OPERATION.sendBreak) !== 0) {
      this.counts.breaks += 1;
      this.#owner.serial()?.sendBreak?.();
    }
    if ((flags & (SOL_OPERATION.flushInbound | SOL_OPERATION.flushOutbound)) !== 0) {
      this.counts.flushes += 1;
      if (this.#active !== null) this.#active.unsent = Buffer.alloc(0);
    }
  }

  #print(bytes: Uint8Array): void {
    const active = this.#active;
    if (active === null || this.session === null) return;
    const all = Buffer.concat([active.unsent, bytes]);
    active.overrun ||= all.length > MAX_UNSENT;
    active.unsent = all.subarray(Math.max(0, all.length - MAX_UNSENT));
    this.#next(active);
  }

  #next(active: Activation): void {
    if (active.in_flight !== null || active.unsent.length === 0) return;
    const characters = active.unsent.subarray(0, LARGEST_PACKET);
    active.unsent = active.unsent.subarray(characters.length);
    active.sequence = nextSolSequence(active.sequence);
    active.in_flight = { characters, tries: 0 };
    this.#transmit(active);
  }

  #transmit(active: Activation): void {
    const flight = active.in_flight;
    if (flight === null || this.session !== active.session) return;
    flight.tries += 1;
    this.#send(active.session, {
      sequence: active.sequence,
      flags: active.overrun ? SOL_STATUS.overrun : 0,
      characters: flight.characters,
    });
    active.overrun = false;
    const [retries = 0, interval = 0] = this.parameters.get(SOL_PARAMETER.retry) ?? [];
    active.retry = new AbortController();
    this.#owner.clock.sleep(Math.max(1, interval) * RETRY_UNIT_MS, active.retry.signal).then(
      () => {
        if (active.in_flight !== flight) return;
        if (flight.tries <= (retries & 7)) {
          this.#transmit(active);
          return;
        }
        // Nobody acknowledges them: they are lost.
        active.in_flight = null;
        this.#next(active);
      },
      () => {}, // acknowledged, or the activation is over
    );
  }

  #acknowledged(active: Activation, sequence: number, accepted: number, flags: number): void {
    const flight = active.in_flight;
    if (flight === null || sequence !== active.sequence) return;
    // A console that takes nothing is asked again by the retry.
    if ((flags & SOL_OPERATION.nack) !== 0 && accepted === 0) {
      flight.tries = 0;
      return;
    }
    active.retry.abort();
    active.in_flight = null;
    active.unsent = Buffer.concat([flight.characters.subarray(accepted), active.unsent]);
    this.#next(active);
  }

  #send(session: Session, packet: Partial<Parameters<typeof encodeSolPacket>[0]>): void {
    const none = { sequence: 0, acked_sequence: 0, accepted: 0, flags: 0, characters: NO_CHARACTERS };
    this.#owner.send(session, encodeSolPacket({ ...none, ...packet }));
  }

  #drop(): void {
    const active = this.#active;
    this.#active = null;
    active?.unlisten();
    active?.retry.abort();
  }
}
