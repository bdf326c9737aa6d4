import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { readJsonBody } from '../../api/http/request-body.ts';
import type { Store } from '../../db/store.ts';
import { parseDriverInfo } from '../../drivers/redfish/driver-info.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { findLease, type GoodLease } from '../leases.ts';
import { note } from '../note.ts';
import type { Watch } from '../watch.ts';
import { bodyProblem, judge } from './allow-list.ts';
import { ownRoot, readCredentials, SERVICE_ROOT, sessionAnswer } from './login.ts';
import type { BmcAnswer, Upstream } from './upstream.ts';

export interface RedfishGatewayOptions {
  store: Pick<Store, 'bmc_leases' | 'nodes' | 'servers' | 'now' | 'audit'>;
  upstream: Upstream;
  /** Of leases. */
  watch: Watch;
  log: { info(facts: object, message: string): void; warn(facts: object, message: string): void };
  audit: boolean;
}

/** What is answered, whoever answers. */
export interface GatewayAnswer {
  status: number;
  body?: JsonObject;
  /** The BMC's own words. */
  text?: string;
  headers?: Record<string, string>;
}

const BODY_BYTES = 16 * 1024;
/** RFC 9110 8.8.3 */
const ETAG = /^(\*|(W\/)?"[\x21\x23-\x7e]{1,128}")$/;
/** Headers of a BMC that clients need. */
const PASSED_ON = ['content-type', 'etag', 'odata-version', 'retry-after', 'allow'];

/**
 * Redfish for holders of leases: each request is looked up, judged by the allow-list and written down before anything is sent to the
 * BMC. What goes there is made anew: nothing of the client's own headers but If-Match, and its body only field by field.
 */
export function createRedfishGateway(options: RedfishGatewayOptions): RequestListener {
  return (request, response) => {
    serve(request, options).then(
      (answer) => send(response, answer),
      (error: unknown) => {
        options.log.warn({ err: error }, 'the gateway failed to answer');
        send(response, refusal(503, 'The gateway cannot answer now.'));
      },
    );
  };
}

async function serve(request: IncomingMessage, options: RedfishGatewayOptions): Promise<GatewayAnswer> {
  const method = request.method ?? 'GET';
  const target = request.url ?? '/';
  // DSP0266 8.2: the way to log in is found without being logged in.
  if (method === 'GET' && (target === '/redfish' || target === '/redfish/'))
    return { status: 200, body: { v1: '/redfish/v1/' } };
  const credentials = await readCredentials(request);
  // So are the places below it (DSP0266 13.2.3): clients look before they log in.
  if (credentials === null && method === 'GET' && SERVICE_ROOT.test(target))
    return { status: 200, body: ownRoot };
  const good =
    credentials === null ? null : await findLease(options.store, credentials.username, credentials.password);
  if (credentials === null || good === null) {
    request.resume();
    return refusal(401, 'The lease is not known, or no longer good.');
  }
  const session = sessionAnswer(method, target, credentials, good);
  if (session !== null) return session;
  const judged = judge(method, target, { role: good.lease.role, system_id: systemOf(good) });
  if ('refused' in judged) {
    request.resume();
    return await refused(options, good, { method, target }, 403, judged.refused);
  }
  let body: Json | undefined;
  try {
    body = await readJsonBody(request, BODY_BYTES);
  } catch {
    return await refused(options, good, { method, target }, 400, 'The body is no JSON, or too large.');
  }
  const problem = bodyProblem(judged.row, body);
  if (problem !== null) return await refused(options, good, { method, target }, 403, problem);
  return await pass(options, good, judged.passed, body, request.headers['if-match']);
}

function systemOf({ driver_info }: GoodLease): string | null {
  const parsed = parseDriverInfo(driver_info);
  return 'info' in parsed ? parsed.info.system_id : null;
}

async function pass(
  options: RedfishGatewayOptions,
  good: GoodLease,
  { method, path, query }: { method: string; path: string; query: string },
  body: Json | undefined,
  if_match: string | undefined,
): Promise<GatewayAnswer> {
  const { upstream, watch, log } = options;
  const parsed = parseDriverInfo(good.driver_info);
  if (!('info' in parsed)) return refusal(501, 'This server’s BMC does not speak Redfish.');
  const { origin, verify_ca } = parsed.info;
  const { uuid, username, bmc } = good.lease;
  const login = Buffer.from(`${username}:${String(bmc.password)}`).toString('base64');
  const headers = {
    ...{ authorization: `Basic ${login}`, accept: 'application/json', 'odata-version': '4.0' },
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(if_match !== undefined && ETAG.test(if_match) ? { 'if-match': if_match } : {}),
  };
  const over = new AbortController();
  const unwatch = watch.watch(uuid, (why) => over.abort(new Error(why)));
  try {
    // What changes something is written down before it is sent: what was done is never unknown. What is only read is written down while
    // the BMC answers: nobody gets an answer that is not.
    const written = note(options, good, { method, path, status: null, why: null });
    if (method !== 'GET') await written;
    const asked = {
      ...{ method, path: query === '' ? path : `${path}?${query}`, headers },
      body: body === undefined ? null : JSON.stringify(body),
    };
    const [answer] = await Promise.all([
      upstream.ask({ origin, verify_ca }, asked, over.signal).catch((error: unknown) => {
        if (!over.signal.aborted) log.info({ lease: uuid, err: error }, 'a BMC did not answer the gateway');
        return null;
      }),
      written,
    ]);
    if (over.signal.aborted) return refusal(401, 'The lease is no longer good.');
    if (answer === null) return refusal(502, 'The BMC does not answer.');
    return passedOn(answer, origin);
  } finally {
    unwatch();
  }
}

function passedOn({ status, headers, text }: BmcAnswer, origin: string): GatewayAnswer {
  // Its account is being deleted, or was never good there: not the holder's matter.
  if (status === 401) return refusal(502, 'The BMC does not take the lease.');
  const passed: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = headers.get(name);
    if (value !== null) passed[name] = value;
  }
  const location = headers.get('location');
  if (location !== null && URL.canParse(location, origin))
    passed.location = new URL(location, origin).pathname;
  return { status, text, headers: passed };
}

async function refused(
  options: RedfishGatewayOptions,
  good: GoodLease,
  { method, target }: { method: string; target: string },
  status: number,
  why: string,
): Promise<GatewayAnswer> {
  await note(options, good, { method: method.slice(0, 16), path: target.slice(0, 256), status, why });
  return refusal(status, why);
}

/** DSP0266 8.6: an error of the service. */
export function refusal(status: number, message: string): GatewayAnswer {
  return {
    status,
    body: { error: { code: 'Base.1.0.GeneralError', message } },
    ...(status === 401 ? { headers: { 'www-authenticate': 'Basic realm="Kurogane", charset="UTF-8"' } } : {}),
  };
}

function send(response: ServerResponse, { status, body, text, headers = {} }: GatewayAnswer): void {
  const out = text ?? (body === undefined ? '' : JSON.stringify(body));
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (body !== undefined) response.setHeader('Content-Type', 'application/json');
  response.setHeader('OData-Version', '4.0');
  response.setHeader('Cache-Control', 'no-store');
  response.end(out);
}
