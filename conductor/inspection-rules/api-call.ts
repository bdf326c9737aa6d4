import type { ProxyAgent } from 'undici';
import type { Clock } from '../../lifecycle/clock.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { httpProxyAgent } from '../../net/http-agent.ts';
import { pythonText } from './python-values.ts';
import { RuleFailure } from './rule-failure.ts';

const RETRIED: readonly number[] = [429, 500, 502, 503, 504];
const MAX_TIMEOUT_S = 60;
const MAX_RETRIES = 10;
const MAX_PAUSE_S = 30;

/**
 * The action `api-call`: one GET of an http or https URL, tried again while the server cannot answer. The reply's body is
 * not read. `timeout` (s, at most 60) bounds each try; the n-th pause is `backoff_factor` · 2ⁿ s, at most 30.
 * @throws RuleFailure, which names neither query nor credentials of the URL
 */
export async function callApi(args: JsonObject, deps: { clock: Clock; signal: AbortSignal }): Promise<void> {
  const url = httpUrl(pythonText(args.url ?? ''));
  const timeout_s = bounded('timeout', args.timeout ?? 5, MAX_TIMEOUT_S);
  if (timeout_s === 0) throw new RuleFailure('timeout must be greater than zero.');
  const retries = Math.trunc(bounded('retries', args.retries ?? 3, MAX_RETRIES));
  const backoff_factor = bounded('backoff_factor', args.backoff_factor ?? 0.3, MAX_PAUSE_S);
  const headers = textMap('headers', args.headers ?? null);
  const proxy = textMap('proxies', args.proxies ?? null)[url.protocol.slice(0, -1)];
  const where = `${url.origin}${url.pathname}`;
  const dispatcher = proxy === undefined ? null : httpProxyAgent(httpUrl(proxy).href);
  try {
    for (let tried = 0; ; tried++) {
      const problem = await attempt(url, headers, timeout_s, dispatcher, deps.signal);
      if (problem === null) return;
      if (!problem.again || tried >= retries) {
        throw new RuleFailure(`the request to ${where} failed: ${problem.why}.`);
      }
      const pause_s = tried === 0 ? 0 : Math.min(backoff_factor * 2 ** tried, MAX_PAUSE_S);
      await deps.clock.sleep(pause_s * 1000, deps.signal);
    }
  } finally {
    await dispatcher?.close();
  }
}

/** Null: the server accepted it. */
async function attempt(
  url: URL,
  headers: Record<string, string>,
  timeout_s: number,
  dispatcher: ProxyAgent | null,
  signal: AbortSignal,
): Promise<{ why: string; again: boolean } | null> {
  try {
    const response = await fetch(url, {
      headers,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout_s * 1000)]),
      ...(dispatcher === null
        ? {}
        : { dispatcher: dispatcher as unknown as NonNullable<RequestInit['dispatcher']> }),
    });
    await response.body?.cancel();
    if (response.ok) return null;
    return { why: `HTTP ${response.status}`, again: RETRIED.includes(response.status) };
  } catch (error) {
    signal.throwIfAborted();
    const late = error instanceof Error && error.name === 'TimeoutError';
    return { why: late ? `no answer in ${timeout_s} s` : 'no connection', again: true };
  }
}

function httpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new RuleFailure('api-call needs an http or https URL.');
  return url;
}

function bounded(name: string, value: Json, most: number): number {
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
  if (!(number >= 0)) throw new RuleFailure(`${name} must be a positive number.`);
  return Math.min(number, most);
}

function textMap(name: string, value: Json): Record<string, string> {
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new RuleFailure(`${name} must be an object.`);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, pythonText(one)]));
}
