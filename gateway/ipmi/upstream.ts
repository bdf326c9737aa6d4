import { type Connection, type Driver, DriverError } from '../../drivers/contract.ts';
import { COMPLETION_CODE } from '../../drivers/ipmi/codec/status-codes.ts';
import { CompletionError } from '../../drivers/ipmi/completion-error.ts';
import type { GoodLease } from '../leases.ts';

export interface IpmiAnswer {
  code: number;
  data: Uint8Array;
}

/** The BMC of one lease, by the account of the lease, which is no administrator. */
export interface IpmiUpstream extends AsyncDisposable {
  /** Does not throw: a BMC that does not answer has a code too. */
  ask(netfn: number, cmd: number, data: Uint8Array, signal: AbortSignal): Promise<IpmiAnswer>;
}

/** Of the driver `ipmi`. */
export type IpmiWay = Pick<Driver, 'parse' | 'connect'>;

const CALL_MS = 15_000;
const EMPTY = new Uint8Array(0);
const LEVELS = { operator: 'OPERATOR', 'read-only': 'USER' } as const;

/** Why the BMC of a lease cannot be reached by IPMI; null: it can. Pure. */
export function upstreamProblem({ driver }: GoodLease): string | null {
  return driver === 'ipmi' ? null : `The server’s BMC is reached by ${driver}: use the Redfish gateway.`;
}

/** Nothing is sent before the first question. @throws Error when driver_info makes no sense */
export async function openIpmiUpstream(
  way: IpmiWay,
  { lease, driver_info }: GoodLease,
): Promise<IpmiUpstream> {
  const parsed = way.parse({
    ...driver_info,
    ...{ ipmi_username: lease.username, ipmi_password: String(lease.bmc.password) },
    ipmi_priv_level: LEVELS[lease.role],
  });
  if (!('info' in parsed)) throw new Error(parsed.problems.join(' '));
  const connection: Connection = await way.connect(parsed.info, { timeout_ms: CALL_MS });
  return {
    ask: async (netfn, cmd, data, signal) => {
      try {
        const options = { timeout_ms: CALL_MS, signal };
        const answer = await connection.raw?.send(Uint8Array.of(netfn, cmd, ...data), options);
        return { code: COMPLETION_CODE.ok, data: answer ?? EMPTY };
      } catch (error) {
        if (error instanceof CompletionError) return { code: error.completion_code, data: EMPTY };
        if (error instanceof DriverError) return { code: COMPLETION_CODE.noResponse, data: EMPTY };
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}
