import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { eventually } from '../services/eventually.ts';
import type { ConductorProcess } from './conductor-process.ts';
import { type Coverage, createCoverage, type Place, type Target } from './coverage.ts';
import { type Crew, createCrew } from './crew.ts';
import { type Figures, percentile } from './figures.ts';
import type { Verdict } from './protocol.ts';
import type { Site, Subject } from './site.ts';
import type { Stage } from './stages.ts';

export type Strike = 'kill' | 'pause';

/** What is known of a node during one stretch of its life. */
interface Watch {
  subject: Subject;
  target: Target | null;
  /** How often it came to each point since it began or was last struck. */
  counts: Map<string, number>;
  /** Points until the second strike. */
  countdown: number | null;
  struck: Place[];
  /** When the lease of the conductor that died ends, until somebody goes on. */
  lease_ends_ms: number | null;
  asked: boolean;
  refused: string | null;
  settled: boolean;
  /** Since when it rests where it should not. */
  astray_since: number | null;
}

export interface Campaign extends AsyncDisposable {
  readonly crew: Crew;
  readonly figures: Figures;
  /** All nodes live one stretch; resolves when all have come to rest. With `strike` their work is struck at its target. */
  live(stage: Stage, options?: LiveOptions): Promise<void>;
  readonly coverage: Coverage;
}

export interface LiveOptions {
  strike?: Strike;
  target?: (subject: Subject, index: number) => Target | null;
  /** Happens while the stretch is lived, once all was asked for. */
  meanwhile?: () => Promise<void>;
}

const LOOK_EVERY_MS = 40;
/** No stretch takes a tenth of it, with all deaths. */
const STUCK_AFTER_MS = 60_000;
const ASTRAY_MS = 1000;
const LIVE_STATES = ['queued', 'running', 'waiting'] as const;

