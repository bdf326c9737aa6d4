import { randomBytes } from 'node:crypto';
import type { Clock } from '../../lifecycle/clock.ts';

/** How a BMC misbehaves on the wire and behind it. Absent = it does not. */
export interface BmcFaults {
  /** It answers nothing. */
  silent?: boolean;
  /** Share of datagrams that are lost, in each direction: 0 to 1. */
  drop?: number;
  /** Share of replies that come `late_ms` too late. */
  late?: number;
  late_ms?: number;
  /** Every reply comes twice. */
  doubled?: boolean;
  /** Share of replies that are held back until after the next one. */
  reordered?: number;
  /** Before each reply come truncated, oversized, foreign, forged and replayed ones. */
  malformed?: boolean;
  /** So many commands are answered "node busy"; Infinity: all. */
  busy?: number;
  /** It answers bridged requests inside the response to Send Message, in one datagram. */
  embeds_bridged?: boolean;
  /** So many characters of each console packet are accepted; 0: it says NACK. */
  console_takes?: number;
  /** The power state that it tells, whatever the truth. */
  power_lie?: 'on' | 'off';
  /** It tells the other power state each second time. */
  power_flaps?: boolean;
  /** It has no room for another session. */
  session_table_full?: boolean;
}

/** Sends datagrams as the faults say. */
export class FaultyWire {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #closed = new AbortController();
  #held: Uint8Array | null = null;
  #previous: Uint8Array | null = null;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /** False: the request is lost. */
  lets(faults: BmcFaults): boolean {
    return faults.silent !== true && this.#random() >= (faults.drop ?? 0);
  }

  reply(datagram: Uint8Array, faults: BmcFaults, send: (datagram: Uint8Array) => void): void {
    if (this.#random() < (faults.drop ?? 0)) return;
    if (faults.malformed === true) for (const bad of this.#spoilt(datagram)) send(bad);
    this.#previous = datagram;
    if (this.#random() < (faults.late ?? 0)) {
      this.#clock.sleep(faults.late_ms ?? 0, this.#closed.signal).then(
        () => send(datagram),
        () => {}, // the BMC was closed meanwhile
      );
      return;
    }
    if (this.#held === null && this.#random() < (faults.reordered ?? 0)) {
      this.#held = datagram;
      return;
    }
    send(datagram);
    if (faults.doubled === true) send(datagram);
    if (this.#held !== null) send(this.#held);
    this.#held = null;
  }

  close(): void {
    this.#closed.abort();
  }

  #spoilt(datagram: Uint8Array): Uint8Array[] {
    const changed = (at: number): Uint8Array => {
      const copy = datagram.slice();
      const place = at < 0 ? copy.length + at : at;
      copy[place] = (copy[place] ?? 0) ^ 0x55;
      return copy;
    };
    return [
      datagram.slice(0, 3),
      datagram.slice(0, datagram.length - 1),
      Buffer.concat([datagram, randomBytes(1800)]),
      changed(6), // session id
      changed(18), // inside the payload
      changed(-1), // auth code
      randomBytes(40),
      ...(this.#previous === null ? [] : [this.#previous]),
    ];
  }
}
