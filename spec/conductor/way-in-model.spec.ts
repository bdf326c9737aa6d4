import { expect } from 'chai';
import type { Bmc } from '../../conductor/bmc.ts';
import { describeDriverError } from '../../conductor/bmc.ts';
import { plannedStep, type StepContext, StepFailure } from '../../conductor/step.ts';
import { hardwareStep } from '../../conductor/steps/hardware-step.ts';
import { DriverError } from '../../drivers/contract.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { settingsWith } from './conductor-bench.ts';
import { Death, FATES, type Fate, ModelBmc } from './model-bmc.ts';

/** Steps that change the way in, or what it leads to. */
const STEPS: Readonly<Record<string, [string, JsonObject]>> = {
  account: ['management.set_bmc_credentials', { username: 'root', password: 'second' }],
  'account back': ['management.set_bmc_credentials', { username: 'admin', password: 'third' }],
  password: ['management.set_bmc_credentials', { password: 'second' }],
  address: ['management.set_bmc_lan', { address: '10.0.0.3' }],
  firmware: ['firmware.update', { settings: [{ component: 'bmc', url: 'http://10.0.0.1/x' }] }],
  reset: ['management.reset_bmc', {}],
};

/** The fates of the calls of one run: a prefix that was chosen, and `ok` ever after. */
class Script {
  readonly taken: number[] = [];
  readonly #prefix: readonly number[];
  readonly mutations: boolean[] = [];

  constructor(prefix: readonly number[]) {
    this.#prefix = prefix;
  }

  next(mutates: boolean): Fate {
    const fate = this.#prefix[this.taken.length] ?? 0;
    this.taken.push(fate);
    this.mutations.push(mutates);
    return FATES[fate] ?? 'ok';
  }
}

const settings = settingsWith({});
const MAX_VISITS = 80;
const NO_CACHES = {
  bios_interface: 'no-bios',
  firmware_interface: 'no-firmware',
  management_interface: 'noop',
};

/** Runs the steps to their end, as a conductor does, and those after a death as another one does. */
async function run(names: readonly string[], script: Script): Promise<'done' | 'failed'> {
  let driver_info: JsonObject = { address: '10.0.0.2', username: 'admin', password: 'first' };
  const story: string[] = [];
  /** An address that the step under way has written down before it asked for it. */
  let next_address: string | null = null;
  const check = () => {
    const ways = [driver_info, ...(next_address === null ? [] : [{ ...driver_info, address: next_address }])];
    if (!ways.some((way) => bmc.opens(way)))
      throw new Error(
        `The way in is lost: ${JSON.stringify({ driver_info, story, accounts: bmc.accounts, address: bmc.address, dead: bmc.dead })}`,
      );
  };
  const bmc: ModelBmc = new ModelBmc((mutates) => {
    const fate = script.next(mutates);
    story.push(fate);
    return fate;
  }, check);
  let now = 0;
  for (const name of names) {
    const [step_name = '', args = {}] = STEPS[name] ?? [];
    const step = plannedStep(step_name, { args });
    const definition = hardwareStep(step);
    if (definition === null) throw new Error(`No step ${step_name}.`);
    let data: JsonObject = {};
    let died = false;
    for (let visits = 0; ; visits++) {
      if (visits > MAX_VISITS) throw new Error(`No end of ${name}: ${story.join(', ')}`);
      now += 1_000_000;
      story.push(`${name}/${String(data.phase ?? 'start')}`);
      let changed = driver_info;
      const open = async (info: JsonObject): Promise<Bmc> => modelBmc(bmc, info);
      const ctx = {
        ...{ step, data, settings, woken: false, signal: new AbortController().signal },
        node: {
          uuid: 'n',
          driver: 'model',
          driver_info,
          driver_internal_info: {},
          ...NO_CACHES,
        },
        drivers: {
          get: () => ({ login: { address: 'address', username: 'username', password: 'password' } }),
        },
        log: { warn: () => {}, info: () => {}, debug: () => {}, error: () => {} },
        now: () => now,
        change: (changes: { driver_info?: JsonObject }) => {
          changed = changes.driver_info ?? changed;
        },
        bmc: () => open(driver_info),
        bmcWith: open,
      } as unknown as StepContext;
      let found: Awaited<ReturnType<typeof definition.run>> | 'repeat';
      try {
        found = died && definition.probe !== undefined ? await definition.probe(ctx) : 'repeat';
        if (found === 'repeat') found = await definition.run(ctx);
      } catch (error) {
        if (error instanceof Death) {
          died = true;
          continue;
        }
        if (!(error instanceof StepFailure)) throw error;
        next_address = null;
        check();
        return 'failed';
      }
      died = false;
      driver_info = changed;
      data = found.outcome === 'again' ? (found.data ?? {}) : {};
      next_address = typeof data.address === 'string' ? data.address : null;
      check();
      if (found.outcome === 'done') break;
    }
  }
  return 'done';
}

