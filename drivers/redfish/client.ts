import type { Clock } from '../../lifecycle/clock.ts';
import { type CallOptions, type DriverContext, DriverError } from '../contract.ts';
import { Call } from './call.ts';
import type { RedfishInfo } from './driver-info.ts';
import type { RedfishOptions } from './driver-options.ts';
import { ConnectionError, Http, type HttpReply, type Method } from './http.ts';
import { refusal, taskMessage, told } from './message.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { isObject, linkIn, objectIn, type Resource, textIn } from './resources.ts';

/** The one path that every service has (DSP0266 6.2); all others are links. */
const ROOT = '/redfish/v1/';
const BASE_HEADERS = {
  accept: 'application/json',
  // With compression the ETags of some BMCs are those of other bytes.
  'accept-encoding': 'identity',
  'odata-version': '4.0',
};
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;
const CLOSE_TIMEOUT_MS = 5000;
/** Task states (DSP2046): those that go on, and the one that ends well. */
const RUNNING: ReadonlySet<string> = new Set([
  ...['New', 'Pending', 'Service', 'Starting', 'Stopping', 'Running', 'Suspended', 'Interrupted'],
  'Cancelling',
]);

type Login = { by: 'none' } | { by: 'basic' } | { by: 'session'; token: string; path: string | null };

interface Change {
  body?: object;
  if_match?: string | null;
}

/** A Redfish service: who we are to it, and reading, changing and acting there. One request at a time. */
export class RedfishClient {
  readonly name: string;
  /** The only system of the BMC, once it was found. */
  only_system: string | null = null;
  readonly #http: Http;
  readonly #info: RedfishInfo;
  readonly #clock: Clock;
  readonly #log: DriverContext['log'];
  readonly #options: RedfishOptions;
  readonly #turns = new OneAtATime();
  #login: Login | null = null;

  /** @param ca PEM of the CAs that the BMC's certificate is checked with; null: the system's */
  constructor(info: RedfishInfo, ca: string | null, { clock, log }: DriverContext, options: RedfishOptions) {
    this.#http = new Http({ origin: info.origin, ca, verify: info.verify_ca !== false });
    this.name = this.#http.name;
    this.#info = info;
    this.#clock = clock;
    this.#log = log;
    this.#options = options;
  }

  /** Does `work`, of any number of requests, within the bounds of one call. @throws DriverError */
  within<T>(options: CallOptions, work: (call: Call) => Promise<T>): Promise<T> {
    return Call.within(this.#clock, this.name, options, work);
  }

  /** Reads the resource that a link leads to. @throws DriverError */
  async get(call: Call, link: string): Promise<Resource> {
    const path = this.#http.pathOf(link);
    const reply = await this.#request('GET', path, {}, call);
    if (reply.status !== 200) throw this.#refusal(`GET ${path}`, reply);
    if (!isObject(reply.body))
      throw new DriverError('rejected', `${this.name}: ${path} is no resource of a Redfish service.`);
    const etag = reply.headers.get('etag') ?? textIn(reply.body, '@odata.etag');
    return { path, etag, bmc: this.name, body: reply.body };
  }

  root(call: Call): Promise<Resource> {
    return this.get(call, ROOT);
  }

  /**
   * Changes properties of a resource as it was read. On 412 it is read once more; a BMC that then still refuses its own
   * ETag is asked without one, as gofish and sushy do.
   * @throws DriverError
   */
  async patch(call: Call, { path, etag }: Pick<Resource, 'path' | 'etag'>, body: object): Promise<void> {
    let if_match = etag;
    for (let attempt = 0; ; attempt += 1) {
      const reply = await this.#request('PATCH', path, { body, if_match }, call);
      if (reply.status !== 412 || if_match === null) return this.#finish(`PATCH ${path}`, reply, call);
      if_match = attempt === 0 ? (await this.get(call, path)).etag : null;
    }
  }

  /** Carries an action out, to the end of its task if it becomes one. @throws DriverError */
  async post(call: Call, link: string, body: object): Promise<void> {
    const path = this.#http.pathOf(link);
    await this.#finish(`POST ${path}`, await this.#request('POST', path, { body }, call), call);
  }

  /** True while a session is kept on the BMC. */
  get open(): boolean {
    return this.#login?.by === 'session';
  }

  /** Deletes the session and closes the connection. Never fails. */
  async close(): Promise<void> {
    const login = this.#login;
    this.#login = null;
    try {
      if (login?.by === 'session' && login.path !== null) {
        const { path, token } = login;
        const headers = { ...BASE_HEADERS, 'x-auth-token': token };
        await this.within({ timeout_ms: CLOSE_TIMEOUT_MS }, (call) =>
          this.#http.send('DELETE', path, { headers }, call),
        );
      }
    } catch (error) {
      // It expires on the BMC by itself.
      this.#log.debug(
        { bmc: this.name, error: (error as Error).message },
        'a Redfish session was not deleted',
      );
    }
    await this.#http[Symbol.asyncDispose]();
  }

