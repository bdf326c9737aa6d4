import type { New } from '../db/store.ts';
import type {
  BootMode,
  Indicator,
  IndicatorState,
  LogEntry,
  SensorData,
  VirtualMediaSlot,
} from '../drivers/contract.ts';
import type { Announced } from '../lifecycle/announced.ts';
import type { Caller } from '../lifecycle/caller.ts';
import type { FirmwareOrder } from '../lifecycle/firmware-updates.ts';
import type { HardwareState } from '../lifecycle/hardware-baseline.ts';
import type { WorkOrigin } from '../lifecycle/job.ts';
import type { Json, JsonObject } from '../lifecycle/json.ts';
import type { OrderRecord } from '../lifecycle/orders.ts';
import type { PowerTarget } from '../lifecycle/power.ts';
import type { AllocationRecord, EpochMs, NodeRecord } from '../lifecycle/records.ts';
import type { IpAddressRecord, IpPoolRecord, RegistrationStep } from '../lifecycle/registration-records.ts';
import type { ScheduleRecord } from '../lifecycle/schedules.ts';
import type { ServerFacts } from '../lifecycle/server-record.ts';
import type { ServerReport } from '../lifecycle/server-report.ts';
import type { Verb } from '../lifecycle/verbs.ts';
import type { VirtualMediaDevice } from '../lifecycle/virtual-media.ts';
import type { Placed } from './placement.ts';

/**
 * All that the API may ask of the conductors. Requests that change hardware become jobs in one transaction with the
 * node's change; the bus is nudged after the commit. Every method throws ServiceError.
 */
