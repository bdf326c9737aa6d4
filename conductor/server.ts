import { setMaxListeners } from 'node:events';
import type { ClaimedJob } from '../db/store.ts';
import { type DriverRegistry, hardwareTypeFacts } from '../drivers/registry.ts';
import type { ConductorRecord, HardwareTypeFacts, NodeRecord } from '../lifecycle/records.ts';
import { runAllocation } from './allocate.ts';
import { createBmcGates } from './bmc-gates.ts';
import { type Bus, JOB_ENDED_TOPIC, jobQueue } from './bus/bus.ts';
import { ConsoleHomes } from './consoles/console-homes.ts';
import { listenLink } from './consoles/link-server.ts';
import { publishLink } from './consoles/published-link.ts';
import { SerialConsoles } from './consoles/serial-consoles.ts';
import type { ConsoleWay } from './consoles/viewer.ts';
import { Lease } from './lease.ts';
import { createNotifier } from './notifications/notifier.ts';
import { runOrder } from './orders/run-order.ts';
import { type Periodic, startPeriodics } from './periodic/periodic.ts';
import { PERIODICS } from './periodic/periodics.ts';
import { createPlacement } from './placement.ts';
import { runJob } from './runner.ts';
import { runSchedule } from './schedules/run-schedule.ts';
import type { ConductorDeps, Work } from './step.ts';
import { WORKS } from './work/works.ts';

export interface ConductorOptions extends Omit<ConductorDeps, 'drivers'> {
  drivers: DriverRegistry;
  bus: Bus;
  /** How long `dispose` lets running steps end before it interrupts them. */
  drain_ms?: number;
  /** Other kinds of work, for specs. */
  works?: Readonly<Record<string, Work>>;
  /** The periodic tasks to run; default all. */
  periodics?: readonly Periodic[];
}

/** A running conductor. Disposing it drains: jobs end or are handed over at their next step. */
export interface Conductor extends AsyncDisposable {
  readonly hostname: string;
  /** The serial ports of all nodes. */
  readonly consoles: ConsoleWay;
  /** Jobs that run now. */
  readonly running: number;
  /** Why no work is done here although the process lives, or null: a loop over the leases has not got through for long. */
  stalled(): string | null;
  /** Looks for due jobs now. */
  poke(): void;
  /** Stops at once and writes nothing more, as a process that is killed: for specs and for a lost database. */
  halt(): void;
}

/** Most jobs taken by one look: enough to keep the look cheap per job, few enough to share with other conductors. */
const CLAIM_BATCH = 50;
const DRAIN_MS = 30_000;
/** How long a step that was interrupted may take to notice. */
const INTERRUPT_MS = 2000;
const CLAIM_RETRY_MS = 1000;
/** Between two questions for the next job that will be due. */
const ASK_NEXT_MS = 1000;
/** Why the pause between two looks is cut short; nobody is told. */
const POKED = new Error('There may be work.');