function modelBmc(model: ModelBmc, info: JsonObject): Bmc {
  const connection = model.connect(info);
  return {
    use: async (what: string, call: Parameters<Bmc['use']>[1]) => {
      try {
        return await call(connection, { timeout_ms: 1000 });
      } catch (error) {
        if (error instanceof DriverError)
          throw new StepFailure(describeDriverError(what, error), { cause: error });
        throw error;
      }
    },
    [Symbol.asyncDispose]: async () => {},
  } as unknown as Bmc;
}

/** Every run with up to `faults` faults, anywhere. Returns how many runs there were, and how many ended well. */
async function explore(names: readonly string[], faults: number) {
  const ends = { runs: 0, done: 0, failed: 0 };
  const open: { prefix: number[]; faults: number }[] = [{ prefix: [], faults }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const script = new Script(next.prefix);
    ends[await run(names, script)] += 1;
    ends.runs += 1;
    if (next.faults === 0) continue;
    for (let at = next.prefix.length; at < script.taken.length; at++)
      for (let fate = 1; fate < FATES.length; fate++) {
        // A call that changes nothing cannot change it late or wrongly.
        if (script.mutations[at] === false && ['late', 'wrong'].includes(FATES[fate] ?? '')) continue;
        open.push({ prefix: [...script.taken.slice(0, at), fate], faults: next.faults - 1 });
      }
  }
  return ends;
}

function ordersOf(names: readonly string[]): string[][] {
  if (names.length === 0) return [[]];
  return names.flatMap((first) =>
    ordersOf(names.filter((name) => name !== first)).map((rest) => [first, ...rest]),
  );
}

describe('the way to the BMC', () => {
  const RUNS: [string[], number][] = [
    ...['account', 'password', 'address', 'firmware', 'reset'].map((name): [string[], number] => [[name], 3]),
    ...['account', 'password', 'address', 'firmware', 'reset'].flatMap((first) =>
      ['account back', 'password', 'address', 'firmware', 'reset']
        .filter((second) => first !== second)
        .map((second): [string[], number] => [[first, second], 2]),
    ),
    [['firmware', 'password', 'address', 'reset'], 2],
    [['address', 'account', 'reset', 'account back'], 2],
  ];
  for (const [names, faults] of RUNS)
    it(`is never lost by ${names.join(', then ')}, with up to ${faults} faults at any place`, async () => {
      const ends = await explore(names, faults);
      expect(ends.done).to.be.above(0);
      expect(ends.runs).to.be.above(10);
    }).timeout(60_000);

  it('is never lost by password, address, firmware and reset in any order, with a fault at any place', async () => {
    for (const names of ordersOf(['password', 'address', 'firmware', 'reset'])) {
      const ends = await explore(names, 1);
      expect(ends.done, names.join()).to.be.above(0);
    }
  }).timeout(60_000);

  it('would be lost, and seen to be, by a BMC that forgets the accounts behind our back', async () => {
    const bmc = new ModelBmc(
      () => 'ok',
      () => {},
    );
    const way = { address: '10.0.0.2', username: 'admin', password: 'first' };
    expect(bmc.opens(way)).to.equal(true);
    bmc.accounts = [];
    expect(bmc.opens(way)).to.equal(false);
  });
});
