import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import { redactUrls } from '../lifecycle/redact-urls.ts';
import { isSecretName } from '../lifecycle/secret-names.ts';

/** JSON lines: `log.info({node: uuid}, 'power on')`. Children carry their bindings in every line. */
export type Logger = PinoLogger;

const MASK = '******';
/** Request headers that carry credentials, beside those that secret names cover. */
const SECRET_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
]);
const MAX_DEPTH = 8;
const MAX_ITEMS = 200;

/**
 * Makes the logger of a process. Values under secret names (lifecycle/secret-names.ts) and passwords in URLs are masked,
 * however deep they are. `destination`: where lines go; standard output when it is not given.
 */
export function createLogger(options: {
  level: 'debug' | 'info' | 'warn' | 'error';
  name?: string;
  destination?: DestinationStream;
}): Logger {
  const settings = {
    level: options.level,
    base: { pid: process.pid, ...(options.name === undefined ? {} : { name: options.name }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    // `redact` below has already made plain objects of errors.
    serializers: { err: (err: unknown) => err },
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: object) => redactFields(fields, 0),
    },
    hooks: { streamWrite: redactUrls },
  };
  const log: Logger =
    options.destination === undefined ? pino(settings) : pino(settings, options.destination);
  // pino's own formatter for bindings is not run for children; they inherit this method.
  const child = log.child;
  log.child = function redactedChild(this: Logger, bindings, childOptions) {
    return child.call(this, redactFields(bindings, 0), childOptions);
  } as Logger['child'];
  return log;
}

/** The logger of one request: every line carries its request_id (`req-<uuid>`). */
export function requestLogger(log: Logger, request_id: string): Logger {
  return log.child({ request_id });
}

function redactFields(fields: object, depth: number): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    const secret = isSecretName(key) || SECRET_HEADERS.has(key.toLowerCase());
    out[key] = secret && value !== null && value !== undefined ? MASK : redact(value, depth + 1);
  }
  return out;
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '[deeper]';
  if (value instanceof Error) return redactError(value, depth);
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redact(item, depth + 1));
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if ('toJSON' in value && typeof value.toJSON === 'function') return redact(value.toJSON(), depth + 1);
  return redactFields(value instanceof Map ? Object.fromEntries(value) : value, depth);
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...redactFields(error, depth),
    ...(error.cause === undefined ? {} : { cause: redact(error.cause, depth + 1) }),
  };
}
