import type { AuditEntry, AuditHead, AuditOutcome, AuditVerdict, NewAuditEntry } from '../lifecycle/audit.ts';
import type { BmcLeaseRecord } from '../lifecycle/bmc-lease.ts';
import type { ConsoleLinkRecord, ConsoleRecord } from '../lifecycle/console.ts';
import type { EraseCertificateRecord } from '../lifecycle/erase-certificate.ts';
import type { ServerBaselineRecord } from '../lifecycle/hardware-baseline.ts';
import type { HardwareReadingRecord } from '../lifecycle/hardware-reading.ts';
import type { IsoMountRecord, IsoRecord } from '../lifecycle/iso.ts';
import type { JobRecord, JournalEntry } from '../lifecycle/job.ts';
import type { ModelRecord } from '../lifecycle/models.ts';
import type { NoticeSubscriptionRecord } from '../lifecycle/notice.ts';
import type { OrderLineRecord, OrderProgress, OrderRecord, QuotaRecord } from '../lifecycle/orders.ts';
import type {
  AllocationRecord,
  BiosSettingRecord,
  ChassisRecord,
  ConductorRecord,
  DeployTemplateRecord,
  EpochMs,
  FirmwareComponentRecord,
  HistoryRecord,
  InspectionRuleRecord,
  InventoryRecord,
  NodeRecord,
  PortgroupRecord,
  PortRecord,
  RunbookRecord,
  Stored,
  VolumeConnectorRecord,
  VolumeTargetRecord,
} from '../lifecycle/records.ts';
import type {
  CableRecord,
  EnrolmentTokenRecord,
  FirmwareBaselineRecord,
  FlavorRecord,
  IpAddressRecord,
  IpPoolRecord,
  NoticeRecord,
  ProfileRecord,
  RegistrationRecord,
} from '../lifecycle/registration-records.ts';
import type { ScheduleLimits, ScheduleRecord, ScheduleRunRecord } from '../lifecycle/schedules.ts';
import type { RemovedServerRecord, ServerFacts, ServerRecord } from '../lifecycle/server-record.ts';
import type { Stage } from '../lifecycle/stages.ts';
import type { WorkOrderRecord } from '../lifecycle/work-orders.ts';

/**
 * The store: one repository per table, the same on MariaDB/MySQL and SQLite. Times are the database's own. A unique key
 * that is taken throws ServiceError AlreadyExists; a database that cannot be reached throws ServiceUnavailable.
 */
export interface Store extends Tables, AsyncDisposable {
  /** Runs `work` in one transaction: all or nothing. Retries it, bounded, when the database ends it with a deadlock. */
  transaction<T>(work: (tables: Tables) => Promise<T>): Promise<T>;
  /** Makes or upgrades the schema. Safe to run twice at once. Resolves with the migrations applied. */
  upgrade(): Promise<string[]>;
  /** The names of migrations that this build has and the database lacks. */
  pendingMigrations(): Promise<string[]>;
  /** The connections of this process to the database. */
  pool(): PoolState;
  /** Encrypts every stored secret again with the current key. Resolves with the number of rows changed. */
  rotateSecrets(): Promise<number>;
}

/** Connections at work and at rest, and statements that wait for one. */
export interface PoolState {
  used: number;
  free: number;
  waiting: number;
}