/** Starts a conductor: registers it, and works off the jobs of its group until it is disposed. */
export async function startConductor(options: ConductorOptions): Promise<Conductor> {
  const { store, bus, settings, clock, log, hostname, drivers } = options;
  const group = settings.conductor.conductor_group.toLowerCase();
  const lease_ms = settings.conductor.lease_timeout * 1000;
  const gates = options.gates ?? createBmcGates(settings, clock);
  const notifier = options.notifier ?? createNotifier({ ...options, host: hostname });
  const placement = createPlacement(options);
  const serial = new SerialConsoles(options);
  const consoles = new ConsoleHomes({ store, placement, clock, own: { hostname, consoles: serial } });
  const deps = { ...options, notifier, gates, consoles, works: options.works ?? WORKS };
  const leases = new Map<number, { lease: Lease; run: Promise<void> }>();
  /** No new work. */
  const ending = new AbortController();
  // Each periodic task waits on it, and there are more of them than Node takes for a leak.
  setMaxListeners(0, ending.signal);
  /** No work at all. */
  const ended = new AbortController();
  /** Set by halt(): nothing may be written any more. */
  let halted = false;
  let draining = false;
  let poked = true;
  /** The last look found no worker free: whichever job ends makes another look. */
  let full = false;
  let wake: (() => void) | null = null;
  /** Monotonic times at which the loops last got through. */
  let looked_at = clock.monotonic();
  let renewed_at = looked_at;
  let asked_at = Number.NEGATIVE_INFINITY;
  /** Monotonic times at which a job that was put off is due. */
  const due: number[] = [];

  const registration: Pick<ConductorRecord, 'hostname' | 'conductor_group' | 'hardware_types'> = {
    hostname,
    conductor_group: group,
    hardware_types: factsOf(options),
  };
  const { link_address: address, link_port: port } = settings.console;
  const link = await listenLink(serial, { address, port });
  await publishLink(store, {
    conductor: hostname,
    address,
    port: link.port,
    access: { secret: link.secret },
  });
  await store.conductors.register(registration);

  function poke(): void {
    poked = true;
    wake?.();
  }

  function start(claimed: ClaimedJob, node: NodeRecord | null, asked_at: number): void {
    const { id, uuid, fencing_token } = claimed.job;
    const claim = { job_id: id, job_uuid: uuid, claimed_by: hostname, fencing_token };
    const lease = new Lease(claim, clock, asked_at, lease_ms);
    // Taken over from this very conductor: its lease ran out while the process or the database stood still.
    leases.get(id)?.lease.lose('The job was claimed anew.');
    const run = work(claimed, lease, node).finally(() => {
      if (leases.get(id)?.lease === lease) leases.delete(id);
      if (!halted && full) poke();
    });
    leases.set(id, { lease, run });
  }

  async function work(claimed: ClaimedJob, lease: Lease, node: NodeRecord | null): Promise<void> {
    const { job } = claimed;
    try {
      const result =
        job.kind === 'allocate'
          ? await runAllocation(deps, job, lease)
          : job.kind === 'order'
            ? await runOrder({ ...deps, placement }, job, lease)
            : job.kind === 'schedule'
              ? await runSchedule({ ...deps, placement }, job, lease)
              : await runJob(deps, claimed, lease, node);
      if (result.state === 'again') {
        due.push(clock.monotonic() + result.after_ms);
        poke();
      }
      if (result.state === 'ended') {
        if (job.kind === 'call') await bus.publish(JOB_ENDED_TOPIC, { job_id: job.id });
        if (result.followed) poke();
      }
      // It may have been revoked: whoever waits for that need not wait for the end of the lease.
      if (result.state === 'left' && !halted) await store.jobs.left(lease.claim);
      // What is left at the next step of a drain is somebody else's at once.
      if (result.state === 'left' && draining && !halted) await bus.send(jobQueue(group), { job_id: job.id });
    } catch (error) {
      log.error({ job: job.uuid, kind: job.kind, err: error }, 'a job was left: its lease will run out');
    }
  }

  async function claimDue(): Promise<number> {
    const free = settings.conductor.workers_pool_size - leases.size;
    const limit = Math.min(free, CLAIM_BATCH);
    full = limit <= 0;
    if (full) return 0;
    const asked_at = clock.monotonic();
    const claimed = await store.jobs.claim({ claimed_by: hostname, conductor_group: group, lease_ms, limit });
    const nodes = await nodesOf(claimed);
    for (const one of claimed) start(one, nodes.get(one.job.node_uuid ?? '') ?? null, asked_at);
    full = claimed.length === free;
    return claimed.length === limit ? limit : 0;
  }

  /** The nodes of jobs just claimed: read after the claim, which nobody else can have changed since. */
  async function nodesOf(claimed: readonly ClaimedJob[]): Promise<Map<string, NodeRecord>> {
    const uuids = claimed.flatMap(({ job }) => (job.node_uuid === null ? [] : [job.node_uuid]));
    if (uuids.length === 0) return new Map();
    const nodes = await store.nodes.list({ where: { uuid: uuids }, include_children: true });
    return new Map(nodes.map((node) => [node.uuid, node]));
  }

  async function claimLoop(): Promise<void> {
    while (!ending.signal.aborted) {
      poked = false;
      let pause_ms = settings.conductor.poll_interval * 1000;
      try {
        const more = (await claimDue()) > 0;
        looked_at = clock.monotonic();
        if (more) continue;
      } catch (error) {
        log.warn({ err: error }, 'looking for jobs failed; trying again');
        pause_ms = CLAIM_RETRY_MS;
      }
      if (poked) continue;
      const now = clock.monotonic();
      pause_ms = Math.min(pause_ms, await untilNext(now));
      // It may have been told of a job meanwhile; from here to the sleep nobody can.
      if (poked) continue;
      const next = Math.min(...due);
      if (next <= now + pause_ms) pause_ms = Math.max(0, next - now);
      const interrupt = new AbortController();
      wake = () => interrupt.abort(POKED);
      const signal = AbortSignal.any([interrupt.signal, ending.signal]);
      await clock.sleep(pause_ms, signal).catch(() => {});
      wake = null;
      const passed = clock.monotonic();
      for (let i = due.length - 1; i >= 0; i--) if ((due[i] ?? 0) <= passed) due.splice(i, 1);
    }
  }

  /** Milliseconds until a job of the group is due that nobody tells of; asked for now and then only. */
  async function untilNext(now: number): Promise<number> {
    const asked_ago = now - asked_at;
    if (asked_ago < ASK_NEXT_MS) return full ? Number.POSITIVE_INFINITY : ASK_NEXT_MS - asked_ago;
    asked_at = now;
    const next = await store.jobs.nextDue(group).catch(() => null);
    // One that is due already is being claimed by others, or no worker is free.
    return next === null || next === 0 ? Number.POSITIVE_INFINITY : next;
  }

  /** Renews what is held; whoever lost a job learns it here, or by the clock when the database is away. */
  async function renewLoop(): Promise<void> {
    for (;;) {
      await clock.sleep(lease_ms / 3, ended.signal);
      const held = [...leases.values()].map(({ lease }) => lease);
      if (held.length === 0) {
        renewed_at = clock.monotonic();
        continue;
      }
      const claims = held.map(({ claim }) => claim);
      const asked_at = clock.monotonic();
      try {
        const ours = new Set(await store.jobs.renew(claims, lease_ms));
        renewed_at = clock.monotonic();
        for (const lease of held)
          if (ours.has(lease.claim.job_id)) lease.renewed(asked_at, lease_ms);
          else lease.lose('The job was taken over.');
      } catch (error) {
        log.warn({ err: error }, 'renewing leases failed; trying again');
        for (const lease of held) endIfOver(lease);
      }
    }
  }

  const consumer = await bus.consume(jobQueue(group), CLAIM_BATCH, async () => poke());
  const periodics = startPeriodics(options.periodics ?? PERIODICS, {
    ...options,
    notifier,
    placement,
    gates,
    serial,
    registration,
    signal: ending.signal,
    poke,
  });
  const loops = [claimLoop(), renewLoop().catch(() => {})];
  log.info({ hostname, conductor_group: group, drivers: drivers.names() }, 'conductor started');

  function stalled(): string | null {
    if (halted || draining) return 'The conductor ends.';
    const now = clock.monotonic();
    const look_ms = settings.conductor.poll_interval * 1000 + lease_ms;
    if (now - looked_at > look_ms)
      return 'It could not look for jobs for longer than poll_interval and lease_timeout.';
    return now - renewed_at > lease_ms
      ? 'It could not renew its leases for longer than lease_timeout.'
      : null;
  }

  async function dispose(): Promise<void> {
    if (halted) return;
    draining = true;
    ending.abort();
    await consumer[Symbol.asyncDispose]();
    for (const { lease } of leases.values()) lease.handOver();
    const runs = Promise.allSettled([...leases.values()].map(({ run }) => run));
    const over = new AbortController();
    await Promise.race([runs, clock.sleep(options.drain_ms ?? DRAIN_MS, over.signal).catch(() => {})]);
    over.abort();
    for (const { lease } of leases.values()) lease.interrupt();
    const waited = new AbortController();
    await Promise.race([runs, clock.sleep(INTERRUPT_MS, waited.signal).catch(() => {})]);
    waited.abort();
    for (const { lease } of leases.values()) lease.lose('The conductor ended.');
    ended.abort();
    await Promise.allSettled([...loops, periodics, serial[Symbol.asyncDispose]()]);
    await link[Symbol.asyncDispose]();
    await store.conductors.setOffline(hostname).catch((error: unknown) => {
      log.warn({ err: error }, 'the conductor could not be marked offline');
    });
    log.info({ hostname }, 'conductor stopped');
  }

  return {
    ...{ hostname, consoles },
    get running() {
      return leases.size;
    },
    stalled,
    poke,
    halt: () => {
      halted = true;
      ending.abort();
      ended.abort();
      for (const { lease } of leases.values()) lease.lose('The conductor was halted.');
      void consumer[Symbol.asyncDispose]();
      void serial[Symbol.asyncDispose]();
      void link[Symbol.asyncDispose]();
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** Loses a lease that has run out by the clock. */
function endIfOver(lease: Lease): void {
  try {
    lease.checkHeld();
  } catch {
    // It has told its worker.
  }
}

/** What this conductor offers: the enabled hardware types that it has a driver for. */
function factsOf(options: ConductorOptions): Record<string, HardwareTypeFacts> {
  const { drivers, settings, log } = options;
  const facts: Record<string, HardwareTypeFacts> = {};
  for (const name of settings.DEFAULT.enabled_hardware_types) {
    const driver = drivers.get(name);
    if (driver === null) log.warn({ driver: name }, 'an enabled hardware type has no driver in this build');
    else facts[name] = hardwareTypeFacts(driver, settings);
  }
  return facts;
}
