import { ServiceError } from '../../lifecycle/errors.ts';
import type { JobRecord } from '../../lifecycle/job.ts';
import {
  afterFailure,
  isOver,
  type OrderLineRecord,
  type OrderRecord,
  orderStateOf,
} from '../../lifecycle/orders.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { ServerRecord } from '../../lifecycle/server-record.ts';
import { STAGE_OF_STATE } from '../../lifecycle/stages.ts';
import { type Lease, LeaseLost } from '../lease.ts';
import type { RunResult } from '../runner.ts';
import { type OrderDeps, startBuild, startReturn } from './build.ts';
import { claimServer, findStock, freeServer } from './stock.ts';

/** Between two looks at an order that is not over. */
const PASS_MS = 1000;

/** Refusals that pass by themselves. */
const LATER: readonly string[] = ['NodeLocked', 'ServiceUnavailable', 'NoFreeConductorWorker', 'Conflict'];

/**
 * Carries an order on by one step for each of its servers, and has itself called again until all are over. Every step is
 * written with a condition on what it found, so that a conductor that takes over goes on where another one died, and no server
 * goes to two orders. What fails on one server does not touch the others.
 */
export async function runOrder(deps: OrderDeps, job: JobRecord, lease: Lease): Promise<RunResult> {
  const { store } = deps;
  try {
    const order = await store.orders.get(String(job.args.order_uuid));
    if (order === null) return await end(deps, lease, null);
    const lines = await store.order_lines.list({ where: { order_uuid: order.uuid }, sort_key: 'position' });
    const open = lines.filter(({ state }) => !isOver(state));
    const pass = await openPass(deps, order, open, lease);
    for (const line of open) {
      lease.checkHeld();
      await step(pass, line);
    }
    const states = (
      await store.order_lines.list({ where: { order_uuid: order.uuid }, fields: ['state'] })
    ).map(({ state }) => state);
    if (states.every(isOver)) return await end(deps, lease, order, states);
    await write(deps, lease, { state: 'queued', run_after_ms: PASS_MS });
    return { state: 'again', after_ms: PASS_MS };
  } catch (error) {
    if (!(error instanceof LeaseLost) && !lease.signal.aborted) throw error;
    return { state: 'left' };
  }
}

/** What one look at an order works with. */
interface Pass {
  deps: OrderDeps;
  order: OrderRecord;
  nodes: ReadonlyMap<string, NodeRecord>;
  /** Servers of the stock that fit, at random; taken from its end. */
  stock: ServerRecord[];
  lease: Lease;
}

async function openPass(
  deps: OrderDeps,
  order: OrderRecord,
  open: readonly OrderLineRecord[],
  lease: Lease,
): Promise<Pass> {
  const uuids = open.flatMap(({ server_uuid }) => (server_uuid === null ? [] : [server_uuid]));
  const nodes =
    uuids.length === 0 ? [] : await deps.store.nodes.list({ where: { uuid: uuids }, include_children: true });
  const wanting = order.cancelled_at === null ? open.filter(({ state }) => state === 'waiting').length : 0;
  const stock = wanting === 0 ? [] : await findStock(deps, order);
  return { deps, order, nodes: new Map(nodes.map((node) => [node.uuid, node])), stock, lease };
}

async function step(pass: Pass, line: OrderLineRecord): Promise<void> {
  const { order, nodes, deps } = pass;
  if (line.state === 'waiting') {
    if (order.cancelled_at !== null) await finish(pass, line, 'cancelled', null);
    else await take(pass, line);
    return;
  }
  const node = nodes.get(line.server_uuid ?? '');
  // Whoever took it away, or deleted it, has it now.
  if (node?.instance_uuid !== line.uuid)
    return await lose(pass, line, 'The server was taken away from the order.');
  try {
    if (line.state === 'claimed') await build(pass, line, node);
    else await watch(pass, line, node);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (!LATER.includes(error.code)) return await failed(pass, line, node, error.message);
    deps.log.info({ order: order.uuid, node: node.uuid, why: error.message }, 'an order waits for a server');
  }
}

/** Takes a server from stock; without one the line fails. */
async function take(pass: Pass, line: OrderLineRecord): Promise<void> {
  const { deps, order, stock } = pass;
  for (let server = stock.pop(); server !== undefined; server = stock.pop()) {
    if (line.tried.includes(server.uuid)) continue;
    const node = await claimServer(deps, order, line, server.uuid);
    if (node === null) continue;
    return await build(
      pass,
      { ...line, state: 'claimed', server_uuid: server.uuid, attempts: 0 },
      node,
    ).catch((error: unknown) => {
      // The next look finds it claimed.
      if (!(error instanceof ServiceError)) throw error;
    });
  }
  await finish(pass, line, 'failed', line.last_error ?? 'No server is left in stock that fits the order.');
}