export interface Tables {
  readonly nodes: NodeRepository;
  readonly servers: ServerRepository;
  readonly server_baselines: Repository<ServerBaselineRecord>;
  readonly orders: OrderRepository;
  readonly order_lines: Repository<OrderLineRecord>;
  readonly quotas: QuotaRepository;
  readonly bmc_leases: BmcLeaseRepository;
  readonly consoles: ConsoleRepository;
  readonly console_links: ConsoleLinkRepository;
  readonly isos: Repository<IsoRecord>;
  readonly iso_mounts: IsoMountRepository;
  readonly work_orders: Repository<WorkOrderRecord>;
  readonly schedules: ScheduleRepository;
  readonly schedule_runs: ScheduleRunRepository;
  readonly ports: PortRepository;
  readonly portgroups: NodeOwned<PortgroupRecord>;
  readonly chassis: Repository<ChassisRecord>;
  readonly allocations: Repository<AllocationRecord>;
  readonly deploy_templates: Repository<DeployTemplateRecord>;
  readonly runbooks: RunbookRepository;
  readonly volume_connectors: NodeOwned<VolumeConnectorRecord>;
  readonly volume_targets: NodeOwned<VolumeTargetRecord>;
  readonly inspection_rules: Repository<InspectionRuleRecord>;
  readonly history: HistoryRepository;
  readonly bios_settings: PerNode<BiosSettingRecord>;
  readonly firmware_components: PerNode<FirmwareComponentRecord>;
  readonly hardware_readings: HardwareReadingRepository;
  readonly inventory: InventoryRepository;
  readonly conductors: ConductorRepository;
  readonly jobs: JobRepository;
  readonly audit: AuditRepository;
  readonly erase_certificates: EraseCertificateRepository;
  readonly profiles: Repository<ProfileRecord>;
  readonly flavors: Repository<FlavorRecord>;
  readonly ip_pools: Repository<IpPoolRecord>;
  readonly ip_addresses: IpAddressRepository;
  readonly cables: CableRepository;
  readonly firmware_baselines: Repository<FirmwareBaselineRecord>;
  readonly enrolment_tokens: EnrolmentTokenRepository;
  readonly registrations: Repository<RegistrationRecord>;
  readonly notices: NoticeRepository;
  readonly notice_subscriptions: Repository<NoticeSubscriptionRecord>;
  readonly models: ModelRepository;
  /** The database's clock. */
  now(): Promise<EpochMs>;
}

/** Fields given at creation; the rest take the column's default. */
export type New<R extends Stored> = Partial<Omit<R, keyof Stored>>;
export type Changes<R extends Stored> = Partial<Omit<R, keyof Stored>>;

/** Equality per field; an array means "one of"; null means IS NULL. */
export type Match<R> = { [K in keyof R]?: R[K] | readonly R[K][] };

/** Only records one of whose text columns has `text` in it, whatever the case. */
export interface Search<R> {
  text: string;
  columns: readonly (keyof R & string)[];
}

export interface ListOptions<R> {
  where?: Match<R>;
  contains?: Search<R>;
  /** Sort column; ties by id. Default id. */
  sort_key?: keyof R & string;
  sort_dir?: 'asc' | 'desc';
  /** Start after the record of this id (key-set paging: the page costs the same wherever it starts). */
  after_id?: number;
  limit?: number;
  /** Columns to read; the others are absent from the result. Default all. `id` and `uuid` always come. */
  fields?: readonly (keyof R & string)[];
}

/** A repository of records that have a uuid, and perhaps a unique name. */
export interface Repository<R extends Stored & { uuid: string }> {
  /** @throws AlreadyExists */
  create(record: New<R>): Promise<R>;
  get(uuid: string): Promise<R | null>;
  /** By its unique `name`; null too where the table has no names. */
  getByName(name: string): Promise<R | null>;
  list(options?: ListOptions<R>): Promise<R[]>;
  count(where?: Match<R>, search?: Search<R>): Promise<number>;
  /** Changes a record; only where it still matches `guard`. null: missing, or no longer as guarded. @throws AlreadyExists */
  update(uuid: string, changes: Changes<R>, guard?: Match<R>): Promise<R | null>;
  delete(uuid: string): Promise<boolean>;
}

/** Records that belong to a node and go with it. */
export interface NodeOwned<R extends Stored & { uuid: string; node_uuid: string }> extends Repository<R> {
  list(options?: ListOptions<R> & { node?: NodeScope }): Promise<R[]>;
}

export interface PortRepository extends NodeOwned<PortRecord> {
  list(
    options?: ListOptions<PortRecord> & { node?: NodeScope; description_contains?: string },
  ): Promise<PortRecord[]>;
  /** The node of the port with this MAC address, in lower case; null: there is no such port. */
  nodeOf(address: string): Promise<string | null>;
}

export interface RunbookRepository extends Repository<RunbookRecord> {
  /** `visible_to`: only the runbooks that this project owns, and public ones. */
  list(options?: ListOptions<RunbookRecord> & { visible_to?: string }): Promise<RunbookRecord[]>;
}

