import type { AccountRole } from '../../drivers/contract.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { managesHardware } from '../interfaces.ts';
import { type StepContext, StepFailure } from '../step.ts';
import { type Login, prove, withLogin } from '../steps/way-in.ts';
import { lacks } from './lacks.ts';

/**
 * Makes an account on the BMC for somebody else, and proves it by going in with it; one that cannot be proved is deleted again. Our
 * own account is not touched.
 */
export async function grantAccount(ctx: StepContext): Promise<Json> {
  if (!managesHardware(ctx.node)) throw lacks(ctx, 'grant_account');
  const { username, password, role } = (ctx.job.args.args ?? {}) as JsonObject;
  const login: Login = { username: String(username), password: String(password) };
  const bmc = await ctx.bmc();
  await bmc.use(`make the account ${login.username}`, async ({ accounts }, options) => {
    if (accounts === undefined) throw lacks(ctx, 'grant_account');
    if ((await accounts.list(options)).some(({ name, self }) => self && name === login.username))
      throw serviceError('Conflict', { why: 'The account is the service’s own.' });
    await accounts.create({ ...named(login), role: role as AccountRole }, options);
  });
  const as = ctx.drivers.get(ctx.node.driver)?.login_role;
  const own = as === undefined ? {} : { [as.property]: as.words[role as 'operator' | 'read-only'] };
  const unproved = await prove(ctx, { ...withLogin(ctx, login), ...own }, async () => null);
  if (unproved === null) return null;
  await dropAccount(ctx, login.username);
  throw new StepFailure(`The new account does not lead into the BMC, and was deleted: ${unproved.why}`);
}

const named = ({ username, password }: Login) => ({ name: username, password });

async function dropAccount(ctx: StepContext, username: string): Promise<void> {
  const bmc = await ctx.bmc();
  await bmc.use(`delete the account ${username}`, async ({ accounts }, options) => {
    const found = (await accounts?.list(options))?.find(({ name }) => name === username);
    if (found !== undefined && !found.self) await accounts?.delete(found.id, options);
  });
}
