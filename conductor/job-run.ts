import type { Settings } from '../config/options.ts';
import type { Store } from '../db/store.ts';
import type { DriverRegistry } from '../drivers/registry.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { JobRecord, PlannedStep } from '../lifecycle/job.ts';
import type { JsonObject } from '../lifecycle/json.ts';
import type { EpochMs, NodeRecord } from '../lifecycle/records.ts';
import type { EndedSpan, SpanSink } from '../lifecycle/span.ts';
import { type AgentClient, agentOf } from './agent.ts';
import { type Bmc, openBmc } from './bmc.ts';
import { jobQueue } from './bus/bus.ts';
import type { Certifier } from './certificates/certifier.ts';
import { CommandLog } from './command-log.ts';
import type { ConsoleHomes } from './consoles/console-homes.ts';
import { type Lease, LeaseLost } from './lease.ts';
import { type Neighbours, NO_NEIGHBOURS, tellPower } from './neighbours/neighbours.ts';
import type { AnnouncedStatus, ConsoleAction } from './notifications/notifier.ts';
import type { ConductorObserver } from './observer.ts';
import type {
  ConductorDeps,
  ConductorLogger,
  NodeChanges,
  RelativeJob,
  StepContext,
  Work,
  WorkContext,
} from './step.ts';

/** Thrown to roll back: somebody else holds the node. */
class Taken extends Error {}

/** What every line about a job says: the request id leads from the API to the calls to the BMC. */
interface JobFacts {
  job: string;
  kind: string;
  node: string | null;
  request_id: string | null;
}

/** One claimed job while a worker has it: the node with its pending changes, the way to its BMC, the place in the plan. */
export class JobRun implements WorkContext, AsyncDisposable {
  readonly job: JobRecord;
  readonly work: Work;
  readonly store: Store;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: ConductorLogger;
  readonly drivers: DriverRegistry;
  readonly hostname: string;
  readonly neighbours: Neighbours;
  readonly certifier: Certifier | null;
  readonly consoles: ConsoleHomes | null;
  readonly #spans: SpanSink | undefined;
  /** The journal entry of the visit under way. */
  journal_id: number | null = null;
  /** What was asked of the BMC since the last write. */
  readonly commands = new CommandLog(() => this.now());
  steps: PlannedStep[];
  step_index: number;
  replanned = false;
  woken = false;
  data: JsonObject;
  readonly #lease: Lease;
  readonly #notifier: ConductorDeps['notifier'];
  readonly #bus: ConductorDeps['bus'];
  readonly #observer: ConductorObserver | undefined;
  readonly #gates: ConductorDeps['gates'];
  readonly #clock_offset_ms: number;
  /** Calls to the BMC in this run. */
  #calls = 0;
  #stored: NodeRecord | null = null;
  #changes: NodeChanges = {};
  #bmc: Promise<Bmc> | null = null;
  readonly #console_ends: [ConsoleAction, AnnouncedStatus][] = [];

  constructor(deps: ConductorDeps & { works: Readonly<Record<string, Work>> }, job: JobRecord, lease: Lease) {
    const work = deps.works[job.kind];
    if (work === undefined) throw new Error(`No work of kind ${job.kind}.`);
    this.job = job;
    this.work = work;
    this.store = deps.store;
    this.settings = deps.settings;
    this.clock = deps.clock;
    this.log = deps.log.child?.({ ...this.facts }) ?? deps.log;
    this.#observer = deps.observer;
    this.#spans = deps.spans;
    this.#gates = deps.gates;
    this.drivers = deps.drivers;
    this.hostname = deps.hostname;
    this.neighbours = deps.neighbours ?? NO_NEIGHBOURS;
    this.certifier = deps.certifier ?? null;
    this.consoles = deps.consoles ?? null;
    this.steps = job.steps ?? [];
    this.step_index = job.step_index;
    this.data = job.step_data;
    this.#lease = lease;
    this.#notifier = deps.notifier;
    this.#bus = deps.bus;
    // A lease that was just given ends lease_timeout after the database's now.
    const db_now = (job.lease_expires_at ?? deps.clock.now()) - deps.settings.conductor.lease_timeout * 1000;
    // On the monotonic clock: the wall clock of this machine may jump.
    this.#clock_offset_ms = db_now - deps.clock.monotonic();
  }

  get facts(): JobFacts {
    return {
      job: this.job.uuid,
      kind: this.job.kind,
      node: this.job.node_uuid,
      request_id: this.job.request_id,
    };
  }

  /** Names the visit of a step that is under way, or else the job, in traces. */
  get span(): string {
    return this.journal_id === null ? this.job.uuid : `${this.job.uuid}/${this.journal_id}`;
  }

  /** Tells those who trace that something of the job ended. */
  tell(span: Omit<EndedSpan, 'kind' | 'request_id' | 'attributes'> & Partial<Pick<EndedSpan, 'kind'>>): void {
    const { uuid, kind, node_uuid, request_id } = this.job;
    const attributes = {
      ...{ 'kurogane.job': uuid, 'kurogane.job.kind': kind, 'kurogane.conductor': this.hostname },
      ...(node_uuid === null ? {} : { 'kurogane.node': node_uuid }),
    };
    this.#spans?.({ kind: 'internal', ...span, request_id, attributes });
  }

  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  get hasNode(): boolean {
    return this.#stored !== null;
  }

