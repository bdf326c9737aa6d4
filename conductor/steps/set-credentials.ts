import { randomBytes, randomInt } from 'node:crypto';
import type { StepOutcome } from '../../lifecycle/job.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { DONE, type StepContext, StepFailure } from '../step.ts';
import { again } from './bmc-task.ts';
import { capability } from './capability.ts';
import type { HardwareStepRun } from './hardware-step-run.ts';
import { currentLogin, type Login, loginKeys, prove, withLogin } from './way-in.ts';

/** What the step remembers. Each visit does one thing, and what comes next is written down before it is done. */
interface State extends JsonObject {
  phase: 'make' | 'prove' | 'undo' | 'prove undo' | 'drop' | 'retire';
  /** The logins to move to, one after the other; the last one stays. */
  moves: Login[];
  stage: number;
  old: Login;
  /** Whether the account of the first move was there before: it is not ours to delete then. */
  existed: boolean;
  /** Why it has to be undone. */
  why: string;
}

/**
 * Changes the account that the service logs in with, in two phases: the new one is made and proved on a connection of its
 * own, then driver_info leads to it, and only then the old one goes. Where only the password changes, a helper account is
 * moved to first, so that a password that the BMC takes wrongly can be set back. At every moment the login in driver_info is
 * one that was proved.
 */
export const setCredentials: HardwareStepRun = {
  run: async (ctx) => {
    const state = ctx.data as Partial<State>;
    return state.phase === undefined ? start(ctx) : VISITS[state.phase](ctx, state as State);
  },
  foresee: async ({ accounts }, options, args, node) => {
    if (accounts === undefined) return [];
    const bytes = Buffer.byteLength(String(args.password));
    const self = (await accounts.list(options)).find((account) => account.self);
    const most_bytes = await accounts.maxPasswordBytes(options);
    return [
      ...(bytes > most_bytes
        ? [`the BMC takes passwords of ${most_bytes} bytes, and the new one has ${bytes}.`]
        : []),
      ...(self === undefined || self.role !== 'administrator'
        ? [`the account in the driver_info of node ${node.uuid} is no administrator of its BMC.`]
        : []),
    ];
  },
};

async function start(ctx: StepContext): Promise<StepOutcome> {
  const old = currentLogin(ctx);
  const { username, password } = ctx.step.args;
  const target: Login = {
    username: typeof username === 'string' ? username : old.username,
    password: String(password),
  };
  if (target.username === old.username && target.password === old.password) return DONE;
  const accounts = await (await ctx.bmc()).use('read the accounts of the BMC', (connection, options) =>
    capability(connection, 'accounts').list(options),
  );
  const moves = target.username === old.username ? [helper(), target] : [target];
  const existed = accounts.some(({ name }) => name === moves[0]?.username);
  const state: State = { phase: 'make', stage: 0, moves, old, existed, why: '' };
  return again(ctx, state, true);
}

/** An account for the time of the change; its password has what BMCs ask for, in as many bytes as they all take. */
function helper(): Login {
  return {
    username: `kurogane${randomBytes(3).toString('hex')}`,
    password: `${randomBytes(6).toString('hex')}${'!%+-.'[randomInt(5)]}Kz9`,
  };
}

const VISITS: Readonly<Record<State['phase'], (ctx: StepContext, state: State) => Promise<StepOutcome>>> = {
  make: async (ctx, state) => {
    const to = state.moves[state.stage] as Login;
    try {
      await put(ctx, to);
    } catch (error) {
      return undo(ctx, state, messageOf(ctx, error));
    }
    return again(ctx, { ...state, phase: 'prove' }, true);
  },
  prove: async (ctx, state) => {
    const to = state.moves[state.stage] as Login;
    const why = await proveLogin(ctx, to);
    if (why !== null) return undo(ctx, state, why);
    ctx.change({ driver_info: withLogin(ctx, to) });
    const last = state.stage === state.moves.length - 1;
    return again(ctx, { ...state, ...(last ? { phase: 'retire' } : { phase: 'make', stage: 1 }) }, true);
  },
  undo: async (ctx, state) => {
    // In the first stage nothing but the new account has changed, and driver_info leads to the old one still.
    if (state.stage === 0) {
      await dropFirst(ctx, state);
      throw failure(state);
    }
    await put(ctx, state.old);
    return again(ctx, { ...state, phase: 'prove undo' }, true);
  },
  'prove undo': async (ctx, state) => {
    const why = await proveLogin(ctx, state.old);
    if (why !== null)
      throw new StepFailure(
        `${failure(state).message} The old password could not be proved either: the service stays with the account ${String(ctx.node.driver_info[loginKeys(ctx).username])}.`,
      );
    ctx.change({ driver_info: withLogin(ctx, state.old) });
    return again(ctx, { ...state, phase: 'drop' }, true);
  },
  drop: async (ctx, state) => {
    await dropFirst(ctx, state);
    throw failure(state);
  },
  retire: async (ctx, state) => {
    const in_place = state.moves.length > 1;
    if (!in_place && ctx.step.args.remove_old === false) return DONE;
    const gone = in_place ? (state.moves[0] as Login).username : state.old.username;
    try {
      await remove(ctx, gone);
    } catch (error) {
      throw new StepFailure(
        `The service logs in with the new account, but the account ${gone} could not be deleted: ${messageOf(ctx, error)}`,
      );
    }
    return DONE;
  },
};

/** Goes back; the old way in is in force until `undo` has ended. */
function undo(ctx: StepContext, state: State, why: string): StepOutcome {
  return again(ctx, { ...state, phase: 'undo', why }, true);
}

function failure({ why, moves, stage }: State): StepFailure {
  return new StepFailure(
    `The login ${String(moves[stage]?.username)} could not be proved, and nothing was changed: ${why}`,
  );
}

/** Makes the account an administrator with this password; what is so already is no error. */
async function put(ctx: StepContext, { username, password }: Login): Promise<void> {
  await (await ctx.bmc()).use(`set the account ${username}`, async (connection, options) => {
    const accounts = capability(connection, 'accounts');
    await accounts.create({ name: username, password, role: 'administrator' }, options);
  });
}

async function proveLogin(ctx: StepContext, login: Login): Promise<string | null> {
  const unproved = await prove(ctx, withLogin(ctx, login), async (connection, options) => {
    const self = (await capability(connection, 'accounts').list(options)).find(
      ({ name }) => name === login.username,
    );
    return self?.enabled === true && self.role === 'administrator'
      ? null
      : `the account ${login.username} is no administrator.`;
  });
  return unproved?.why ?? null;
}

/** Deletes the account of the first move, where it was not there before. A failure leaves it: the way in is not its matter. */
async function dropFirst(ctx: StepContext, state: State): Promise<void> {
  const first = state.moves[0];
  if (state.existed || first === undefined) return;
  try {
    await remove(ctx, first.username);
  } catch (error) {
    ctx.log.warn(
      { node: ctx.node.uuid, why: messageOf(ctx, error) },
      `the account ${first.username} was left`,
    );
  }
}

async function remove(ctx: StepContext, username: string): Promise<void> {
  await (await ctx.bmc()).use(`delete the account ${username}`, async (connection, options) => {
    const accounts = capability(connection, 'accounts');
    const found = (await accounts.list(options)).find(({ name }) => name === username);
    if (found !== undefined) await accounts.delete(found.id, options);
  });
}

function messageOf(ctx: StepContext, error: unknown): string {
  ctx.signal.throwIfAborted();
  return error instanceof Error ? error.message : String(error);
}
