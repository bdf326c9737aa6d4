import type { SeenRequest } from '../api/http/serve.ts';
import type { Bus } from '../conductor/bus/bus.ts';
import type { Conductor } from '../conductor/server.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { EndedSpan, SpanSink } from '../lifecycle/span.ts';
import { createHealth } from '../telemetry/health.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { telemetryPages } from '../telemetry/pages.ts';
import type { Base } from './compose-base.ts';
import { listen } from './listen.ts';
import type { Parts } from './parts.ts';
import { StartError } from './start-error.ts';

/** What those who watch over this process see. */
export interface Telemetry {
  readonly metrics: Metrics;
  /** Hears of spans; absent without `[tracing]endpoint`. */
  readonly spans: SpanSink | undefined;
  /** Counts a request, and traces it. */
  readonly requestEnded: (seen: SeenRequest) => void;
  watchBus(bus: Bus): void;
  watchConductor(conductor: Conductor): void;
  /** All is composed: from now on the process is ready as far as its dependencies are, until it begins to end. */
  ready(parts: Parts): void;
}

/**
 * Serves /metrics, /healthz and /readyz, unless `[metrics]enabled` is off. Called once the store is open, so that the pages
 * are there while the rest is composed and until it has ended.
 */
export async function composeTelemetry(
  parts: Parts,
  { settings, log, clock, store }: Omit<Base, 'telemetry'>,
  name = 'serve',
): Promise<Telemetry> {
  const metrics = createMetrics(clock);
  parts.defer(async () => metrics[Symbol.dispose]());
  const spans = await composeTraces(parts, settings.tracing.endpoint, name, clock);
  const health = createHealth(clock);
  health.depends({
    name: 'database',
    required: true,
    async missing() {
      try {
        const pending = await store.pendingMigrations();
        if (pending.length === 0) return null;
        return `The schema lacks ${pending.join(', ')}: run "kurogane db upgrade".`;
      } catch (error) {
        log.warn({ err: error }, 'the database does not answer');
        return 'The database does not answer.';
      }
    },
  });
  metrics.gauge({
    name: 'kurogane_database_connections',
    help: 'Connections to the database by state; waiting: statements that wait for one.',
    labels: ['state'],
    read: () => Object.entries(store.pool()).map(([state, value]) => ({ labels: { state }, value })),
  });
  metrics.gauge({
    name: 'kurogane_ready',
    help: '1 when /readyz is green.',
    labels: [],
    read: async () => [{ labels: {}, value: Number((await health.report()).ready) }],
  });
  const { enabled, host_ip, port } = settings.metrics;
  if (enabled) {
    const { url } = parts.own(await listen(telemetryPages(metrics, health), { host_ip, port }));
    log.info({ url: `${url}/metrics` }, 'metrics and health are served');
  }
  return {
    metrics,
    spans,
    requestEnded(seen) {
      metrics.requestEnded(seen);
      spans?.(requestSpan(seen));
    },
    watchBus(bus) {
      metrics.gauge({
        name: 'kurogane_bus_connected',
        help: '1 while the message bus is connected.',
        labels: [],
        read: () => [{ labels: {}, value: Number(bus.connected) }],
      });
      // Without it work is taken all the same, and found by polling: that is no reason to take the process out of service.
      health.depends({
        name: 'bus',
        required: false,
        missing: () =>
          bus.connected
            ? null
            : 'The message bus is not connected: work is found by polling, which takes longer.',
      });
    },
    watchConductor(conductor) {
      health.depends({ name: 'conductor', required: true, missing: () => conductor.stalled() });
      metrics.gauge({
        name: 'kurogane_conductor_jobs_running',
        help: 'Jobs that this conductor runs now.',
        labels: [],
        read: () => [{ labels: {}, value: conductor.running }],
      });
      const backlog = sharedReading(() => store.jobs.backlog());
      metrics.gauge({
        name: 'kurogane_jobs',
        help: 'Jobs that have not ended, of all conductors.',
        labels: ['kind', 'state'],
        read: async () =>
          (await backlog()).map(({ kind, state, count }) => ({ labels: { kind, state }, value: count })),
      });
      metrics.gauge({
        name: 'kurogane_jobs_oldest_seconds',
        help: 'How long the oldest of them is due (queued) or there (running, waiting).',
        labels: ['kind', 'state'],
        read: async () =>
          (await backlog()).map(({ kind, state, oldest_ms }) => ({
            labels: { kind, state },
            value: oldest_ms / 1000,
          })),
      });
    },
    ready(own) {
      health.enter('ready');
      // Deferred last, so it happens first.
      own.defer(async () => health.enter('ending'));
    },
  };
}

/** The packages of OpenTelemetry are loaded only where traces are wanted. */
async function composeTraces(
  parts: Parts,
  endpoint: string,
  name: string,
  clock: Clock,
): Promise<SpanSink | undefined> {
  if (endpoint === '') return undefined;
  if (!URL.canParse(endpoint)) throw new StartError('[tracing]endpoint is no URL.');
  const { openTraces } = await import('../telemetry/traces.ts');
  return parts.own(openTraces({ endpoint, clock, service: `kurogane-${name}` })).ended;
}

function requestSpan({ operation, method, status, duration_s, request_id }: SeenRequest): EndedSpan {
  const known = operation ?? 'unmatched';
  return {
    ...{ name: `request ${known}`, kind: 'server', request_id, id: request_id, parent: null, duration_s },
    attributes: { 'http.request.method': method.slice(0, 16), 'http.response.status_code': status },
    failed: status >= 500,
  };
}

/** One reading for all who ask while it is under way. */
function sharedReading<T>(read: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => {
    asked ??= read().finally(() => {
      asked = null;
    });
    return asked;
  };
}