export interface ConductorClient {
  /**
   * Raises a verb on a node. The policy, microversion and body checks are the caller's; state, lock, maintenance,
   * protection and driver checks are made here, under the row's compare-and-set.
   * @throws InvalidStateRequested, NodeLocked, NodeInMaintenance, NodeProtected, NodeIsRetired, InvalidParameterValue
   */
  provision(node: NodeRecord, verb: Verb, args: ProvisionArgs, caller: Caller): Promise<void>;
  /** Starts a power action. `timeout_s` null: the configured default. */
  power(node: NodeRecord, target: PowerTarget, timeout_s: number | null, caller: Caller): Promise<void>;
  /**
   * Starts a change of the hardware in the background: what fails there shows in `last_error` only.
   * @throws NodeLocked, InvalidParameterValue (driver_info), UnsupportedDriverExtension, ServiceUnavailable
   */
  changeHardware(node: NodeRecord, change: HardwareChange, caller: Caller): Promise<void>;
  /** Asks a conductor and waits for the answer; bounded by `[conductor]call_timeout`. */
  call<M extends CallName>(
    node: NodeRecord,
    method: M,
    args: Calls[M]['args'],
    caller: Caller,
  ): Promise<Calls[M]['result']>;
  /**
   * Changes fields of a node that no background work holds: the exclusive lock of Ironic's PATCH, taken for one
   * compare-and-set. Waits for a lock as `[conductor]node_locked_retry_*` says.
   * Without changes nothing is written, but a locked node is refused all the same.
   * @param action what notifications call it; null: they tell nothing of it. Default: `update`.
   * @throws NodeLocked, Conflict
   */
  updateNode(
    node: NodeRecord,
    changes: Partial<NodeRecord>,
    caller: Caller,
    action?: 'update' | 'maintenance_set' | null,
  ): Promise<NodeRecord>;
  /** Runs `change` while the node cannot be taken by a job (ports, traits and other satellites of a locked node). */
  withNodeUnlocked<T>(node: NodeRecord, change: () => Promise<T>): Promise<T>;
  /**
   * Takes a node away from whoever holds it. The job behind the reservation ends, and who claimed it can write neither job
   * nor node any more; work under way leaves the node failed. Resolves when the holder commands the BMC no more: it learns
   * of the break when it next writes, or renews its lease (a third of `[conductor]lease_timeout`), or its lease ends.
   * @param job_uuid the job that the caller saw; null: whichever it is.
   * @throws Conflict: not reserved, or held by another job
   */
  breakReservation(node: NodeRecord, job_uuid: string | null, caller: Caller): Promise<NodeRecord>;
  /** Deletes a node and all that hangs on it. State, protection and instance rules are checked here. */
  deleteNode(node: NodeRecord, caller: Caller): Promise<void>;
  /** As deleteNode, of a server that leaves for good: what is known of it stays, with the record of its disposal. */
  disposeNode(
    node: NodeRecord,
    disposal: Pick<ServerFacts, 'disposed_by' | 'disposal'>,
    caller: Caller,
  ): Promise<void>;
  /**
   * Creates an allocation in state `allocating`; a conductor looks for its node. With `node` the allocation is recorded for
   * a node that is active already, and nothing is looked for; when that is refused, it stays in state `error`.
   * @throws AlreadyExists, AllocationFailed, NodeAssociated, NodeLocked, ServiceUnavailable
   */
  createAllocation(
    allocation: New<AllocationRecord>,
    node: NodeRecord | null,
    caller: Caller,
  ): Promise<AllocationRecord>;
  /** Deletes an allocation and frees its node. @throws Conflict, NodeLocked, NotFound */
  destroyAllocation(allocation: AllocationRecord, caller: Caller): Promise<void>;
  /**
   * Orders servers from stock: a conductor takes them, sets them up and installs them, one by one and at once.
   * @throws Conflict (quota), ServiceUnavailable
   */
  createOrder(
    order: New<OrderRecord> & Pick<OrderRecord, 'project' | 'count'>,
    names: readonly string[],
    caller: Caller,
  ): Promise<OrderRecord>;
  /**
   * Has work done on servers at a time or in a window that comes again, within the limits, once for each server and window.
   * @throws InvalidParameterValue (cron, time zone, no window to come), ServiceUnavailable
   */
  createSchedule(
    schedule: New<ScheduleRecord> &
      Pick<ScheduleRecord, 'cron' | 'time_zone' | 'start_at' | 'window_s' | 'servers' | 'what'>,
    caller: Caller,
  ): Promise<ScheduleRecord>;
  /** The windows to come, at most `count`. @throws InvalidParameterValue */
  scheduleWindows(
    schedule: Pick<ScheduleRecord, 'cron' | 'time_zone' | 'start_at' | 'window_s'>,
    count: number,
  ): Promise<{ start: EpochMs; end: EpochMs }[]>;
  /**
   * Gives a server an address of a pool: the one that it has already, or a free one. `holder`: its system UUID.
   * @throws NoFreeAddress, ServiceUnavailable
   */
  allocateAddress(pool: IpPoolRecord, holder: string): Promise<IpAddressRecord>;
  /**
   * Registers a server that calls in with an enrolment token: its node is made in `enroll` with ports and inventory, its cables and
   * firmware are judged, its BMC gets an address and an account. What fails there is an answer, `stay`, and on record.
   * @throws InvalidParameterValue, InvalidEnrolmentToken, DoubledSystemUuid, RegistrationRefused, ServiceUnavailable
   */
  register(token: string, report: ServerReport): Promise<RegistrationAnswer>;
  /**
   * Makes the node of a server that nobody knows of its inspection data: as `register`, but the server takes no orders, so that its
   * node stays in `enroll` until somebody writes the account of its BMC. What its cables and firmware are like is on record.
   * @throws InvalidParameterValue, DoubledSystemUuid, RegistrationRefused, TooManyRequests, ServiceUnavailable
   */
  discover(report: ServerReport): Promise<NodeRecord>;
  /**
   * Takes what a server tells of its registration, and says what it is to do. `done` starts the proof that its BMC can be
   * reached; the server asks again until it is over. @throws NotFound: no such registration, or not its secret
   */
  registrationProgress(
    registration_uuid: string,
    secret: string,
    progress: RegistrationProgress,
  ): Promise<RegistrationVerdict>;
  /** Makes a change that the API does itself, and tells those who listen to notifications of its start and end. */
  announce<T>(what: Announced, change: () => Promise<T>): Promise<T>;
  /** An agent's look-up: makes the agent token when none exists. `token` is shown once, '******' ever after. */
  agentToken(node: NodeRecord): Promise<string>;
  /** Records an agent's heartbeat and wakes the job that waits for it. */
  heartbeat(node: NodeRecord, beat: AgentHeartbeat): Promise<void>;
  /** Takes in-band inspection data and wakes the inspection that waits for it. */
  continueInspection(node: NodeRecord, data: JsonObject): Promise<void>;
  /** Tells the host name of the live conductor that serves a node, from the hash ring as it stands now; null where none does. */
  conductorFinder(): Promise<(node: Placed) => string | null>;
}