/** Limits a list to what a project may see: nodes that it owns or leases. `shards`, `conductor_groups`: nodes in one of them. */
export interface NodeScope {
  project?: string;
  shards?: readonly string[];
  conductor_groups?: readonly string[];
}

export interface NodeListOptions extends ListOptions<NodeRecord> {
  scope?: NodeScope;
  /** true: instance_uuid is set; false: it is not. */
  associated?: boolean;
  sharded?: boolean;
  description_contains?: string;
  /** Nodes with a parent are left out unless true, or unless `where.parent_node` is given. */
  include_children?: boolean;
}

export interface NodeRepository extends Repository<NodeRecord> {
  list(options?: NodeListOptions): Promise<NodeRecord[]>;
  /** As `list`, each node as it comes, so that a long page is never in memory as a whole. */
  each(options: NodeListOptions, visit: (node: NodeRecord) => void): Promise<void>;
  /** As `update`, without reading the node back; not for traits. False: missing, or no longer as guarded. */
  change(
    uuid: string,
    changes: Omit<Changes<NodeRecord>, 'traits'>,
    guard?: Match<NodeRecord>,
  ): Promise<boolean>;
  /** Nodes that have a port with one of these MAC addresses (lower case). */
  listByAddresses(addresses: readonly string[]): Promise<NodeRecord[]>;
  /** Replaces all traits. */
  setTraits(uuid: string, traits: readonly string[]): Promise<void>;
  addTrait(uuid: string, trait: string): Promise<void>;
  /** False: the node has no such trait. */
  removeTrait(uuid: string, trait: string): Promise<boolean>;
  /** Shard → number of nodes; null = without a shard. Largest first. */
  countByShard(): Promise<{ name: string | null; count: number }[]>;
}

/** Which servers: by fields, by who may see them, and by a word. */
export interface ServerFilter {
  where?: Match<ServerRecord>;
  scope?: Pick<NodeScope, 'project'>;
  /** The start of a uuid, serial number or address, or a part of a name or serial number; case does not matter. */
  search?: string;
  /** Not disposed of, and of this model: by its uuid, or else by maker and product. */
  of_model?: Pick<ModelRecord, 'uuid' | 'vendor' | 'name'>;
  /** Not disposed of, and with a warranty that ends then or before. */
  warranty_until_by?: EpochMs;
}

/** Servers that an order does not tell apart. */
export interface ServerKind
  extends Pick<
    ServerRecord,
    'resource_class' | 'flavor_uuid' | 'model_uuid' | 'manufacturer' | 'product_name' | 'availability_zone'
  > {
  count: number;
  /** One of them. */
  uuid: string;
}

/** What the provider knows of servers. A row is made, follows its node and goes with it by what `nodes` writes. */
export interface NoticeRepository extends Repository<NoticeRecord> {
  /** Forgets those that were over longer than `older_than_ms` ago, at most `batch`. Resolves with how many. */
  trim(older_than_ms: number, batch: number): Promise<number>;
}

export interface ModelRepository extends Repository<ModelRecord> {
  /** Those whose support ends at `until` or before, the first first. */
  ending(until: EpochMs, limit: number): Promise<ModelRecord[]>;
}

export interface ServerRepository {
  get(uuid: string): Promise<ServerRecord | null>;
  list(options?: ListOptions<ServerRecord> & ServerFilter): Promise<ServerRecord[]>;
  count(filter?: ServerFilter): Promise<number>;
  /** Every stage, with the servers in it and those of them that need attention. */
  countByStage(filter?: ServerFilter): Promise<Record<Stage, { count: number; attention: number }>>;
  /** Changes what is written on the server itself, and its stage with it. null: missing, or no longer as guarded. */
  update(
    uuid: string,
    changes: Partial<ServerFacts>,
    guard?: Match<ServerRecord>,
  ): Promise<ServerRecord | null>;
  /** The servers that match, counted by what tells them apart in an order; the largest groups first. */
  countByKind(where: Match<ServerRecord>, limit: number): Promise<ServerKind[]>;
  /** Servers that were made or changed at `at_ms` or later, by the database's clock; oldest change first. */
  changedSince(at_ms: EpochMs, limit: number, scope?: Pick<NodeScope, 'project'>): Promise<ServerRecord[]>;
  /** Servers whose node was deleted at `at_ms` or later, as far as they are still known. */
  removedSince(at_ms: EpochMs, limit: number): Promise<RemovedServerRecord[]>;
  /** Forgets what was removed longer than `older_than_ms` ago, at most `batch`. Resolves with how many. */
  trimRemoved(older_than_ms: number, batch: number): Promise<number>;
}