  get node(): NodeRecord {
    if (this.#stored === null) throw new Error(`Job ${this.job.uuid} has no node.`);
    return { ...this.#stored, ...this.#changes };
  }

  get changes(): NodeChanges {
    return this.#changes;
  }

  now(): EpochMs {
    return Math.round(this.clock.monotonic() + this.#clock_offset_ms);
  }

  /** Takes the node as it was read with the claim. False: it is gone. */
  load(node: NodeRecord | null): boolean {
    this.#stored = node;
    return node !== null;
  }

  change(changes: NodeChanges): void {
    this.#changes = { ...this.#changes, ...changes };
  }

  /** The pending changes are stored; `node` is the row now. */
  written(node: NodeRecord): void {
    tellPower(this.neighbours, this.#stored, node);
    if (this.#stored !== null) this.#notifier?.nodeChanged(this.#stored, node);
    this.#stored = node;
    this.#changes = {};
  }

  async ensureJob({ uuid, node, kind, args, changes }: RelativeJob): Promise<JobRecord | null> {
    const known = await this.store.jobs.getByUuid(uuid);
    if (known !== null || node.reservation !== null) return known;
    const { request_id, user, project } = this.job;
    const { conductor_group } = node;
    this.#lease.check();
    const job = await this.store
      .transaction(async (tables) => {
        if (!(await tables.jobs.update(this.#lease.claim, {})))
          throw new LeaseLost('The job was taken over.');
        const made = await tables.jobs.insert({
          ...{ uuid, kind, args, node_uuid: node.uuid, conductor_group, exclusive: true },
          ...{ request_id, user, project },
        });
        const held = { ...changes, reservation: this.hostname, reservation_job_id: made.id };
        if ((await tables.nodes.update(node.uuid, held, { reservation: null })) === null) throw new Taken();
        return made;
      })
      .catch((error: unknown) => {
        if (error instanceof Taken) return null;
        throw error;
      });
    if (job === null) return null;
    this.#notifier?.nodeChanged(node, { ...node, ...changes });
    await this.#bus?.send(jobQueue(conductor_group), { job_id: job.id });
    return job;
  }

  consoleChanged(action: ConsoleAction, status: AnnouncedStatus): void {
    if (status === 'start') this.#notifier?.consoleChanged(this.node, action, status);
    else this.#console_ends.push([action, status]);
  }

  /** What was written is the truth now: it may be told. */
  committed(): void {
    for (const [action, status] of this.#console_ends.splice(0))
      this.#notifier?.consoleChanged(this.node, action, status);
  }

  /** Forgets the pending changes. */
  drop(): void {
    this.#changes = {};
  }

  advance(index: number): void {
    this.step_index = index;
    this.data = {};
    this.woken = false;
    this.replanned = false;
  }

  /** What the next visit of `step` works with; it sees the run's own state live. */
  visit(step: PlannedStep): StepContext {
    const run = this;
    const { job, store, settings, clock, log, drivers, hostname, neighbours, certifier, consoles } = this;
    const { data, woken, step_index } = this;
    return {
      ...{ job, store, settings, clock, log, drivers, hostname, neighbours, certifier, consoles },
      ...{ step, step_index, data, woken },
      get node() {
        return run.node;
      },
      signal: this.signal,
      now: () => this.now(),
      change: (changes) => this.change(changes),
      bmc: () => this.bmc(),
      bmcWith: (driver_info) => this.bmcWith(driver_info),
      agent: () => this.agent(),
      ensureJob: (wanted) => this.ensureJob(wanted),
      consoleChanged: (action, status) => this.consoleChanged(action, status),
      replan: (steps) => {
        this.steps = [...this.steps.slice(0, this.step_index + 1), ...steps];
        this.replanned = true;
      },
    };
  }

  bmc(): Promise<Bmc> {
    this.#bmc ??= this.#open(this.node);
    return this.#bmc;
  }

  bmcWith(driver_info: JsonObject): Promise<Bmc> {
    return this.#open({ ...this.node, driver_info });
  }

  #open(node: NodeRecord): Promise<Bmc> {
    return openBmc({
      node,
      drivers: this.drivers,
      settings: this.settings,
      clock: this.clock,
      lease: this.#lease,
      log: this.log,
      observer: this.#observer,
      commands: this.commands,
      ...(this.#spans === undefined ? {} : { called: (what, s, failed) => this.#called(what, s, failed) }),
      gates: this.#gates,
    });
  }

  #called(what: string, duration_s: number, failed: boolean): void {
    this.#calls += 1;
    const id = `${this.span}/${this.#calls}`;
    this.tell({ name: `BMC ${what}`, kind: 'client', id, parent: this.span, duration_s, failed });
  }

  agent(): AgentClient {
    return agentOf(this.node, { settings: this.settings, clock: this.clock, lease: this.#lease });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const bmc = await this.#bmc?.catch(() => null);
    await bmc?.[Symbol.asyncDispose]();
  }
}
