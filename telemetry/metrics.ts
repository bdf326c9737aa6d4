import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { SeenRequest } from '../api/http/serve.ts';
import type { ConductorObserver } from '../conductor/observer.ts';
import type { Clock } from '../lifecycle/clock.ts';

/** The metrics of one process. Disposing them ends the watch over the event loop. */
export interface Metrics extends Disposable {
  /** What the text's Content-Type is. */
  readonly content_type: string;
  readonly conductor: ConductorObserver;
  readonly requestEnded: (seen: SeenRequest) => void;
  /** Adds a value, or one per label, that is read at each scrape. A reading that fails leaves the metric out. */
  gauge<L extends string>(facts: GaugeFacts<L>): void;
  /** All metrics in Prometheus' text format. */
  text(): Promise<string>;
}

export interface GaugeFacts<L extends string> {
  name: string;
  help: string;
  labels: readonly L[];
  read(): Promise<readonly Reading<L>[]> | readonly Reading<L>[];
}

export interface Reading<L extends string> {
  labels: Readonly<Record<L, string>>;
  value: number;
}

const REQUEST_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const BMC_BUCKETS_S = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const STEP_BUCKETS_S = [0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 900];
const JOB_BUCKETS_S = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 1800, 3600, 4 * 3600, 24 * 3600];
const LOCK_BUCKETS_S = [0.05, 0.25, 1, 2, 3, 5, 10];
const LAG_RESOLUTION_MS = 20;
const READ_TIMEOUT_MS = 3000;
/** Methods that may be labels; what else a client writes is `other`. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Makes the metrics of a process, with those of the process itself. */
export function createMetrics(clock: Clock): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'kurogane_api_requests_total',
    help: 'API requests by operation (operationId; unmatched: no such route), method and status.',
    labelNames: ['operation', 'method', 'status'] as const,
    registers,
  });
  const request_duration = new Histogram({
    name: 'kurogane_api_request_duration_seconds',
    help: 'Time from the arrival of a request to its answer.',
    labelNames: ['operation'] as const,
    buckets: REQUEST_BUCKETS_S,
    registers,
  });
  const jobs = new Counter({
    name: 'kurogane_jobs_ended_total',
    help: 'Jobs that this conductor ended, by kind and state.',
    labelNames: ['kind', 'state'] as const,
    registers,
  });
  const job_duration = new Histogram({
    name: 'kurogane_job_duration_seconds',
    help: 'Time from the request for a job to its end, waits included.',
    labelNames: ['kind'] as const,
    buckets: JOB_BUCKETS_S,
    registers,
  });
  const steps = new Counter({
    name: 'kurogane_step_visits_total',
    help: 'Visits of steps by kind of work, step and outcome (agent: steps in the ramdisk).',
    labelNames: ['kind', 'step', 'outcome'] as const,
    registers,
  });
  const step_duration = new Histogram({
    name: 'kurogane_step_visit_duration_seconds',
    help: 'Time that one visit of a step took.',
    labelNames: ['step'] as const,
    buckets: STEP_BUCKETS_S,
    registers,
  });
  const bmc_calls = new Counter({
    name: 'kurogane_bmc_calls_total',
    help: 'Calls to BMCs by driver and result (ok, or the code of the error).',
    labelNames: ['driver', 'code'] as const,
    registers,
  });
  const bmc_duration = new Histogram({
    name: 'kurogane_bmc_call_duration_seconds',
    help: 'Time that a call to a BMC took, whatever its result.',
    labelNames: ['driver'] as const,
    buckets: BMC_BUCKETS_S,
    registers,
  });
  const lock_waits = new Histogram({
    name: 'kurogane_node_lock_wait_seconds',
    help: 'Time that requests waited for a node that work in the background held.',
    labelNames: ['outcome'] as const,
    buckets: LOCK_BUCKETS_S,
    registers,
  });

  function gauge<L extends string>(facts: GaugeFacts<L>): void {
    new Gauge({
      name: facts.name,
      help: facts.help,
      labelNames: [...facts.labels],
      registers,
      async collect() {
        this.reset();
        // A gauge without labels would say 0 where nothing is known.
        if (facts.labels.length === 0) this.remove();
        const readings = await readWithin(clock, facts.read);
        for (const { labels, value } of readings) this.set(labels, value);
      },
    });
  }

  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  lag.enable();
  watchProcess(gauge, lag);

  return {
    content_type: registry.contentType,
    conductor: {
      jobEnded(kind, state, duration_s) {
        jobs.inc({ kind, state });
        job_duration.observe({ kind }, duration_s);
      },
      stepEnded(kind, step, outcome, duration_s) {
        steps.inc({ kind, step, outcome });
        step_duration.observe({ step }, duration_s);
      },
      bmcCalled(driver, code, duration_s) {
        bmc_calls.inc({ driver, code });
        bmc_duration.observe({ driver }, duration_s);
      },
      lockWaited: (outcome, duration_s) => lock_waits.observe({ outcome }, duration_s),
    },
    requestEnded(seen) {
      const operation = seen.operation ?? 'unmatched';
      const method = METHODS.has(seen.method) ? seen.method : 'other';
      requests.inc({ operation, method, status: seen.status });
      request_duration.observe({ operation }, seen.duration_s);
    },
    gauge,
    text: () => registry.metrics(),
    [Symbol.dispose]: () => lag.disable(),
  };
}

/** What `read` tells in time; nothing when it fails or takes too long. */
async function readWithin<L extends string>(
  clock: Clock,
  read: GaugeFacts<L>['read'],
): Promise<readonly Reading<L>[]> {
  const done = new AbortController();
  const overdue = clock.sleep(READ_TIMEOUT_MS, done.signal).then(
    () => [],
    () => [],
  );
  try {
    return await Promise.race([Promise.resolve().then(read), overdue]);
  } catch {
    return [];
  } finally {
    done.abort();
  }
}

/** The lag of the event loop since the last scrape, its use, and the process' memory and CPU time. */
function watchProcess(gauge: Metrics['gauge'], lag: ReturnType<typeof monitorEventLoopDelay>): void {
  let last: EventLoopUtilization = performance.eventLoopUtilization();
  gauge({
    name: 'kurogane_event_loop_lag_seconds',
    help: 'How late timers were since the last scrape: by quantile, and at most (1).',
    labels: ['quantile'],
    read() {
      const late = (ns: number): number => Math.max(0, ns / 1e9 - LAG_RESOLUTION_MS / 1e3);
      const readings =
        lag.count === 0
          ? []
          : [
              { labels: { quantile: '0.5' }, value: late(lag.percentile(50)) },
              { labels: { quantile: '0.99' }, value: late(lag.percentile(99)) },
              { labels: { quantile: '1' }, value: late(lag.max) },
            ];
      lag.reset();
      return readings;
    },
  });
  gauge({
    name: 'kurogane_event_loop_utilization_ratio',
    help: 'Share of time that the event loop was busy since the last scrape.',
    labels: [],
    read() {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      return [{ labels: {}, value: utilization }];
    },
  });
  gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the process.',
    labels: [],
    read: () => [{ labels: {}, value: process.memoryUsage.rss() }],
  });
  gauge({
    name: 'process_cpu_seconds_total',
    help: 'CPU time of the process, user and system.',
    labels: [],
    read: () => {
      const { user, system } = process.cpuUsage();
      return [{ labels: {}, value: (user + system) / 1e6 }];
    },
  });
}
