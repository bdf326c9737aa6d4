import type { Settings } from '../config/options.ts';
import type { NewJob, Store } from '../db/store.ts';
import type { DriverLogger } from '../drivers/contract.ts';
import type { DriverRegistry } from '../drivers/registry.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { JobRecord, PlannedStep, StepOutcome, StepSurvival } from '../lifecycle/job.ts';
import type { Json, JsonObject } from '../lifecycle/json.ts';
import type { ProvisionEvent } from '../lifecycle/machine.ts';
import type { EpochMs, NodeRecord } from '../lifecycle/records.ts';
import type { SpanSink } from '../lifecycle/span.ts';
import type { AgentClient } from './agent.ts';
import type { Bmc } from './bmc.ts';
import type { BmcGates } from './bmc-gates.ts';
import type { Bus } from './bus/bus.ts';
import type { Certifier } from './certificates/certifier.ts';
import type { ConsoleHomes } from './consoles/console-homes.ts';
import type { Neighbours } from './neighbours/neighbours.ts';
import type { AnnouncedStatus, ConsoleAction, Notifier } from './notifications/notifier.ts';
import type { ConductorObserver } from './observer.ts';

export interface ConductorLogger extends DriverLogger {
  error(facts: object, message: string): void;
  /** A logger whose every line has `bindings`; a logger without children says them itself where they matter. */
  child?(bindings: Record<string, unknown>): ConductorLogger;
}

/** What every part of a conductor is given. */
export interface ConductorDeps {
  store: Store;
  drivers: DriverRegistry;
  settings: Settings;
  clock: Clock;
  log: ConductorLogger;
  /** This conductor's name, as `reservation` shows it. */
  hostname: string;
  /** Between the conductor and its BMCs. Default: nothing. */
  gates?: BmcGates;
  /** Counts what the conductor does. Default: nobody. */
  observer?: ConductorObserver;
  /** Signs certificates of erased disks. Default: nobody does. */
  certifier?: Certifier | null;
  /** Hears of jobs, visits of steps and calls to BMCs that ended, for traces. Default: nobody. */
  spans?: SpanSink | undefined;
  /** Default: none. */
  neighbours?: Neighbours;
  /** Where jobs on other nodes are announced. Default: conductors find them by looking. */
  bus?: Pick<Bus, 'send'>;
  /** Keeps serial consoles open. Default: nobody. */
  consoles?: ConsoleHomes;
  /** Default: none. */
  notifier?: Pick<Notifier, 'nodeChanged' | 'powerCorrected' | 'consoleChanged'>;
}

/** Changes to a node's fields. */
export type NodeChanges = Partial<NodeRecord>;

/** What a step, a plan or the end of a job works with. */
export interface WorkContext {
  readonly job: JobRecord;
  /** The node as it was read, with the changes made since. */
  readonly node: NodeRecord;
  readonly store: Store;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: ConductorLogger;
  readonly drivers: DriverRegistry;
  readonly hostname: string;
  readonly neighbours: Neighbours;
  readonly certifier: Certifier | null;
  readonly consoles: ConsoleHomes | null;
  /** Aborted when the lease is lost or the conductor ends. */
  readonly signal: AbortSignal;
  /** The database's clock. */
  now(): EpochMs;
  /** Changes the node; written in one transaction with the outcome. */
  change(changes: NodeChanges): void;
  /** The way to the node's BMC, opened by the first use. */
  bmc(): Promise<Bmc>;
  /** The way to a BMC by another driver_info, which the caller disposes: how new credentials are proved. */
  bmcWith(driver_info: JsonObject): Promise<Bmc>;
  /** The agent that last sent a heartbeat. @throws StepFailure when none is known. */
  agent(): AgentClient;
  /**
   * Starts a job on another node, and takes that node for it, unless the job is there; null: somebody else holds the node.
   * @throws LeaseLost
   */
  ensureJob(wanted: RelativeJob): Promise<JobRecord | null>;
  /** Notifies of a change of the console: of its start at once, of how it ended when the outcome is written. */
  consoleChanged(action: ConsoleAction, status: AnnouncedStatus): void;
}

