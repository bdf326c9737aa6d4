const WINDOW = 32;

/**
 * Session sequence numbers that were received: each is accepted once, in any order as long as it is not older than 32
 * before the highest. Ahead it may jump, for what jumps is authenticated. IPMI v2.0 6.12.13
 */
export class ReplayWindow {
  #highest = 0;
  /** Bit n: `#highest - n` was received. */
  #received = 0;

  /** True when a packet of that number would be new. */
  isNew(sequence: number): boolean {
    // 0 is the number of packets outside sessions.
    if (sequence === 0) return false;
    const age = this.#highest - sequence;
    return age < 0 || (age < WINDOW && (this.#received & (1 << age)) === 0);
  }

  /** Call it when the packet's auth code was found right. */
  accept(sequence: number): void {
    const ahead = sequence - this.#highest;
    if (ahead > 0) {
      this.#received = ahead < WINDOW ? (this.#received << ahead) | 1 : 1;
      this.#highest = sequence;
    } else {
      this.#received |= 1 << -ahead;
    }
  }
}
