import type { Endpoint } from './udp.ts';

/** What a reply may be late beyond the mean, however steady the BMC was: its clock, and our own pauses. Linux has the same for TCP. */
const LEAST_MARGIN_MS = 200;
/** BMCs that are remembered; the one that was met first is forgotten first. */
const MOST_BMCS = 65_536;

/**
 * How long one BMC takes to answer, and so when an unanswered datagram is lost. RFC 6298: smoothed mean and deviation,
 * doubled with each loss until an answer that is surely the first datagram's comes. Never more than the longest, which
 * is also the guess for a BMC that was never heard.
 */
export class RoundTrip {
  readonly #longest_ms: number;
  /** Before the first answer there is none. */
  #mean_ms: number | null = null;
  #deviation_ms = 0;
  /** Before an unanswered datagram is sent again. */
  timeout_ms: number;

  constructor(longest_ms: number) {
    this.#longest_ms = longest_ms;
    this.timeout_ms = longest_ms;
  }

  /** An answer came `ms` after a datagram that was sent once only. RFC 6298 2.2, 2.3 */
  measured(ms: number): void {
    const before_ms = this.#mean_ms;
    if (before_ms === null) this.#deviation_ms = ms / 2;
    else this.#deviation_ms += (Math.abs(before_ms - ms) - this.#deviation_ms) / 4;
    this.#mean_ms = before_ms === null ? ms : before_ms + (ms - before_ms) / 8;
    const margin_ms = Math.max(LEAST_MARGIN_MS, 4 * this.#deviation_ms);
    this.timeout_ms = Math.min(this.#longest_ms, this.#mean_ms + margin_ms);
  }

  /** No answer came in time. RFC 6298 5.5 */
  missed(): void {
    this.timeout_ms = Math.min(this.#longest_ms, 2 * this.timeout_ms);
  }
}

/** The round trips of a driver's BMCs, over their sessions. */
export class RoundTrips {
  readonly #longest_ms: number;
  readonly #by_endpoint = new Map<string, RoundTrip>();

  constructor(longest_ms: number) {
    this.#longest_ms = longest_ms;
  }

  of({ address, port }: Endpoint): RoundTrip {
    const key = `${address} ${port}`;
    const known = this.#by_endpoint.get(key);
    if (known !== undefined) return known;
    const [first] = this.#by_endpoint.keys();
    if (this.#by_endpoint.size >= MOST_BMCS && first !== undefined) this.#by_endpoint.delete(first);
    const round_trip = new RoundTrip(this.#longest_ms);
    this.#by_endpoint.set(key, round_trip);
    return round_trip;
  }
}
