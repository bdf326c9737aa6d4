import { AsyncLocalStorage } from 'node:async_hooks';
import { type StepDefinition, stepName, type Work } from '../../conductor/step.ts';
import type { JobChanges, Store, Tables } from '../../db/store.ts';
import type { Connection, Driver } from '../../drivers/contract.ts';
import type { JobRecord } from '../../lifecycle/job.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { Gate } from './gate.ts';

/**
 * The parts of a conductor, wrapped so that work passes the gate before and after every write of a job, every step, every
 * call to a BMC and every request to an agent. The product knows nothing of it: these are the parts that it is given.
 */
export interface GatedParts {
  store(store: Store): Store;
  works(works: Readonly<Record<string, Work>>): Readonly<Record<string, Work>>;
  driver<Info>(driver: Driver<Info>): Driver<Info>;
  fetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch;
}

/** Ends a transaction that is to be held without its locks. */
class RolledBack extends Error {}

/** Which work the code that runs belongs to. */
interface Place {
  node_uuid: string;
  where: string;
}

export function gateParts(gate: Gate): GatedParts {
  const places = new AsyncLocalStorage<Place>();
  /** Job → its node and kind, from the claims of this process. */
  const jobs = new Map<number, { node_uuid: string; kind: string }>();

  async function around<T>(point: string, node_uuid: string | undefined, act: () => Promise<T>): Promise<T> {
    const place = places.getStore();
    const node = node_uuid ?? place?.node_uuid;
    if (node === undefined) return act();
    const name = place === undefined ? point : `${place.where}: ${point}`;
    await gate.pass(node, `${name}, before`);
    const done = await act();
    await gate.pass(node, `${name}, after`);
    return done;
  }

  async function transaction<T>(store: Store, work: (tables: Tables) => Promise<T>): Promise<T> {
    const noted: string[] = [];
    let job: { node_uuid: string; kind: string } | undefined;
    let held: number | null = null;
    const point = (when: string) => `${job?.kind} write ${noted.join(' ')}, ${when} commit`;
    try {
      const done = await store.transaction(async (tables) => {
        noted.length = 0;
        const own: Tables['jobs'] = {
          ...tables.jobs,
          update: (claim, changes) => {
            job = jobs.get(claim.job_id);
            noted.push(described(changes));
            return tables.jobs.update(claim, changes);
          },
          startStep: (entry) => {
            noted.push(`start ${stepName(entry)}`);
            return tables.jobs.startStep(entry);
          },
          endStep: (id, outcome, detail) => {
            noted.push(`end ${outcome}`);
            return tables.jobs.endStep(id, outcome, detail);
          },
        };
        const result = await work({ ...tables, jobs: own });
        if (job === undefined) return result;
        const { id, verdict } = await gate.ask(job.node_uuid, point('before'));
        if (verdict === 'hold-open') await gate.hold(id);
        if (verdict === 'hold') {
          held = id;
          throw new RolledBack();
        }
        return result;
      });
      if (job !== undefined) await gate.pass(job.node_uuid, point('after'));
      return done;
    } catch (error) {
      if (held === null) throw error;
      await gate.hold(held);
      return transaction(store, work);
    }
  }

  function gatedStep(kind: string, step: string, definition: StepDefinition): StepDefinition {
    const { probe } = definition;
    const enter = <T>(what: string, node: NodeRecord, act: () => Promise<T>): Promise<T> => {
      const where = `${kind} ${step}${what}`;
      return places.run({ node_uuid: node.uuid, where }, () => around('step', node.uuid, act));
    };
    return {
      ...definition,
      run: (ctx) => enter('', ctx.node, () => definition.run(ctx)),
      ...(probe === undefined ? {} : { probe: (ctx) => enter(' (probe)', ctx.node, () => probe(ctx)) }),
    };
  }

  function gatedConnection(
    connection: Connection,
    driver: string,
    node_uuid: string | undefined,
  ): Connection {
    return new Proxy(connection, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof name === 'symbol' || typeof value !== 'object' || value === null) {
          return typeof value === 'function' ? value.bind(target) : value;
        }
        return new Proxy(value, {
          get: (control, method) => {
            const call: unknown = Reflect.get(control, method);
            if (typeof call !== 'function') return call;
            return (...args: unknown[]) => {
              const words = args.slice(0, -1).map((arg) => JSON.stringify(arg));
              const point = `${driver} BMC ${name}.${String(method)}(${words.join()})`;
              return around(point, node_uuid, () => Reflect.apply(call, control, args));
            };
          },
        });
      },
    });
  }

  return {
    store: (store) => ({
      ...store,
      transaction: (work) => transaction(store, work),
      jobs: {
        ...store.jobs,
        claim: async (options) => {
          const claimed = await store.jobs.claim(options);
          for (const { job } of claimed)
            jobs.set(job.id, { node_uuid: job.node_uuid ?? (await candidateOf(store, job)), kind: job.kind });
          return claimed;
        },
      },
      nodes: {
        ...store.nodes,
        update: (uuid, changes, guard) => {
          const update = () => store.nodes.update(uuid, changes, guard);
          return typeof changes.reservation_job_id === 'number' ? around('reserve', uuid, update) : update();
        },
      },
    }),
    works: (works) =>
      Object.fromEntries(
        Object.entries(works).map(([kind, work]): [string, Work] => [
          kind,
          {
            ...work,
            plan: (ctx) =>
              places.run({ node_uuid: ctx.node.uuid, where: kind }, () =>
                around('plan', ctx.node.uuid, () => work.plan(ctx)),
              ),
            find: (step, node) => {
              const found = work.find(step, node);
              return found === null ? null : gatedStep(kind, stepName(step), found);
            },
          },
        ]),
      ),
    driver: (driver) => ({
      ...driver,
      connect: async (info, options) =>
        gatedConnection(await driver.connect(info, options), driver.name, options.node_uuid),
    }),
    fetch: (fetch) => (input, init) => {
      const place = places.getStore();
      if (place === undefined || !String(input).includes('/v1/commands')) return fetch(input, init);
      return around(`agent ${commandOf(init)}`, place.node_uuid, () => fetch(input, init));
    },
  };
}

/** An allocation of the chaos run asks for one node. */
async function candidateOf(store: Store, { args }: JobRecord): Promise<string> {
  const allocation = await store.allocations.get(String(args.allocation_uuid));
  return allocation?.candidate_nodes[0] ?? '';
}

function described(changes: JobChanges): string {
  return [changes.state, changes.wait_for].filter((word) => typeof word === 'string').join(' ') || 'job';
}

function commandOf(init: RequestInit | undefined): string {
  if (typeof init?.body !== 'string') return 'commands';
  return String((JSON.parse(init.body) as JsonObject).name);
}
