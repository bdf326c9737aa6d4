import { setTimeout as sleep } from 'node:timers/promises';
import type { JobRecord } from '../../lifecycle/job.ts';
import { grown, type Quarter, quarters, type SoakSample } from './flat.ts';
import { type LoadFigures, runLoad } from './load.ts';
import { type ServiceProcess, startServiceProcess } from './service-process.ts';
import { type SoakSite, type SoakSize, startSoakSite } from './site.ts';

export interface SoakOptions extends SoakSize {
  /** How long, in minutes of the faster clock. */
  minutes: number;
  /** Nodes at work at once. */
  at_once: number;
  tell: (line: string) => void;
}

export interface SoakFigures extends LoadFigures {
  nodes: number;
  minutes: number;
  rate: number;
  conductors_killed: number;
  mariadb_restarts: number;
  rabbitmq_restarts: number;
  /** Of the process with the API, which lives throughout, after the first sixth of the time. */
  first_quarter: Quarter;
  last_quarter: Quarter;
  /** Requests whose work came to rest, by quarter of the time. How many depends on the machine. */
  settled_by_quarter: number[];
  /** What the last quarter held more of than TOLERANCE allows. */
  grown: string[];
  /** Power actions by which the power synchronisation corrected what it found. */
  corrections: number;
  /** Jobs that had not ended once all had come to rest, and leases and reservations that were left. */
  left: string[];
}

/** Minutes of the faster clock between faults. */
const BMC_FAULTS_EVERY = 2;
const KILL_EVERY = 10;
const RABBITMQ_EVERY = 16;
const MARIADB_EVERY = 22;
const SAMPLE_EVERY = 0.25;
/** Minutes that a node may be at work: half of what the default settings give a ramdisk. */
const STUCK_AFTER = 15;
const LIVE: readonly JobRecord['state'][] = ['queued', 'running', 'waiting'];

/** Whole lives of nodes for a long time, with faults at set rates. */
export async function soak(options: SoakOptions): Promise<SoakFigures> {
  await using site = await startSoakSite(options);
  options.tell(`${options.nodes} nodes made`);
  const minute_ms = 60_000 / options.rate;
  const kept = await startServiceProcess(site.order('kept', true));
  let other = await startServiceProcess(site.order('other', false));
  const url = kept.url ?? '';
  const figures: LoadFigures = { asked: 0, settled: 0, refused: {}, stuck: [] };
  const counts = { conductors_killed: 0, mariadb_restarts: 0, rabbitmq_restarts: 0 };
  const ending = new AbortController();
  const samples: SoakSample[] = [];
  /** With each sample: how many had come to rest. */
  const settled: number[] = [];
  try {
    const load = runLoad(
      {
        ...{ url: () => url, store: site.store, at_once: options.at_once, signal: ending.signal },
        stuck_after_ms: STUCK_AFTER * minute_ms,
      },
      figures,
    );
    const faults = Promise.all([
      every(BMC_FAULTS_EVERY * minute_ms, ending.signal, async () => troubleBmcs(site)),
      every(KILL_EVERY * minute_ms, ending.signal, async () => {
        await other.kill();
        counts.conductors_killed += 1;
        other = await startServiceProcess(site.order('other', false));
      }),
      every(RABBITMQ_EVERY * minute_ms, ending.signal, async () => {
        await site.rabbitmq.kill();
        await site.rabbitmq.start();
        counts.rabbitmq_restarts += 1;
      }),
      every(MARIADB_EVERY * minute_ms, ending.signal, async () => {
        await site.mariadb.kill();
        await site.mariadb.start();
        counts.mariadb_restarts += 1;
      }),
    ]);
    const sampling = every(SAMPLE_EVERY * minute_ms, ending.signal, async () => {
      const taken = await take(site, kept);
      if (taken === null) return;
      samples.push(taken);
      settled.push(figures.settled);
      const { rss_mib, heap_mib, handles, sockets, jobs_in_flight } = taken;
      if (samples.length % 8 === 0)
        options.tell(
          `${(samples.length * SAMPLE_EVERY).toFixed(0)} min: ${figures.settled} settled, ${rss_mib.toFixed(0)} MiB (heap ${heap_mib.toFixed(0)}), ${handles} handles, ${sockets} sockets, ${jobs_in_flight} jobs in flight, refused ${JSON.stringify(figures.refused)}, stuck ${figures.stuck.length}`,
        );
    });
    await Promise.race([
      sleep(options.minutes * minute_ms),
      Promise.all([load, faults, sampling]).then(() => undefined),
    ]);
    ending.abort();
    await Promise.all([load, faults, sampling]);
    const left = await leftovers(site, minute_ms);
    const { first, last } = quarters(samples);
    return {
      ...{ nodes: options.nodes, minutes: options.minutes, rate: options.rate, ...figures, ...counts, left },
      ...{ first_quarter: first, last_quarter: last, grown: grown({ first, last }) },
      settled_by_quarter: byQuarter(settled),
      corrections: (await site.store.jobs.list({ where: { kind: 'power', request_id: null } })).length,
    };
  } catch (error) {
    options.tell(kept.log());
    throw error;
  } finally {
    ending.abort();
    await Promise.all([kept.kill(), other.kill()]);
  }
}