/** @param most_deaths that one piece of work is put through: six in one step would be held against the step. */
export async function startCampaign(site: Site, most_deaths: number): Promise<Campaign> {
  let watches = new Map<string, Watch>();
  let subjects = [...site.subjects];
  let strike: Strike | null = null;
  let stretch = '';
  const coverage = createCoverage();
  const resumes: number[] = [];
  /** Paused past its lease: it may finish nothing. */
  let woken: { process: ConductorProcess; nodes: Set<string> } | null = null;
  const started_at = performance.now();
  const figures: Figures = {
    nodes: subjects.length,
    ...{ kill_points: 0, killed_again: 0, distinct_points: 0, known_points: 0 },
    ...{ conductors_killed: 0, conductors_paused: 0, pause_points: 0 },
    ...{ mariadb_restarts: 0, rabbitmq_restarts: 0, both_away: 0, partitions: 0, queues_deleted: 0 },
    ...{
      api_deaths: 0,
      requests_answered: 0,
      requests_unanswered: 0,
      stretches_lived: 0,
      stretches_with_bmc_faults: 0,
    },
    ...{ stuck: [], lost: [], run_twice: [], failed: [], not_released: [], not_fenced: [] },
    unmet: [],
    resumes: 0,
    resume_ms: { p50: 0, p99: 0, max: 0 },
    seconds: 0,
  };

  function judge(process: ConductorProcess, node_uuid: string, point: string): Verdict {
    if (woken?.process === process && woken.nodes.has(node_uuid) && isAct(point))
      figures.not_fenced.push(`${process.hostname}: ${point}`);
    const watch = watches.get(node_uuid);
    if (watch === undefined) return 'go';
    if (watch.lease_ends_ms !== null) {
      resumes.push(Math.max(0, Date.now() - watch.lease_ends_ms));
      watch.lease_ends_ms = null;
    }
    const occurrence = (watch.counts.get(point) ?? 0) + 1;
    watch.counts.set(point, occurrence);
    const place = { point, occurrence };
    if (strike !== 'pause') coverage.saw(stretch, watch.subject.driver, watch.struck, place);
    if (strike === null || !isHere(watch, place)) return 'go';
    watch.struck.push(place);
    watch.counts.clear();
    return strike === 'pause' ? 'hold-open' : 'hold';
  }

  /** Whether the work is to be struck here; then its next place is the one to come to. */
  function isHere(watch: Watch, { point, occurrence }: Place): boolean {
    const { target } = watch;
    if (target === null) {
      const again = strike === 'kill' && watch.struck.length > 0 && watch.struck.length < most_deaths;
      return again && coverage.seize(stretch, point);
    }
    if (watch.countdown !== null) {
      watch.countdown -= 1;
      if (watch.countdown > 0) return false;
      watch.target = null;
      return true;
    }
    const [next, ...rest] = target.places;
    if (next === undefined || point !== next.point || occurrence !== next.occurrence) return false;
    if (rest.length > 0) watch.target = { ...target, places: rest };
    else if (target.again_after === undefined) watch.target = null;
    else watch.countdown = target.again_after;
    return true;
  }

  const crew = createCrew(site.order, judge);
  await Promise.all(['first', 'second'].map((hostname) => crew.start(hostname).ready));

  async function kill(process: ConductorProcess): Promise<void> {
    await Promise.all(crew.processes.map(({ ready }) => ready));
    const held = await crew.kill(process);
    const jobs = await site.store.jobs.list({ where: { state: 'running', claimed_by: process.hostname } });
    const ends = new Map(jobs.map((job) => [job.node_uuid, job.lease_expires_at]));
    for (const { node_uuid, point } of held) {
      const watch = watches.get(node_uuid);
      if (watch === undefined) continue;
      watch.lease_ends_ms = ends.get(node_uuid) ?? null;
      figures.kill_points += 1;
      if (watch.struck.length > 1) figures.killed_again += 1;
      coverage.met(stretch, point);
    }
    figures.conductors_killed += 1;
    // It is restarted under its own name, as an operator's process supervisor would.
    crew.start(process.hostname);
  }

  /** The process sleeps past its leases while others finish its work; then it wakes. */
  async function pause(stage: Stage, process: ConductorProcess): Promise<void> {
    await Promise.all(crew.processes.map(({ ready }) => ready));
    process.signal('SIGSTOP');
    const held = crew.take(process);
    const nodes = new Set(held.map(({ node_uuid }) => node_uuid));
    figures.conductors_paused += 1;
    figures.pause_points += held.length;
    const spare = crew.start(`${process.hostname}-spare`);
    await rest(stage, [...nodes]);
    const before = await stateOf(nodes);
    woken = { process, nodes };
    process.signal('SIGCONT');
    process.send({ type: 'release' });
    await eventually(async () => {
      if ((await process.jobs()) > 0) throw new Error(`${process.hostname} still works.`);
    });
    woken = null;
    const after = await stateOf(nodes);
    for (const [uuid, state] of before)
      if (after.get(uuid) !== state)
        figures.not_fenced.push(`${nameOf(stage, uuid)}: was ${state}, is ${after.get(uuid)}`);
    await crew.kill(spare);
  }

  /** What a conductor that lost its lease may not change: the rows of the node and its jobs, and what its server was told. */
  async function stateOf(nodes: ReadonlySet<string>): Promise<Map<string, string>> {
    const states = new Map<string, string>();
    for (const { uuid, server } of subjects.filter((subject) => nodes.has(subject.uuid))) {
      const told = server.machine.events.filter(({ event }) => event === 'power command').length;
      // Agents that still run are heard by the API, which notes them here.
      const {
        driver_internal_info: _,
        updated_at: __,
        driver_info: ___,
        ...node
      } = await site.read({ uuid });
      const jobs = await site.store.jobs.list({ where: { node_uuid: uuid } });
      const work = jobs.map(({ id, state, step_index, fencing_token }) => [
        id,
        state,
        step_index,
        fencing_token,
      ]);
      states.set(uuid, JSON.stringify({ node, told, work }));
    }
    return states;
  }

  function nameOf(stage: Stage, uuid: string): string {
    const watch = watches.get(uuid);
    return `${stage.name} [${watch?.subject.server.machine.identity.name}; ${watch?.struck.map(({ point }) => point).join(' | ')}]`;
  }

  /** Looks at all nodes; notes which have come to rest. */
  async function look(stage: Stage): Promise<void> {
    const asked = new Set([...watches.values()].filter((watch) => watch.asked));
    const [nodes, jobs] = await Promise.all([
      site.store.nodes.list({ include_children: true }),
      site.store.jobs.list({ where: { state: [...LIVE_STATES] } }),
    ]);
    const at_work = new Set(jobs.map(({ node_uuid }) => node_uuid));
    const held = new Set(crew.held().map(({ node_uuid }) => node_uuid));
    for (const node of nodes) {
      const watch = watches.get(node.uuid);
      if (watch === undefined || watch.settled) continue;
      const idle =
        asked.has(watch) && node.reservation === null && !at_work.has(node.uuid) && !held.has(node.uuid);
      const there = idle && node.provision_state === stage.state && (stage.until?.(node) ?? true);
      // What has no job of the node's own, such as an allocation, is waited for.
      const decided = stage.until === undefined || node.provision_state !== stage.state;
      if (!idle || there || !decided) watch.astray_since = null;
      else watch.astray_since ??= performance.now();
      const astray = watch.astray_since !== null && performance.now() - watch.astray_since > ASTRAY_MS;
      if (!there && !astray) continue;
      await assess(stage, watch, node);
      watch.settled = true;
    }
  }

  async function assess(stage: Stage, watch: Watch, node: NodeRecord): Promise<void> {
    const name = nameOf(stage, node.uuid);
    // What can fail comes first: nothing is noted twice when it is tried again.
    const [job] = await site.store.jobs.list({ where: { node_uuid: node.uuid }, sort_dir: 'desc', limit: 1 });
    if (watch.refused !== null) figures.failed.push(`${name}: refused: ${watch.refused}`);
    else if (node.provision_state !== stage.state)
      figures.failed.push(`${name}: ${node.provision_state} instead of ${stage.state}: ${node.last_error}`);
    if (job === undefined) figures.lost.push(`${name}: no job`);
    else if (job.state === 'failed') {
      const unknown = job.error?.message.includes('may not run twice') === true;
      if (stage.may_fail !== true || !unknown) figures.failed.push(`${name}: ${job.error?.message}`);
    }
    if (job !== undefined && job.claimed_by !== null && job.lease_expires_at !== null)
      figures.not_released.push(`${name}: a lease of ${job.claimed_by}`);
    if (node.reservation_job_id !== null)
      figures.not_released.push(`${name}: reserved by job ${node.reservation_job_id}`);
    let marks = 0;
    for (const [mark, [least, most]] of Object.entries(stage.marks ?? {})) {
      const count = marksOf(watch, mark);
      marks += count;
      if (count > most) figures.run_twice.push(`${name}: ${mark} ${count} times`);
      if (count < least) figures.lost.push(`${name}: ${mark} ${count} times`);
    }
    if (stage.may_fail === true && job?.state === 'done' && marks !== 1)
      figures.lost.push(`${name}: done, but seen ${marks} times by the server`);
  }

  let stage_began_ms = 0;
  function marksOf({ subject }: Watch, mark: string): number {
    return subject.server.machine.events.filter(
      ({ at_ms, event, detail }) =>
        at_ms >= stage_began_ms && (event === mark || `${event} ${detail}` === mark),
    ).length;
  }

  /** Waits until the nodes rest; false: until all that do not rest are held. */
  async function rest(stage: Stage, uuids: readonly string[]): Promise<boolean> {
    let waited_ms = 0;
    let looked_at = performance.now();
    for (;;) {
      const seen = await look(stage).then(() => true, ifAway);
      const now = performance.now();
      // Nothing goes on while MariaDB is away.
      if (seen) waited_ms += now - looked_at;
      looked_at = now;
      const held = new Set(crew.held().map(({ node_uuid }) => node_uuid));
      const waited = uuids.flatMap((uuid) => watches.get(uuid) ?? []).filter(({ settled }) => !settled);
      if (waited.length === 0) return true;
      if (woken === null && strike !== null && waited.every(({ subject }) => held.has(subject.uuid)))
        return false;
      if (waited_ms > STUCK_AFTER_MS) {
        const stuck = waited.filter(({ subject }) => !held.has(subject.uuid));
        await giveUp(stage, stuck).catch(ifAway);
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  async function giveUp(stage: Stage, stuck: readonly Watch[]): Promise<void> {
    for (const watch of stuck) {
      const node = await site.read(watch.subject);
      const jobs = await site.store.jobs.list({ where: { node_uuid: node.uuid, state: [...LIVE_STATES] } });
      const work = jobs.map(
        ({ kind, state, step_index, wait_for }) => `${kind} ${state} ${step_index} ${wait_for}`,
      );
      figures.stuck.push(
        `${nameOf(stage, node.uuid)}: ${node.provision_state}, held by ${node.reservation}, ${work.join()}, asked: ${watch.asked}; its server: ${watch.subject.server.machine.events
          .slice(-12)
          .map(({ event, detail }) => `${event} ${detail}`)
          .join(', ')}`,
      );
      watch.settled = true;
      subjects = subjects.filter((subject) => subject !== watch.subject);
    }
  }

  /** What a conductor still does at the end of a stretch, once its node shows that it is over, belongs to that stretch. */
  async function idle(): Promise<void> {
    await Promise.all(crew.processes.map(({ ready }) => ready));
    await eventually(async () => {
      const jobs = await Promise.all(crew.processes.map((process) => process.jobs()));
      if (jobs.some((count) => count > 0)) throw new Error(`Jobs still run: ${jobs.join()}.`);
    }, STUCK_AFTER_MS);
  }

  async function live(stage: Stage, options: LiveOptions = {}): Promise<void> {
    if (subjects.length === 0) throw new Error(`No node is left: ${figures.stuck.join('\n')}`);
    await idle();
    strike = options.strike ?? null;
    stretch = stage.name;
    coverage.begin(stretch);
    stage_began_ms = Date.now();
    watches = new Map(
      concerned(stage).map((subject, index): [string, Watch] => [
        subject.uuid,
        {
          ...{ subject, counts: new Map(), countdown: null, struck: [], lease_ends_ms: null },
          ...{ asked: false, refused: null, settled: false, astray_since: null },
          target: options.target?.(subject, index) ?? null,
        },
      ]),
    );
    const asks = [...watches.values()].map(async (watch) => {
      try {
        await stage.ask(site, watch.subject);
      } catch (error) {
        watch.refused = error instanceof Error ? error.message : String(error);
      }
      watch.asked = true;
    });
    const meanwhile = Promise.all(asks).then(options.meanwhile);
    while (!(await rest(stage, [...watches.keys()]))) {
      const [most] = [...crew.processes].sort((a, b) => heldBy(b) - heldBy(a));
      if (most === undefined) throw new Error('No conductor is left.');
      if (strike === 'pause') await pause(stage, most);
      else await kill(most);
    }
    await Promise.all([...asks, meanwhile]);
    figures.stretches_lived += watches.size;
    figures.resumes = resumes.length;
    figures.resume_ms = {
      p50: percentile(resumes, 50),
      p99: percentile(resumes, 99),
      max: Math.max(0, ...resumes),
    };
    figures.distinct_points = coverage.covered;
    figures.known_points = coverage.known;
    figures.unmet = coverage.unmet();
    figures.seconds = (performance.now() - started_at) / 1000;
  }

  /** The nodes that live this stretch. */
  function concerned(stage: Stage): Subject[] {
    return subjects.filter(({ driver }) => (stage.driver ?? driver) === driver);
  }

  function heldBy(process: ConductorProcess): number {
    return crew.held().filter((work) => work.process === process).length;
  }

  return {
    crew,
    figures,
    live,
    coverage,
    [Symbol.asyncDispose]: () => crew[Symbol.asyncDispose](),
  };
}

/**
 * What a conductor without a lease must not do: ask hardware or an agent for something. What it wrote shows in the rows; a
 * commit whose answer it only reads now was made before it slept.
 */
function isAct(point: string): boolean {
  return /(BMC|agent) .*, before$/.test(point);
}

/** While MariaDB is away there is nothing to see: false. */
function ifAway(error: unknown): false {
  if (!(error instanceof Error && 'status' in error && error.status === 503)) throw error;
  return false;
}
