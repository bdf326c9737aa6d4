import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { Certificate } from '../certificate.ts';
import type { Machine } from '../machine.ts';
import type { Area, Outcome } from './area.ts';
import { sendHostileBody } from './hostile-body.ts';
import { PATHS } from './paths.ts';
import { carryOut, changeResource } from './redfish-changes.ts';
import { RedfishRefusal } from './redfish-error.ts';
import type { RedfishFaults } from './redfish-faults.ts';
import { resourceAt } from './redfish-resources.ts';
import { RedfishState } from './redfish-state.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const KEPT_REQUESTS = 1000;
const MAX_SESSIONS = 16;
const KEEP_ALIVE_MS = 60_000;

export interface RedfishBmcOptions {
  machine: Machine;
  address: string;
  /** 0: any free one. */
  port: number;
  username: string;
  password: string;
  certificate: Certificate;
}

/** One request that came; the judge of a test. */
export interface SeenRequest {
  method: string;
  path: string;
  credentials: 'none' | 'basic' | 'session';
  body: JsonObject | null;
}

interface Reply {
  status: number;
  body?: JsonObject;
  headers?: Record<string, string>;
}

/** A BMC that speaks Redfish (DSP0266) over HTTPS, in front of a virtual server. */
export class RedfishBmc implements AsyncDisposable {
  readonly state: RedfishState;
  /** May be changed at any time. */
  faults: RedfishFaults = {};
  /** The newest ones, oldest first. */
  readonly requests: SeenRequest[] = [];
  /** Most requests that it worked on at one time. */
  most_at_once = 0;
  readonly #server: Server;
  readonly #areas: readonly Area[];
  /** Token → id. */
  readonly #sessions = new Map<string, number>();
  #next_id = 1;
  #at_once = 0;

  private constructor(options: RedfishBmcOptions) {
    this.state = new RedfishState(options.machine, options);
    this.#areas = [
      {
        read: (path) => resourceAt(this.state, this.faults, path),
        write: (path, body) => changeResource(this.state, path, body),
        act: (path, body) => carryOut(this.state, this.faults, path, body),
      },
      this.state.tasks,
      this.state.bios,
      this.state.storage,
      this.state.firmware,
      this.state.accounts,
      this.state.network,
      this.state.log,
      this.state.events,
      this.state.parts,
    ];
    const { key, cert } = options.certificate;
    this.#server = createServer({ key, cert }, (request, response) => {
      this.#at_once += 1;
      this.most_at_once = Math.max(this.most_at_once, this.#at_once);
      response.on('close', () => {
        this.#at_once -= 1;
      });
      this.#serve(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS;
  }

  /** Starts listening. @throws when the address is in use or not ours. */
  static async start(options: RedfishBmcOptions): Promise<RedfishBmc> {
    const bmc = new RedfishBmc(options);
    await new Promise<void>((resolve, reject) => {
      bmc.#server.once('error', reject);
      bmc.#server.listen(options.port, options.address, resolve);
    });
    return bmc;
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `https://${address}:${port}`;
  }

  get open_sessions(): number {
    return this.#sessions.size;
  }