/** What a server sets on its own BMC. */
export interface BmcOrders {
  address: string;
  netmask: string;
  gateway: string | null;
  vlan_id: number | null;
  username: string;
  password: string;
}

export interface RegistrationAnswer {
  registration_uuid: string;
  node_uuid: string;
  /** What the server reports with; told once. */
  secret: string;
  action: 'go-on' | 'stay';
  /** Where it stopped, and why; null: it goes on. */
  step: RegistrationStep | null;
  cause: string | null;
  /** null: there is nothing to set. */
  bmc: BmcOrders | null;
  /** What the server updates itself once its BMC is set, before it restarts and registers again. */
  updates: FirmwareOrder[];
}

export interface RegistrationProgress {
  step: RegistrationStep;
  /** `done`: all that the server had to do is done. */
  outcome: 'running' | 'failed' | 'done';
  cause: string;
  log_tail: string;
}

/** `stay`: powered on, so that somebody sees it. `restart`: and register again, with the firmware that it has then. */
export type RegistrationAction = 'wait' | 'power-off' | 'stay' | 'restart';

export interface RegistrationVerdict {
  action: RegistrationAction;
  step: RegistrationStep;
  cause: string | null;
}

/** Arguments of PUT states/provision, as validated. */
export interface ProvisionArgs {
  configdrive?: string | JsonObject;
  clean_steps?: JsonObject[];
  deploy_steps?: JsonObject[];
  service_steps?: JsonObject[];
  rescue_password?: string;
  disable_ramdisk?: boolean;
  /** What the steps are part of, for whoever looks at the work. */
  origin?: WorkOrigin;
}

export interface AgentHeartbeat {
  callback_url: string;
  agent_token: string;
  agent_version?: string;
  agent_verify_ca?: string;
  agent_status?: 'start' | 'end' | 'error';
  agent_status_message?: string;
}

/** Changes of the hardware, besides power, that the client does not wait for. */
export type HardwareChange =
  | { kind: 'boot_mode'; target: BootMode }
  | { kind: 'secure_boot'; target: boolean }
  | { kind: 'console'; enabled: boolean }
  | { kind: 'attach_virtual_media'; device_type: VirtualMediaDevice; image_url: string }
  /** `device_types` null: all. */
  | { kind: 'detach_virtual_media'; device_types: readonly VirtualMediaDevice[] | null };

/** The calls that wait for their answer: method → arguments and result. Exclusive ones take the node's lock. */
export interface Calls {
  validate: { args: Record<string, never>; result: Record<string, { result: boolean; reason?: string }> };
  get_boot_device: {
    args: Record<string, never>;
    result: { boot_device: string | null; persistent: boolean | null };
  };
  set_boot_device: { args: { boot_device: string; persistent: boolean }; result: null };
  get_supported_boot_devices: { args: Record<string, never>; result: { supported_boot_devices: string[] } };
  inject_nmi: { args: Record<string, never>; result: null };
  get_supported_indicators: { args: Record<string, never>; result: { indicators: Indicator[] } };
  get_indicator_state: { args: { component: string; indicator: string }; result: { state: IndicatorState } };
  set_indicator_state: { args: { component: string; indicator: string; state: string }; result: null };
  get_virtual_media: { args: Record<string, never>; result: VirtualMediaSlot[] };
  /** null: the console is not enabled. */
  get_console: { args: Record<string, never>; result: { type: string; url: string } | null };
  vendor_passthru: { args: { method: string; http_method: string; data: JsonObject }; result: Json };
  /** The VIFs of the tenant on the node's ports and portgroups. */
  vif_list: { args: Record<string, never>; result: { vifs: { id: string }[] } };
  /** @throws VifAlreadyAttached, NoFreePhysicalPorts */
  vif_attach: { args: { vif: JsonObject & { id: string } }; result: null };
  /** @throws VifNotAttached */
  vif_detach: { args: { vif_id: string }; result: null };
  /** Makes an account on the BMC and proves it. */
  grant_account: {
    args: { username: string; password: string; role: 'operator' | 'read-only' };
    result: null;
  };
  vendor_passthru_methods: { args: Record<string, never>; result: JsonObject };
  /** The sensors that have a reading now, and the event log, oldest first; a BMC without one of them has none. */
  read_sensors: { args: Record<string, never>; result: { sensors: SensorData; events: LogEntry[] } };
  /** What a baseline is made of. */
  read_hardware: { args: Record<string, never>; result: HardwareState };
}
export type CallName = keyof Calls;