  #request(method: Method, path: string, change: Change, call: Call): Promise<HttpReply> {
    call.waiting = { code: 'timeout', what: 'The BMC was busy with other requests.' };
    return this.#turns.run(call.signal, async () => {
      const login = await this.#logIn(call);
      const reply = await this.#send(method, path, change, login, call);
      if (reply.status !== 401 || login.by !== 'session') return reply;
      // The session has expired, or the BMC has restarted: once more, with another one.
      this.#login = null;
      return await this.#send(method, path, change, await this.#logIn(call), call);
    });
  }

  async #logIn(call: Call): Promise<Login> {
    this.#login ??= await this.#newLogin(call);
    return this.#login;
  }

  async #newLogin(call: Call): Promise<Login> {
    const { username, password } = this.#info;
    const auth_type = this.#info.auth_type ?? this.#options.auth_type;
    if (username === '') return { by: 'none' };
    if (auth_type === 'basic') return { by: 'basic' };
    const root = await this.#send('GET', ROOT, {}, { by: 'none' }, call);
    const sessions = isObject(root.body) ? linkIn(objectIn(root.body, 'Links') ?? {}, 'Sessions') : null;
    if (sessions === null) {
      if (auth_type === 'auto') return { by: 'basic' };
      throw root.status === 200
        ? new DriverError('unsupported', `${this.name}: The BMC has no sessions. Set redfish_auth_type.`)
        : this.#refusal(`GET ${ROOT}`, root);
    }
    const path = this.#http.pathOf(sessions);
    const body = { UserName: username, Password: password };
    const reply = await this.#send('POST', path, { body }, { by: 'none' }, call);
    const token = reply.headers.get('x-auth-token');
    if (isSuccess(reply) && token !== null) return { by: 'session', token, path: this.#sessionPath(reply) };
    // A second try with the same credentials would only bring the account nearer to being locked.
    if (auth_type === 'auto' && reply.status !== 401 && reply.status !== 403) return { by: 'basic' };
    throw this.#refusal('a login', reply);
  }

  /** Some BMCs tell the session's full URL, with a name that is theirs only: the path is what counts. */
  #sessionPath({ headers, body }: HttpReply): string | null {
    const told_at = headers.get('location') ?? (isObject(body) ? textIn(body, '@odata.id') : null);
    return told_at === null ? null : this.#ownPath(told_at);
  }

  #ownPath(location: string): string | null {
    if (!URL.canParse(location, this.#info.origin)) return null;
    const { pathname, search } = new URL(location, this.#info.origin);
    return pathname + search;
  }

  /** Sends until there is an answer other than "not now", within the call's time. */
  async #send(
    method: Method,
    path: string,
    { body, if_match }: Change,
    login: Login,
    call: Call,
  ): Promise<HttpReply> {
    const headers: Record<string, string> = { ...BASE_HEADERS, ...this.#credentials(login) };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (if_match !== undefined && if_match !== null) headers['if-match'] = if_match;
    const init = { headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    let failures = 0;
    for (let wait_ms = FIRST_WAIT_MS; ; wait_ms = Math.min(wait_ms * 2, LONGEST_WAIT_MS)) {
      let reply: HttpReply;
      try {
        reply = await this.#http.send(method, path, init, call);
      } catch (error) {
        if (!(error instanceof ConnectionError) || error.final || (error.sent && method !== 'GET'))
          throw error;
        failures += 1;
        // A kept connection that the BMC has closed meanwhile says nothing about the BMC.
        const stale = error.sent && failures === 1;
        const pause_ms = stale ? 0 : this.#options.connection_retry_interval * 1000;
        if (failures >= this.#options.connection_attempts || pause_ms >= call.left_ms) throw error;
        call.waiting = { code: 'unreachable', what: 'The BMC cannot be reached.' };
        await call.sleep(pause_ms);
        continue;
      }
      if (reply.status !== 503 && reply.status !== 429) return reply;
      const pause_ms = this.#retryAfter(reply) ?? wait_ms;
      if (pause_ms >= call.left_ms) throw this.#refusal(`${method} ${path}`, reply);
      call.waiting = { code: 'busy', what: 'The BMC is busy.' };
      await call.sleep(pause_ms);
    }
  }

  #credentials(login: Login): Record<string, string> {
    if (login.by === 'none') return {};
    if (login.by === 'session') return { 'x-auth-token': login.token };
    return { authorization: `Basic ${this.#basic()}` };
  }

  #basic(): string {
    return Buffer.from(`${this.#info.username}:${this.#info.password}`).toString('base64');
  }

  async #finish(what: string, reply: HttpReply, call: Call): Promise<void> {
    if (!isSuccess(reply)) throw this.#refusal(what, reply);
    if (reply.status === 202) await this.#waitForTask(what, reply, call);
  }

  /** Asynchronous operations, DSP0266 12.2. */
  async #waitForTask(what: string, accepted: HttpReply, call: Call): Promise<void> {
    const monitor = this.#monitorOf(accepted);
    // Accepted, and nothing to watch: the caller looks at the result.
    if (monitor === null) return;
    const purpose = call.purpose;
    call.purpose = { code: 'timeout', what: `The BMC's task for ${what} did not end.` };
    try {
      await this.#watch(what, monitor, accepted, call);
    } finally {
      call.purpose = purpose;
    }
  }

  async #watch(what: string, monitor: string, accepted: HttpReply, call: Call): Promise<void> {
    let reply = accepted;
    for (let wait_ms = FIRST_WAIT_MS; ; wait_ms = Math.min(wait_ms * 2, LONGEST_WAIT_MS)) {
      await call.sleep(this.#retryAfter(reply) ?? wait_ms);
      reply = await this.#request('GET', monitor, {}, call);
      if (!isSuccess(reply)) throw this.#refusal(`the task of ${what}`, reply);
      if (reply.status === 202) continue;
      const task = isObject(reply.body) ? reply.body : {};
      const state = textIn(task, 'TaskState');
      if (state !== null && RUNNING.has(state)) continue;
      const ended_well = state === null || state === 'Completed';
      if (ended_well && textIn(task, 'TaskStatus') !== 'Critical') return;
      const message = told(`${state}. ${taskMessage(task)}`, this.#secrets());
      throw new DriverError('rejected', `${this.name}: The task of ${what} ended as ${message}`.trimEnd());
    }
  }

  #monitorOf({ headers, body }: HttpReply): string | null {
    const task = isObject(body) ? body : {};
    const told_at = headers.get('location') ?? textIn(task, 'TaskMonitor') ?? textIn(task, '@odata.id');
    return told_at === null ? null : this.#ownPath(told_at);
  }

  /** Milliseconds; null: the BMC says nothing. */
  #retryAfter({ headers }: HttpReply): number | null {
    const value = headers.get('retry-after');
    if (value === null) return null;
    if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
    const date_ms = Date.parse(value);
    return Number.isNaN(date_ms) ? null : Math.max(0, date_ms - this.#clock.now());
  }

  #refusal(what: string, reply: HttpReply): DriverError {
    return refusal(this.name, what, reply, this.#secrets());
  }

  #secrets(): string[] {
    const token = this.#login?.by === 'session' ? this.#login.token : '';
    return [this.#info.password, this.#info.username === '' ? '' : this.#basic(), token];
  }
}

function isSuccess({ status }: HttpReply): boolean {
  return status >= 200 && status < 300;
}