  /** As after a restart of its firmware. */
  forgetSessions(): void {
    this.#sessions.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const path = new URL(request.url ?? '/', this.url).pathname;
    const method = request.method ?? 'GET';
    // A login's body is its credentials.
    const noted = path === PATHS.sessions ? null : body;
    this.#note({ method, path, credentials: credentialsOf(request), body: noted });
    if (this.faults.silent === true) return;
    const { cuts_in_flash = 0 } = this.faults;
    if (cuts_in_flash > 0 && this.state.firmware.images.length > 0) {
      this.faults = { ...this.faults, cuts_in_flash: cuts_in_flash - 1 };
      response.destroy();
      return;
    }
    if (method === 'GET' && path !== PATHS.root && this.faults.body !== undefined)
      return sendHostileBody(this.faults.body, response, this.state.machine.clock);
    let reply: Reply;
    try {
      reply = this.#answer(method, path, body, request);
    } catch (error) {
      if (!(error instanceof RedfishRefusal)) throw error;
      const told = this.faults.tells_secrets === true ? ` ${JSON.stringify(request.headers)}` : '';
      const refusal = new RedfishRefusal(error.status, error.message_id, error.message + told);
      reply = { status: error.status, body: refusal.body, headers: error.headers };
    }
    if (method === 'POST' && path !== PATHS.sessions && this.faults.drops_action_replies === true) {
      response.destroy();
      return;
    }
    response.writeHead(reply.status, { 'odata-version': '4.0', ...reply.headers });
    response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body));
  }

  #answer(method: string, path: string, body: JsonObject | null, request: IncomingMessage): Reply {
    this.#refuseWhenBusy();
    if (method === 'POST' && path === PATHS.sessions) return this.#openSession(body);
    if (path !== PATHS.root && path !== '/redfish/v1') this.#authenticate(request);
    if (method === 'DELETE')
      return this.#closeSession(path) ?? this.#carryOut(this.#first((area) => area.remove?.(path) ?? null));
    if (method === 'GET') return this.#get(path);
    if (method === 'PATCH') return this.#patch(path, body ?? {}, request);
    if (method === 'POST') return this.#carryOut(this.#first((area) => area.act?.(path, body ?? {}) ?? null));
    throw new RedfishRefusal(405, 'OperationNotAllowed', 'The method is not allowed.');
  }

  #get(path: string): Reply {
    const { redirect_to, links_to } = this.faults;
    const monitored = this.state.tasks.monitor(path);
    if (monitored !== null) return monitored;
    if (redirect_to !== undefined && path !== PATHS.root)
      return { status: 307, headers: { location: redirect_to + path } };
    const resource = this.#first((area) => area.read(path));
    if (resource === null)
      throw new RedfishRefusal(404, 'ResourceMissingAtURI', `The resource at the URI ${path} was not found.`);
    const body = links_to === undefined ? resource : elsewhere(resource, links_to);
    return { status: 200, body, headers: { etag: this.#etag(path) } };
  }

  #patch(path: string, body: JsonObject, request: IncomingMessage): Reply {
    const match = request.headers['if-match'];
    const stale = this.faults.stale_etag ?? 0;
    if (match !== undefined && (match !== this.#etag(path) || stale > 0)) {
      this.faults = { ...this.faults, stale_etag: Math.max(0, stale - 1) };
      throw new RedfishRefusal(412, 'PreconditionFailed', 'The ETag does not match.');
    }
    const outcome = this.#first((area) => area.write?.(path, body) ?? null);
    if (outcome === null)
      throw new RedfishRefusal(405, 'OperationNotAllowed', 'The resource cannot be changed.');
    return outcome.work === undefined ? this.#done(outcome) : this.#carryOut(outcome);
  }

  /** Carries a request out that may become a task. */
  #carryOut(outcome: Outcome | null): Reply {
    if (outcome === null) throw new RedfishRefusal(404, 'ResourceMissingAtURI', 'There is no such action.');
    const quick = outcome.takes_a_while ? ({ looks: 0, end: 'Completed' } as const) : undefined;
    const task = this.faults.task ?? quick;
    if (task === undefined) return this.#done(outcome);
    return this.state.tasks.start(task, () => this.#done(outcome));
  }

  #done({ status, body, headers, work }: Outcome): Reply {
    const { restarts } = this.state;
    work?.();
    this.state.version += 1;
    if (this.state.restarts > restarts) this.forgetSessions();
    return {
      status: status ?? (body === undefined ? 204 : 200),
      ...(body === undefined ? {} : { body }),
      ...(headers === undefined ? {} : { headers }),
    };
  }

  /** What the first area says that knows the path; null: none does. */
  #first<T>(ask: (area: Area) => T | null): T | null {
    for (const area of this.#areas) {
      const answer = ask(area);
      if (answer !== null) return answer;
    }
    return null;
  }

  #openSession(body: JsonObject | null): Reply {
    const { session_status } = this.faults;
    if (session_status !== undefined)
      throw new RedfishRefusal(session_status, 'OperationNotAllowed', 'There are no sessions.');
    const { UserName, Password } = body ?? {};
    if (this.state.accounts.login(String(UserName), String(Password)) === null)
      throw new RedfishRefusal(401, 'NoValidSession', 'The credentials are wrong.');
    if (this.#sessions.size >= MAX_SESSIONS)
      throw new RedfishRefusal(503, 'SessionLimitExceeded', 'There is no room for another session.');
    const id = this.#next_id++;
    const token = randomBytes(16).toString('hex');
    this.#sessions.set(token, id);
    const path = `${PATHS.sessions}/${id}`;
    return {
      status: 201,
      headers: { 'x-auth-token': token, location: path },
      body: { '@odata.id': path, Id: String(id), Name: 'User Session', UserName: String(UserName) },
    };
  }

  /** null: there is no such session. */
  #closeSession(path: string): Reply | null {
    for (const [token, id] of this.#sessions)
      if (path === `${PATHS.sessions}/${id}`) {
        this.#sessions.delete(token);
        return { status: 204 };
      }
    return null;
  }

  #authenticate(request: IncomingMessage): void {
    const token = request.headers['x-auth-token'];
    const by_session =
      this.faults.sessions_refused !== true && typeof token === 'string' && this.#sessions.has(token);
    if (by_session || this.#basic(request.headers.authorization)) return;
    throw new RedfishRefusal(401, 'NoValidSession', 'There is no valid session.');
  }

  #basic(authorization = ''): boolean {
    const words = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString('utf8');
    const colon = words.indexOf(':');
    return colon > 0 && this.state.accounts.login(words.slice(0, colon), words.slice(colon + 1)) !== null;
  }

  #refuseWhenBusy(): void {
    const { busy = 0, retry_after_s } = this.faults;
    if (busy <= 0) return;
    this.faults = { ...this.faults, busy: busy - 1 };
    const headers = retry_after_s === undefined ? {} : { 'retry-after': String(retry_after_s) };
    throw new RedfishRefusal(503, 'ServiceTemporarilyUnavailable', 'The service is busy.', headers);
  }

  #etag(path: string): string {
    const { machine, version } = this.state;
    const digest = createHash('sha256').update(`${path} ${version} ${machine.power}`).digest('hex');
    return `"${digest.slice(0, 12)}"`;
  }

  #note(seen: SeenRequest): void {
    this.requests.push(seen);
    if (this.requests.length > KEPT_REQUESTS) this.requests.shift();
  }
}

/** The same resource with its links at another origin. */
function elsewhere(resource: JsonObject, origin: string): JsonObject {
  return JSON.parse(JSON.stringify(resource).replaceAll('"/redfish/', `"${origin}/redfish/`)) as JsonObject;
}

function credentialsOf({ headers }: IncomingMessage): SeenRequest['credentials'] {
  if (headers['x-auth-token'] !== undefined) return 'session';
  return headers.authorization === undefined ? 'none' : 'basic';
}

async function readBody(request: IncomingMessage): Promise<JsonObject | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) throw new Error('The request is too large.');
    chunks.push(chunk as Buffer);
  }
  if (size === 0) return null;
  const whole = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('multipart/form-data')) return await partsOf(type, whole);
  const body: unknown = JSON.parse(whole.toString('utf8'));
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as JsonObject) : null;
}

/** The parts of a form as texts, by name. */
async function partsOf(type: string, whole: Buffer): Promise<JsonObject> {
  const form = await new Response(new Uint8Array(whole), { headers: { 'content-type': type } }).formData();
  const parts: JsonObject = {};
  for (const [name, part] of form) parts[name] = typeof part === 'string' ? part : await part.text();
  return parts;
}
