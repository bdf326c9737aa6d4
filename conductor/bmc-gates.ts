import { createHash } from 'node:crypto';
import type { Settings } from '../config/options.ts';
import { DriverError } from '../drivers/contract.ts';
import type { Clock } from '../lifecycle/clock.ts';

/** What stands between a conductor and its BMCs: a dead one is left alone for a while, a living one is not flooded. */
export interface BmcGates {
  /**
   * Runs one call to the BMC of `key`.
   * @throws DriverError `unreachable` without a call while the BMC is left alone, and what `call` throws
   */
  run<T>(key: string, signal: AbortSignal, call: () => Promise<T>): Promise<T>;
}

/** The call was not made: the BMC is left alone for now. */
export class LeftAlone extends DriverError {
  constructor(message: string) {
    super('unreachable', message);
    this.name = 'LeftAlone';
  }
}

/** One BMC's past, as far as it matters. */
interface Gate {
  /** Calls in a row that the BMC did not answer. */
  failures: number;
  /** Monotonic time until which it is left alone; then one call tries it. */
  closed_until: number;
  /** A call that tries it is under way. */
  probing: boolean;
  /** Monotonic time at which the next call is within the budget. */
  next_call_at: number;
}

/** BMCs remembered at once; the ones that were asked longest ago are forgotten first. */
const REMEMBERED = 20_000;

export function createBmcGates(settings: Pick<Settings, 'conductor'>, clock: Clock): BmcGates {
  const { bmc_failure_threshold, bmc_backoff, bmc_backoff_max, bmc_calls_per_second } = settings.conductor;
  const gates = new Map<string, Gate>();

  function gateOf(key: string): Gate {
    const gate = gates.get(key) ?? { failures: 0, closed_until: 0, probing: false, next_call_at: 0 };
    gates.delete(key);
    gates.set(key, gate);
    for (const oldest of gates.keys()) {
      if (gates.size <= REMEMBERED) break;
      gates.delete(oldest);
    }
    return gate;
  }

  function refuseClosed(gate: Gate): void {
    if (bmc_failure_threshold === 0 || gate.failures < bmc_failure_threshold) return;
    const left_ms = gate.closed_until - clock.monotonic();
    if (left_ms <= 0 && !gate.probing) return;
    const when = left_ms > 0 ? `for ${Math.ceil(left_ms / 1000)} s` : 'while another call tries it';
    throw new LeftAlone(
      `The BMC did not answer ${gate.failures} times in a row and is not asked again ${when}. Check that it has power and network, and its address in driver_info.`,
    );
  }

  /** Waits for the call's turn: calls to one BMC are spread evenly, bursts of a second's worth aside. */
  async function takeTurn(gate: Gate, signal: AbortSignal): Promise<void> {
    if (bmc_calls_per_second === 0) return;
    const now = clock.monotonic();
    const turn = Math.max(gate.next_call_at, now - 1000);
    gate.next_call_at = turn + 1000 / bmc_calls_per_second;
    if (turn > now) await clock.sleep(turn - now, signal);
  }

  return {
    async run(key, signal, call) {
      const gate = gateOf(key);
      refuseClosed(gate);
      const probing = bmc_failure_threshold > 0 && gate.failures >= bmc_failure_threshold;
      if (probing) gate.probing = true;
      try {
        await takeTurn(gate, signal);
        const answer = await call();
        gate.failures = 0;
        return answer;
      } catch (error) {
        // Any other error is an answer of a BMC that lives, or no word about it (an abort).
        if (!(error instanceof DriverError)) throw error;
        if (error.code !== 'unreachable' && error.code !== 'timeout') gate.failures = 0;
        else {
          gate.failures++;
          const times = Math.max(0, gate.failures - bmc_failure_threshold);
          const backoff_s = Math.min(bmc_backoff_max, bmc_backoff * 2 ** Math.min(times, 20));
          gate.closed_until = clock.monotonic() + backoff_s * 1000;
        }
        throw error;
      } finally {
        if (probing) gate.probing = false;
      }
    },
  };
}

/** The key of a node's BMC as it is configured: with other driver_info it is another one, which nothing is held against. */
export function bmcKey(node_uuid: string, info: unknown): string {
  return createHash('sha256')
    .update(`${node_uuid} ${JSON.stringify(info)}`)
    .digest('base64');
}