/** Repeats `act` until the signal is aborted; each after a pause. */
async function every(pause_ms: number, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  for (;;) {
    await sleep(pause_ms, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    await act();
  }
}

/** Of the BMCs on the wire one in ten is silent for a while, two lose datagrams, one doubles and mixes them up, one is busy. */
function troubleBmcs(site: SoakSite): void {
  for (const { bmc } of site.ipmi) {
    const fate = Math.random();
    if (fate < 0.1) bmc.faults = { silent: true };
    else if (fate < 0.3) bmc.faults = { drop: 0.3 };
    else if (fate < 0.4) bmc.faults = { doubled: true, reordered: 0.3, late: 0.2, late_ms: 500 };
    else if (fate < 0.5) bmc.faults = { busy: 2 };
    else bmc.faults = {};
  }
  for (const { redfish } of site.redfish) {
    const fate = Math.random();
    if (fate < 0.1) redfish.faults = { silent: true };
    else if (fate < 0.2) redfish.faults = { busy: 3 };
    else if (fate < 0.3) redfish.faults = { drops_action_replies: true };
    else redfish.faults = {};
  }
}

async function take(site: SoakSite, kept: ServiceProcess): Promise<SoakSample | null> {
  const sample = await kept.sample();
  const backlog = await site.store.jobs.backlog().catch(() => null);
  if (backlog === null) return null;
  return {
    ...sample,
    jobs_in_flight: backlog.reduce((sum, { count }) => sum + count, 0),
    pool_waiting: site.store.pool().waiting,
  };
}

/** What is left although nothing is asked any more: given a few minutes, for the power synchronisation's own work. */
async function leftovers(site: SoakSite, minute_ms: number): Promise<string[]> {
  const until = performance.now() + 5 * minute_ms;
  for (;;) {
    const jobs = await site.store.jobs.list({ where: { state: [...LIVE] } });
    const nodes = await site.store.nodes.list({ fields: ['name', 'reservation', 'reservation_job_id'] });
    const held = nodes.filter(({ reservation }) => reservation !== null);
    if (jobs.length + held.length === 0) return [];
    if (performance.now() > until)
      return [
        ...jobs.map(({ kind, state, node_uuid }) => `${kind} ${state} of ${node_uuid}`),
        ...held.map(({ name, reservation }) => `${name} held by ${reservation}`),
      ];
    await sleep(500);
  }
}

/** How much a count grew in each quarter of its samples. */
function byQuarter(counts: readonly number[]): number[] {
  const at = (quarter: number) => counts[Math.round(((counts.length - 1) * quarter) / 4)] ?? 0;
  return [1, 2, 3, 4].map((quarter) => at(quarter) - at(quarter - 1));
}