export interface OrderRepository extends Repository<OrderRecord> {
  /** How many servers a project has, and how many its orders still want from stock. */
  usage(project: string): Promise<{ used: number; ordered: number }>;
  /** Orders that were made or changed, or had a server that changed, at `at_ms` or later; oldest order first. */
  changedSince(at_ms: EpochMs, limit: number): Promise<OrderProgress[]>;
}

export interface QuotaRepository extends Repository<QuotaRecord> {
  getByProject(project: string): Promise<QuotaRecord | null>;
  /** As getByProject, and keeps others from doing the same until the transaction ends. */
  lock(project: string): Promise<QuotaRecord | null>;
}

export interface BmcLeaseRepository extends Repository<BmcLeaseRecord> {
  getByUsername(username: string): Promise<BmcLeaseRecord | null>;
}

export interface ConsoleRepository extends Repository<ConsoleRecord> {
  getByTicketHash(hash: string): Promise<ConsoleRecord | null>;
}

export interface ConsoleLinkRepository extends Repository<ConsoleLinkRecord> {
  getByConductor(hostname: string): Promise<ConsoleLinkRecord | null>;
}

export interface IsoMountRepository extends Repository<IsoMountRecord> {
  getByTokenHash(hash: string): Promise<IsoMountRecord | null>;
}

export interface HardwareReadingRepository {
  get(node_uuid: string): Promise<HardwareReadingRecord | null>;
  /** Writes what is given, and leaves the rest as it is. */
  put(
    node_uuid: string,
    changes: Partial<Pick<HardwareReadingRecord, 'bios_read_at' | 'firmware_read_at' | 'bios_pending'>>,
  ): Promise<void>;
  /** Those of nodes with settings that wait for a boot. */
  waiting(options: ListOptions<HardwareReadingRecord>): Promise<HardwareReadingRecord[]>;
}

export interface ScheduleRepository extends Repository<ScheduleRecord> {
  /** Active ones that a server is in. */
  activeOf(server_uuid: string): Promise<ScheduleRecord[]>;
}

export interface ScheduleRunRepository extends Repository<ScheduleRunRecord> {
  /**
   * Makes a waiting run `claimed`, if its window is open and no limit is reached; in a transaction, before anything is read in it:
   * until its end others who count the same wait. False: not now.
   */
  claim(
    run: Pick<ScheduleRunRecord, 'uuid' | 'schedule_uuid' | 'rack' | 'project'>,
    limits: ScheduleLimits,
  ): Promise<boolean>;
  /** Whether `claim` may succeed now, without keeping anybody waiting. */
  hasRoom(
    run: Pick<ScheduleRunRecord, 'schedule_uuid' | 'rack' | 'project'>,
    limits: ScheduleLimits,
  ): Promise<boolean>;
  /** Removes runs that were over longer than `older_than_ms` ago, at most `batch`. Resolves with how many. */
  trim(older_than_ms: number, batch: number): Promise<number>;
}

export interface HistoryRepository {
  add(entry: New<HistoryRecord>): Promise<void>;
  get(uuid: string): Promise<HistoryRecord | null>;
  list(node_uuid: string, options?: ListOptions<HistoryRecord>): Promise<HistoryRecord[]>;
  /** Removes the oldest entries of each node beyond `keep`, at most `batch` in all. Resolves with how many. */
  trim(keep: number, batch: number): Promise<number>;
}

/** Small tables keyed by node and name (BIOS settings, firmware components). */
export interface PerNode<R extends Stored & { node_uuid: string }> {
  list(node_uuid: string): Promise<R[]>;
  /** Makes the node's rows equal to `rows`; rows that stay keep created_at. */
  replace(node_uuid: string, rows: readonly New<R>[]): Promise<void>;
}