/** Begins to set a claimed server up. @throws ServiceError */
async function build(pass: Pass, line: OrderLineRecord, node: NodeRecord): Promise<void> {
  const { deps, order } = pass;
  if (order.cancelled_at !== null) {
    await freeServer(deps, line, node);
    return await finish(pass, line, 'cancelled', null);
  }
  if (node.provision_state === 'available') await startBuild(deps, order, node);
  await deps.store.order_lines.update(
    line.uuid,
    { state: 'building', attempts: line.attempts + 1 },
    { state: 'claimed' },
  );
}

/** Looks how far a server is. @throws ServiceError */
async function watch(pass: Pass, line: OrderLineRecord, node: NodeRecord): Promise<void> {
  const { deps, order } = pass;
  const { provision_state } = node;
  if (STAGE_OF_STATE[provision_state] === 'deletion')
    return await lose(pass, line, 'The server was returned.');
  if (provision_state === 'active') {
    if (order.cancelled_at !== null) {
      await startReturn(deps, order, node);
      return await finish(pass, line, 'cancelled', null);
    }
    return await finish(pass, line, 'done', null);
  }
  if (provision_state === 'available' && node.reservation === null)
    return void (await deps.store.order_lines.update(line.uuid, { state: 'claimed' }, { state: 'building' }));
  if (provision_state === 'deploy failed') await failed(pass, line, node, node.last_error ?? 'It failed.');
  else if (order.cancelled_at !== null && provision_state === 'wait call-back') {
    await startReturn(deps, order, node);
    await finish(pass, line, 'cancelled', null);
  }
}

/** A server that failed is tried once more, or goes back and another one is taken. */
async function failed(pass: Pass, line: OrderLineRecord, node: NodeRecord, why: string): Promise<void> {
  const { deps, order } = pass;
  const next = order.cancelled_at === null ? afterFailure(line) : 'give up';
  if (next === 'again' && node.provision_state === 'deploy failed') {
    await startBuild(deps, order, node);
    await deps.store.order_lines.update(line.uuid, { attempts: line.attempts + 1, last_error: why });
    return;
  }
  if (node.provision_state === 'available') await freeServer(deps, line, node);
  else await startReturn(deps, order, node);
  if (next === 'give up')
    return await finish(pass, line, order.cancelled_at === null ? 'failed' : 'cancelled', why);
  await waitAnew(pass, line, why);
}

/** The server is somebody else's: another one is taken. */
async function lose(pass: Pass, line: OrderLineRecord, why: string): Promise<void> {
  if (pass.order.cancelled_at !== null) return await finish(pass, line, 'cancelled', null);
  if (afterFailure({ ...line, attempts: Number.POSITIVE_INFINITY }) === 'give up')
    return await finish(pass, line, 'failed', why);
  await waitAnew(pass, line, why);
}

async function waitAnew({ deps }: Pass, line: OrderLineRecord, why: string): Promise<void> {
  const tried = line.server_uuid === null ? line.tried : [...line.tried, line.server_uuid];
  const anew = { state: 'waiting', server_uuid: null, tried, attempts: 0, last_error: why } as const;
  await deps.store.order_lines.update(line.uuid, anew, { state: line.state });
}

async function finish(
  { deps }: Pass,
  line: OrderLineRecord,
  state: 'done' | 'failed' | 'cancelled',
  last_error: string | null,
): Promise<void> {
  await deps.store.order_lines.update(line.uuid, { state, last_error }, { state: line.state });
}

async function write(
  { store }: OrderDeps,
  lease: Lease,
  changes: Parameters<OrderDeps['store']['jobs']['update']>[1],
): Promise<void> {
  if (!(await store.jobs.update(lease.claim, changes))) throw new LeaseLost('The job was taken over.');
}

async function end(
  deps: OrderDeps,
  lease: Lease,
  order: OrderRecord | null,
  states: readonly OrderLineRecord['state'][] = [],
): Promise<RunResult> {
  const now = await deps.store.now();
  await deps.store.transaction(async (tables) => {
    if (!(await tables.jobs.update(lease.claim, { state: 'done', result: null })))
      throw new LeaseLost('The job was taken over.');
    if (order === null) return;
    // A cancel that comes now finds the order over.
    const state = orderStateOf(states, order.cancelled_at !== null);
    await tables.orders.update(order.uuid, { state, finished_at: now });
  });
  return { state: 'ended', followed: false };
}
