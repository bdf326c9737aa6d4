import {
  type CallOptions,
  type Connection,
  DriverError,
  type DriverErrorCode,
} from '../../drivers/contract.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { type StepContext, StepFailure } from '../step.ts';

/** An account of the BMC, as the service logs in with it. */
export interface Login extends JsonObject {
  username: string;
  password: string;
}

/** The driver_info properties that lead to the node's BMC. @throws StepFailure where the driver names none */
export function loginKeys(ctx: StepContext): Readonly<Record<'address' | 'username' | 'password', string>> {
  const login = ctx.drivers.get(ctx.node.driver)?.login;
  if (login === undefined)
    throw new StepFailure(`The driver ${ctx.node.driver} does not say how it logs in: change it by hand.`);
  return login;
}

/** What the service logs in with now. @throws StepFailure */
export function currentLogin(ctx: StepContext): Login {
  const keys = loginKeys(ctx);
  const { [keys.username]: username, [keys.password]: password } = ctx.node.driver_info;
  if (typeof username !== 'string' || typeof password !== 'string')
    throw new StepFailure(`driver_info has no ${keys.username} and ${keys.password} to change.`);
  return { username, password };
}

export function withLogin(ctx: StepContext, { username, password }: Login): JsonObject {
  const keys = loginKeys(ctx);
  return { ...ctx.node.driver_info, [keys.username]: username, [keys.password]: password };
}

/** driver_info with another host; scheme, port and path of a URL stay, and so does the port of what is none. */
export function withAddress(ctx: StepContext, address: string): JsonObject {
  const key = loginKeys(ctx).address;
  const now = String(ctx.node.driver_info[key] ?? '');
  const url = /^https?:\/\//.test(now) ? new URL(now) : null;
  if (url !== null) url.hostname = address;
  // `host:port`: an IPv6 address has more colons.
  const port = /^[^:]+(:\d+)$/.exec(now)?.[1] ?? '';
  return {
    ...ctx.node.driver_info,
    [key]: url === null ? `${address}${port}` : url.href.replace(/\/$/, ''),
  };
}

/** Why a way in is none: `wrong` where it leads to the wrong thing. */
export interface Unproved {
  code: DriverErrorCode | 'wrong';
  why: string;
}

/**
 * Goes in by a driver_info of its own, on a new connection. Null: it worked, and `check` found nothing wrong.
 *
 * @param within_ms how long the BMC has for each answer. Default: as long as for any command.
 */
export async function prove(
  ctx: StepContext,
  driver_info: JsonObject,
  check: (connection: Connection, options: CallOptions) => Promise<string | null>,
  within_ms?: number,
): Promise<Unproved | null> {
  try {
    await using bmc = await ctx.bmcWith(driver_info);
    const why = await bmc.use('prove the new way to the BMC', async (connection, given) => {
      const options = within_ms === undefined ? given : { ...given, timeout_ms: within_ms };
      await connection.power.get(options);
      return check(connection, options);
    });
    return why === null ? null : { code: 'wrong', why };
  } catch (error) {
    ctx.signal.throwIfAborted();
    const { cause, message: why } = error as Error;
    return { code: cause instanceof DriverError ? cause.code : 'wrong', why };
  }
}
