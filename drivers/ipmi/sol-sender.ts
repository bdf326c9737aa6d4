import type { Clock } from '../../lifecycle/clock.ts';
import { type CallOptions, DriverError } from '../contract.ts';
import { Call } from './call.ts';
import { nextSolSequence, type SolPacket } from './codec/sol.ts';
import type { Deadline, Deadlines } from './deadlines.ts';

/** Typed and not taken by the BMC yet. */
const MAX_UNSENT = 64 * 1024;
const NO_CHARACTERS = new Uint8Array(0);

export interface SolWire {
  /** Of the BMC, in errors. */
  name: string;
  clock: Clock;
  deadlines: Deadlines;
  /** Characters in one packet. */
  largest: number;
  /** Before an unacknowledged packet is sent again, and between tries of a BMC that says NACK. */
  retry_ms: number;
  /** Times that a packet is sent before the BMC is taken for silent. */
  sends: number;
  send(packet: SolPacket): void;
  onSilence(): void;
}

/** Something to send: characters, or an operation without any. */
interface Job extends Deadline {
  bytes: Uint8Array;
  flags: number;
  /** Characters that the BMC took. */
  taken: number;
  finish(error?: unknown): void;
}

interface InFlight {
  /** 0: the BMC refused it, and it is sent again under another number. */
  sequence: number;
  job: Job;
  characters: Uint8Array;
  sends: number;
}

/** Sends characters to a BMC in their order: one packet at a time, again until it is acknowledged. IPMI v2.0 15.11 */
export class SolSender {
  readonly #wire: SolWire;
  readonly #jobs = new Set<Job>();
  readonly #retry: Deadline = { due_ms: 0, expire: () => this.#again() };
  #unsent = 0;
  #sequence = 0;
  #in_flight: InFlight | null = null;

  constructor(wire: SolWire) {
    this.#wire = wire;
  }

  /**
   * Sends an empty packet that nobody waits for. BMCs that remember the last number of the console before (ipmi_sim does)
   * would take the first characters for a repetition, if theirs is the same.
   */
  greet(): void {
    this.#sequence = nextSolSequence(this.#sequence);
    this.#wire.send({
      sequence: this.#sequence,
      acked_sequence: 0,
      accepted: 0,
      flags: 0,
      characters: NO_CHARACTERS,
    });
  }

  /**
   * Resolves once the BMC has taken all of it.
   * @throws DriverError `timeout` at the deadline, `busy` when too much waits already; the reason of an abort or of `close`
   */
  async send(bytes: Uint8Array, flags: number, options: CallOptions): Promise<void> {
    const { clock, deadlines, name } = this.#wire;
    using call = new Call(options, clock);
    if (this.#unsent + bytes.length > MAX_UNSENT)
      throw new DriverError('busy', `${name}: too much waits to be typed into the console. Try again later.`);
    await new Promise<void>((resolve, reject) => {
      const job: Job = {
        bytes,
        flags,
        taken: 0,
        due_ms: call.deadline_ms,
        expire: () => job.finish(this.#overdue()),
        finish: (error) => {
          this.#jobs.delete(job);
          this.#unsent -= bytes.length;
          deadlines.delete(job);
          call.cancel = null;
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      call.cancel = (reason) => job.finish(reason);
      this.#unsent += bytes.length;
      this.#jobs.add(job);
      deadlines.add(job);
      this.#next();
    });
  }

  /** The BMC took so many characters of a packet; `nack`: it takes no more for now. */
  acknowledged(sequence: number, accepted: number, nack: boolean): void {
    const flight = this.#in_flight;
    if (flight === null || flight.sequence !== sequence) return;
    const { job, characters } = flight;
    const taken = Math.min(accepted, characters.length);
    job.taken += taken;
    if (nack || (taken === 0 && characters.length > 0)) {
      flight.sequence = 0;
      this.#rest();
      return;
    }
    this.#land();
    if (job.taken === job.bytes.length && this.#jobs.has(job)) job.finish();
    this.#next();
  }

  /** Ends what waits with `reason`. */
  close(reason: unknown): void {
    this.#land();
    for (const job of this.#jobs) job.finish(reason);
  }

  #next(): void {
    const [job] = this.#jobs;
    if (this.#in_flight !== null || job === undefined) return;
    this.#sequence = nextSolSequence(this.#sequence);
    const characters = job.bytes.subarray(job.taken, job.taken + this.#wire.largest);
    this.#in_flight = { sequence: this.#sequence, job, characters, sends: 0 };
    this.#transmit(this.#in_flight);
  }

  #transmit(flight: InFlight): void {
    flight.sends += 1;
    this.#rest();
    const { sequence, characters, job } = flight;
    this.#wire.send({ sequence, acked_sequence: 0, accepted: 0, flags: job.flags, characters });
  }

  #again(): void {
    const flight = this.#in_flight;
    if (flight === null) return;
    if (flight.sequence === 0) {
      this.#land();
      this.#next();
    } else if (flight.sends < this.#wire.sends) this.#transmit(flight);
    else this.#wire.onSilence();
  }

  #rest(): void {
    this.#retry.due_ms = this.#wire.clock.monotonic() + this.#wire.retry_ms;
    this.#wire.deadlines.add(this.#retry);
  }

  #land(): void {
    this.#in_flight = null;
    this.#wire.deadlines.delete(this.#retry);
  }

  #overdue(): DriverError {
    return new DriverError(
      'timeout',
      `${this.#wire.name}: the BMC did not take what was typed in time: the server's serial port may be stopped (flow control). Try again.`,
    );
  }
}