/** A job on another node than the one that a job is about. */
export interface RelativeJob extends Pick<NewJob, 'kind' | 'args'> {
  uuid: string;
  node: NodeRecord;
  /** Of that node, with the start of the job. */
  changes: NodeChanges;
}

/** What one visit of one step works with. */
export interface StepContext extends WorkContext {
  readonly step: PlannedStep;
  /** Place of the step in the plan. */
  readonly step_index: number;
  /** What the step's last visit asked to remember; `{}` at first. */
  readonly data: JsonObject;
  /** True: the visit follows a wait that a heartbeat, inspection data, an unhold or a timer ended. */
  readonly woken: boolean;
  /** Replaces the steps that come after this one. */
  replan(steps: PlannedStep[]): void;
}

/** How one step is done. */
export interface StepDefinition {
  survives: StepSurvival;
  run(ctx: StepContext): Promise<StepOutcome>;
  /** For `probe`: finds out what a conductor that died left behind. `repeat`: the step may be run again. */
  probe?(ctx: StepContext): Promise<StepOutcome | 'repeat'>;
}

/** Why a job failed. */
export interface Failure {
  /** For the operator: the cause and the next thing to do. No secrets. */
  message: string;
  /** HTTP status and catalogue code for a caller that waits. */
  status: number;
  code: string;
  /** The step that failed; null when none had been started. */
  step: PlannedStep | null;
  /** True: a wait ran past its deadline. */
  timed_out: boolean;
}

/** What the end of a job does to its node, in the transaction that ends the job. */
export interface NodeEnd {
  /** Events to fire, in order. */
  events: ProvisionEvent[];
  changes: NodeChanges;
  /** Work that follows at once under the same reservation. */
  follow?: Pick<NewJob, 'kind' | 'args' | 'steps'>;
  /** Text of an INFO history entry. */
  note?: string;
}

/** One kind of work. */
export interface Work {
  /** The steps, in order. Called once, by the first claim; may read the BMC but change nothing. */
  plan(ctx: WorkContext): Promise<PlannedStep[]>;
  /** How to do a step of the plan; null: this build does not know it. */
  find(step: PlannedStep, node: NodeRecord): StepDefinition | null;
  /** The end after the last step. `result`: what the last step resolved with. */
  finish(ctx: WorkContext, result: Json): Promise<NodeEnd> | NodeEnd;
  /** The end after a failure. May try to leave the hardware in a safe state; must not throw for that. */
  fail(ctx: WorkContext, failure: Failure): Promise<NodeEnd> | NodeEnd;
  /** Where the running step is shown on the node. */
  step_field?: 'clean_step' | 'deploy_step' | 'service_step';
  /** The end after an abort that had to wait for the end of a step. */
  aborted?(ctx: WorkContext, step: PlannedStep): Promise<NodeEnd> | NodeEnd;
}

/** Thrown inside a step: the job fails with this message. */
export class StepFailure extends Error {
  readonly code: string;
  readonly status: number;

  constructor(message: string, options: ErrorOptions & { code?: string; status?: number } = {}) {
    super(message, options);
    this.name = 'StepFailure';
    this.code = options.code ?? 'HardwareFailure';
    this.status = options.status ?? 500;
  }
}

/** A step of the conductor's own, as it is stored in a plan. */
export function plannedStep(name: string, facts: Partial<PlannedStep> = {}): PlannedStep {
  const [interface_ = '', step = ''] = name.split('.', 2);
  return {
    interface: interface_,
    step,
    args: {},
    priority: 0,
    abortable: false,
    in_band: false,
    ...facts,
  };
}

/** `interface.step`. */
export function stepName(step: Pick<PlannedStep, 'interface' | 'step'>): string {
  return `${step.interface}.${step.step}`;
}

/** Looks a step up in a literal of `interface.step` → definition. */
export function findIn(
  steps: Readonly<Record<string, StepDefinition>>,
): (step: PlannedStep) => StepDefinition | null {
  return (step) => {
    const name = stepName(step);
    return Object.hasOwn(steps, name) ? (steps[name] ?? null) : null;
  };
}

export const DONE: StepOutcome = { outcome: 'done' };
