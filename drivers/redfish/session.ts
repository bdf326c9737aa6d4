import type { Duplex } from 'node:stream';
import type { Clock } from '../../lifecycle/clock.ts';
import { type CallOptions, type DriverContext, DriverError } from '../contract.ts';
import { Call } from './call.ts';
import type { RedfishInfo } from './driver-info.ts';
import type { RedfishOptions } from './driver-options.ts';
import { ConnectionError, Http, type HttpReply, type Method } from './http.ts';
import { isNotYet, refusal } from './message.ts';
import type { PushBody } from './multipart.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { isObject, linkIn, objectIn, textIn } from './resources.ts';

/** The one path that every service has (DSP0266 6.2); all others are links. */
export const ROOT = '/redfish/v1/';
const BASE_HEADERS = {
  accept: 'application/json',
  // With compression the ETags of some BMCs are those of other bytes.
  'accept-encoding': 'identity',
  'odata-version': '4.0',
};
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;
const CLOSE_TIMEOUT_MS = 5000;
const KEPT_SECRETS = 32;

type Login = { by: 'none' } | { by: 'basic' } | { by: 'session'; token: string; path: string | null };

interface Change {
  body?: object;
  if_match?: string | null;
  /** True: to do it twice does no harm. */
  repeatable?: true;
}

/** Requests to one BMC, one at a time, as somebody who has logged in. */
export class RedfishSession {
  readonly name: string;
  readonly #http: Http;
  readonly #info: RedfishInfo;
  readonly #clock: Clock;
  readonly #log: DriverContext['log'];
  readonly #options: RedfishOptions;
  readonly #turns = new OneAtATime();
  /** Passwords that were sent, newest last: BMCs repeat values that they refuse. */
  readonly #sent = new Set<string>();
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

  /** The path of a link that the BMC gave. @throws DriverError `rejected` when it leads to another host */
  pathOf(link: string): string {
    return this.#http.pathOf(link);
  }

  /** Sends one request when it is its turn. @throws DriverError, but not for what the BMC answers */
  request(method: Method, path: string, change: Change, call: Call): Promise<HttpReply> {
    call.waiting = { code: 'timeout', what: 'The BMC was busy with other requests.' };
    this.#remember(change.body);
    return this.#turns.run(call.signal, async () => {
      const login = await this.#logIn(call);
      const reply = await this.#send(method, path, change, login, call);
      if (reply.status !== 401 || login.by !== 'session') return reply;
      // The session has expired, or the BMC has restarted: once more, with another one.
      this.#login = null;
      return await this.#send(method, path, change, await this.#logIn(call), call);
    });
  }

  /** Sends a body that can be sent once, with POST, when it is its turn; what was read just before has proved the session. */
  push(path: string, { content_type, length, body }: PushBody, call: Call): Promise<HttpReply> {
    return this.#turns.run(call.signal, async () => {
      const credentials = this.#credentials(await this.#logIn(call));
      const headers = { ...BASE_HEADERS, ...credentials, 'content-type': content_type };
      return this.#http.sendStream(
        path,
        { headers: { ...headers, 'content-length': String(length) }, body },
        call,
      );
    });
  }

  /** Opens a WebSocket when it is its turn; it then goes on beside later requests. @throws DriverError */
  webSocket(path: string, call: Call): Promise<Duplex> {
    return this.#turns.run(call.signal, async () => {
      const login = await this.#logIn(call);
      const first = await this.#http.webSocket(path, this.#credentials(login), call);
      if ('stream' in first) return first.stream;
      if (first.reply.status !== 401 || login.by !== 'session')
        throw this.refusal(`a WebSocket to ${path}`, first.reply);
      this.#login = null;
      const again = await this.#http.webSocket(path, this.#credentials(await this.#logIn(call)), call);
      if ('stream' in again) return again.stream;
      throw this.refusal(`a WebSocket to ${path}`, again.reply);
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
        : this.refusal(`GET ${ROOT}`, root);
    }
    const path = this.#http.pathOf(sessions);
    const body = { UserName: username, Password: password };
    // A second session, at worst, which expires.
    const reply = await this.#send('POST', path, { body, repeatable: true }, { by: 'none' }, call);
    const token = reply.headers.get('x-auth-token');
    if (isSuccess(reply) && token !== null) return { by: 'session', token, path: this.#sessionPath(reply) };
    // A second try with the same credentials would only bring the account nearer to being locked.
    if (auth_type === 'auto' && reply.status !== 401 && reply.status !== 403) return { by: 'basic' };
    throw this.refusal('a login', reply);
  }

  #sessionPath({ headers, body }: HttpReply): string | null {
    const told_at = headers.get('location') ?? (isObject(body) ? textIn(body, '@odata.id') : null);
    return told_at === null ? null : this.ownPath(told_at);
  }

  /** The path of what may be a full URL with a name that only the BMC knows; null: it is none. */
  ownPath(location: string): string | null {
    if (!URL.canParse(location, this.#info.origin)) return null;
    const { pathname, search } = new URL(location, this.#info.origin);
    return pathname + search;
  }

  /** Sends until there is an answer other than "not now", within the call's time. */
  async #send(
    method: Method,
    path: string,
    { body, if_match, repeatable }: Change,
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
        if (
          !(error instanceof ConnectionError) ||
          error.final ||
          (error.sent && method !== 'GET' && repeatable !== true)
        )
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
      // Some HPE Gen10 Plus give registries compressed or not at all (opendev.org/openstack/sushy, connector.py).
      if (reply.status === 406 && method === 'GET' && 'accept-encoding' in headers) {
        delete headers['accept-encoding'];
        continue;
      }
      if (reply.status !== 503 && reply.status !== 429 && !isNotYet(reply)) return reply;
      const pause_ms = this.retryAfter(reply) ?? wait_ms;
      if (pause_ms >= call.left_ms) throw this.refusal(`${method} ${path}`, reply);
      call.waiting = { code: 'busy', what: 'The BMC is busy.' };
      await call.sleep(pause_ms);
    }
  }

  warn(message: string): void {
    this.#log.warn({ bmc: this.name }, message);
  }

  #credentials(login: Login): Record<string, string> {
    if (login.by === 'none') return {};
    if (login.by === 'session') return { 'x-auth-token': login.token };
    return { authorization: `Basic ${this.#basic()}` };
  }

  #basic(): string {
    return Buffer.from(`${this.#info.username}:${this.#info.password}`).toString('base64');
  }

  /** Milliseconds until it wants to be asked again; null: the BMC says nothing. */
  retryAfter({ headers }: HttpReply): number | null {
    const value = headers.get('retry-after');
    if (value === null) return null;
    if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
    const date_ms = Date.parse(value);
    return Number.isNaN(date_ms) ? null : Math.max(0, date_ms - this.#clock.now());
  }

  /** The error of an answer that is none of success. */
  refusal(what: string, reply: HttpReply): DriverError {
    return refusal(this.name, what, reply, this.secrets());
  }

  #remember(body: object = {}): void {
    const password = textIn(body, 'Password') ?? '';
    if (password === '') return;
    this.#sent.add(password);
    const [oldest] = this.#sent;
    if (this.#sent.size > KEPT_SECRETS && oldest !== undefined) this.#sent.delete(oldest);
  }

  /** What no error and no log may tell. */
  secrets(): string[] {
    const token = this.#login?.by === 'session' ? this.#login.token : '';
    return [this.#info.password, this.#info.username === '' ? '' : this.#basic(), token, ...this.#sent];
  }
}

export function isSuccess({ status }: HttpReply): boolean {
  return status >= 200 && status < 300;
}