export interface InventoryRepository {
  get(node_uuid: string): Promise<InventoryRecord | null>;
  put(node_uuid: string, data: Pick<InventoryRecord, 'inventory' | 'plugin_data'>): Promise<void>;
}

export interface ConductorRepository {
  /** Registers a starting conductor, or renews its row. */
  register(
    conductor: Pick<ConductorRecord, 'hostname' | 'conductor_group' | 'hardware_types'>,
  ): Promise<ConductorRecord>;
  /** Renews heartbeat_at. False: no such row. */
  heartbeat(hostname: string): Promise<boolean>;
  setOffline(hostname: string): Promise<void>;
  get(hostname: string): Promise<ConductorRecord | null>;
  list(options?: ListOptions<ConductorRecord>): Promise<ConductorRecord[]>;
  /** Online and with a heartbeat newer than `timeout_ms`, by the database's clock. */
  listAlive(timeout_ms: number): Promise<ConductorRecord[]>;
}

/** The right to write a job: who claimed it and with which token. */
export interface Claim {
  job_id: number;
  /** Saves a look for it when secrets are written. */
  job_uuid?: string;
  claimed_by: string;
  fencing_token: number;
}

export type NewJob = Pick<JobRecord, 'kind' | 'node_uuid' | 'conductor_group' | 'exclusive' | 'args'> &
  Partial<Pick<JobRecord, 'uuid' | 'run_at' | 'deadline_at' | 'request_id' | 'user' | 'project' | 'steps'>>;

export type JobChanges = Partial<
  Pick<
    JobRecord,
    | 'state'
    | 'steps'
    | 'step_index'
    | 'step_data'
    | 'run_at'
    | 'wait_for'
    | 'deadline_at'
    | 'abort_after'
    | 'result'
    | 'error'
  >
>;

export interface JobRepository {
  insert(job: NewJob): Promise<JobRecord>;
  get(id: number): Promise<JobRecord | null>;
  getByUuid(uuid: string): Promise<JobRecord | null>;
  list(options?: {
    where?: Match<JobRecord>;
    after_id?: number;
    limit?: number;
    sort_dir?: 'asc' | 'desc';
  }): Promise<JobRecord[]>;
  /**
   * Takes up to `limit` jobs of a conductor group that are due: queued with run_at passed, running with the lease ended, or
   * waiting with the deadline passed. Each becomes `running`, claimed by `claimed_by`, with its fencing token raised.
   * Conditional UPDATE: no job is taken by two. With `id`, only that job is tried.
   */
  claim(options: {
    claimed_by: string;
    conductor_group: string;
    lease_ms: number;
    limit: number;
    id?: number;
  }): Promise<ClaimedJob[]>;
  /** Renews leases; resolves with the ids that are still ours. */
  renew(claims: readonly Claim[], lease_ms: number): Promise<number[]>;
  /**
   * Writes a claimed job. False: the claim is no longer valid (lease taken over) and nothing was written. `run_after_ms`
   * and `wait_within_ms` set run_at and deadline_at by the database's clock.
   */
  update(
    claim: Claim,
    changes: JobChanges & { run_after_ms?: number; wait_within_ms?: number },
  ): Promise<boolean>;
  /**
   * Moves a waiting job to queued, due now; only if it waits for one of `reasons`. `wait_for` stays: it tells who claims the
   * job what ended the wait. Resolves with its id, or null.
   */
  wake(node_uuid: string, reasons: readonly JobRecord['wait_for'][]): Promise<number | null>;
  /** Ends jobs of a node that do not run (queued or waiting). Resolves with their ids. */
  cancelIdle(node_uuid: string, why: string): Promise<number[]>;
  /**
   * Ends a job that has not ended, whoever holds it, and counts its fencing token on: who claimed it cannot write any more.
   * `lease_expires_at` stays: until then, or until `left`, its holder may still be at work on what is outside.
   * False: it ended or was claimed anew since `fencing_token` was read.
   */
  revoke(id: number, fencing_token: number, why: string): Promise<boolean>;
  /** Whose job was revoked has stopped: ends its lease. */
  left(claim: Claim): Promise<void>;
  /** Sets abort_after on a waiting or running job. */
  requestAbort(id: number): Promise<boolean>;
  /**
   * Removes jobs that ended longer than `older_than_ms` ago, with their journal: the oldest, at most `batch`. Resolves with
   * how many. `kinds`: of these only.
   */
  trim(options: {
    older_than_ms: number;
    batch: number;
    kinds?: readonly JobRecord['kind'][];
  }): Promise<number>;
  /** Milliseconds until the next job of the group is due (0 = now), or null when none is queued, leased or with a deadline. */
  nextDue(conductor_group: string): Promise<number | null>;
  /** The jobs that have not ended, by kind and state, with the age of the one that has been due (else: there) longest. */
  backlog(): Promise<Backlog[]>;
  startStep(
    entry: Omit<JournalEntry, 'id' | 'started_at' | 'ended_at' | 'outcome' | 'detail' | 'commands'>,
  ): Promise<number>;
  endStep(
    id: number,
    outcome: NonNullable<JournalEntry['outcome']>,
    detail: string | null,
    commands?: JournalEntry['commands'],
  ): Promise<void>;
  journal(job_id: number): Promise<JournalEntry[]>;
  /** The journals of several jobs, oldest entry first. */
  journals(job_ids: readonly number[]): Promise<JournalEntry[]>;
}

