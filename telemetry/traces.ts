import { createHash } from 'node:crypto';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type IdGenerator } from '@opentelemetry/sdk-trace-base';
import type { Clock } from '../lifecycle/clock.ts';
import type { EndedSpan, SpanSink } from '../lifecycle/span.ts';

/** Where spans go. Disposing it sends what is left, for at most `SEND_TIMEOUT_MS`. */
export interface Traces extends AsyncDisposable {
  readonly ended: SpanSink;
}

const SEND_TIMEOUT_MS = 5000;
/** Spans that wait to be sent; more are dropped, so that a receiver that is away costs no memory. */
const QUEUE = 2048;
const SEND_EVERY_MS = 1000;

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };

/**
 * Sends spans to a receiver of OTLP over HTTP: `endpoint` + `/v1/traces`. Ids are made from request ids and jobs, so that the
 * processes that work for one request need tell each other nothing.
 */
export function openTraces(options: { endpoint: string; service: string; clock: Clock }): Traces {
  const { clock } = options;
  /** The ids of the span that is made next. */
  let ids = { trace: '', span: '' };
  const idGenerator: IdGenerator = { generateTraceId: () => ids.trace, generateSpanId: () => ids.span };
  const exporter = new OTLPTraceExporter({
    url: `${options.endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: SEND_TIMEOUT_MS,
  });
  const processor = new BatchSpanProcessor(exporter, {
    maxQueueSize: QUEUE,
    scheduledDelayMillis: SEND_EVERY_MS,
    exportTimeoutMillis: SEND_TIMEOUT_MS,
  });
  const provider = new BasicTracerProvider({
    idGenerator,
    resource: resourceFromAttributes({ 'service.name': options.service }),
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('kurogane');

  function ended(span: EndedSpan): void {
    const end_ms = clock.now();
    const traceId = traceIdOf(span);
    ids = { trace: traceId, span: spanIdOf(span.id) };
    const within = span.parent ?? (span.id === span.request_id ? null : span.request_id);
    const context =
      within === null
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, {
            ...{ traceId, spanId: spanIdOf(within), traceFlags: TraceFlags.SAMPLED, isRemote: true },
          });
    const { request_id } = span;
    const made = tracer.startSpan(
      span.name,
      {
        kind: KINDS[span.kind],
        startTime: end_ms - span.duration_s * 1000,
        attributes: { ...span.attributes, ...(request_id === null ? {} : { request_id }) },
      },
      context,
    );
    if (span.failed) made.setStatus({ code: SpanStatusCode.ERROR });
    made.end(end_ms);
  }

  return {
    ended,
    [Symbol.asyncDispose]: async () => {
      const over = new AbortController();
      const limit = clock.sleep(SEND_TIMEOUT_MS, over.signal).catch(() => {});
      // A receiver that is away keeps no process from ending.
      await Promise.race([provider.shutdown().catch(() => {}), limit]);
      over.abort();
    },
  };
}

/** The uuid of the request id; what nobody asked for has a trace by its outermost part. */
function traceIdOf({ request_id, parent, id }: EndedSpan): string {
  const hex = request_id?.replace(/^req-/, '').replaceAll('-', '').toLowerCase() ?? '';
  if (/^[0-9a-f]{32}$/.test(hex)) return hex;
  return digest(request_id ?? (parent ?? id).split('/')[0] ?? id).slice(0, 32);
}

function spanIdOf(id: string): string {
  return digest(id).slice(0, 16);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