export interface Backlog extends Pick<JobRecord, 'kind' | 'state'> {
  count: number;
  oldest_ms: number;
}

/**
 * Who did what: entries are added, never changed or removed. An entry is written with the change that it tells of, and
 * brought into the chain a little later: writers of entries do not wait for each other.
 */
/** What of the audit is listed. Times are epoch milliseconds; `until` is not in it any more. */
export interface AuditFilter {
  node_uuid?: string;
  project?: string;
  user?: string;
  action?: string;
  outcome?: AuditOutcome;
  request_id?: string;
  since?: EpochMs;
  until?: EpochMs;
}

export interface AuditRepository {
  /** Adds an entry, in the transaction that is open. */
  append(entry: NewAuditEntry): Promise<void>;
  /** Brings what was added into the chain, in the order in which it was added. Resolves with how many entries. */
  seal(): Promise<number>;
  /** Newest first; seals first. */
  list(options: AuditFilter & { before_id?: number; limit: number }): Promise<AuditEntry[]>;
  /** Seals, then checks every entry. `anchor`: an end of the chain that was seen before, which must still be in it. */
  verify(anchor?: AuditHead): Promise<AuditVerdict>;
}

/** Certificates are added, never changed or removed. */
export interface EraseCertificateRepository {
  /** @throws AlreadyExists: one for the same work */
  create(record: New<EraseCertificateRecord>): Promise<EraseCertificateRecord>;
  get(uuid: string): Promise<EraseCertificateRecord | null>;
  getByJob(job_uuid: string): Promise<EraseCertificateRecord | null>;
  list(options?: ListOptions<EraseCertificateRecord>): Promise<EraseCertificateRecord[]>;
  /** The public keys of all certificates, oldest first. */
  keys(): Promise<Pick<EraseCertificateRecord, 'key_id' | 'public_key'>[]>;
}

/** Addresses that are not free. Two unique keys see to it that none is given twice, and that a server has one of a pool. */
export interface IpAddressRepository extends Repository<IpAddressRecord> {
  /** All addresses of a pool that are not free. */
  taken(pool_uuid: string): Promise<Set<string>>;
  /** Frees what was given to servers that have no node, longer ago than `older_than_ms`. Resolves with how many. */
  freeOrphans(older_than_ms: number): Promise<number>;
}

export interface CableRepository extends Repository<CableRecord> {
  /** The names of all switches of the plan. */
  switches(): Promise<Set<string>>;
}

export interface EnrolmentTokenRepository extends Repository<EnrolmentTokenRecord> {
  /** Counts one use of a token that is valid. null: there is no such token, it has expired, or it is used up. */
  use(token_hash: string): Promise<EnrolmentTokenRecord | null>;
  /** As `use`, without counting. */
  valid(token_hash: string): Promise<EnrolmentTokenRecord | null>;
}

/** A job just claimed, with what its previous claim left behind. */
export interface ClaimedJob {
  job: JobRecord;
  /** How it became due: taken from the queue, taken over from a dead conductor, or its wait ran out. */
  due: 'queued' | 'lease-ended' | 'deadline';
}
