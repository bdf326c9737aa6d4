import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { Certificate } from '../certificate.ts';
import { sendHostileBody } from '../hostile-body.ts';
import type { Machine } from '../machine.ts';
import type { Screen } from '../screen/screen.ts';
import { fateOf, sendBy } from '../wire-fault.ts';
import type { Area, Outcome } from './area.ts';
import { KVM_PATH, KVM_PLACES, Kvm } from './kvm.ts';
import { PATHS } from './paths.ts';
import { carryOut, changeResource } from './redfish-changes.ts';
import { RedfishRefusal } from './redfish-error.ts';
import type { RedfishFaults } from './redfish-faults.ts';
import { resourceAt } from './redfish-resources.ts';
import { RedfishState } from './redfish-state.ts';
import { readBody } from './request-body.ts';
import { Sessions } from './sessions.ts';
import { VENDORS, type Vendor, type VendorName } from './vendors.ts';

const KEPT_REQUESTS = 1000;
const KEEP_ALIVE_MS = 60_000;

export interface RedfishBmcOptions {
  machine: Machine;
  address: string;
  /** 0: any free one. */
  port: number;
  username: string;
  password: string;
  certificate: Certificate;
  /** What its graphical console leads to. Default: it has none. */
  screen?: Screen;
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
  readonly #sessions: Sessions;
  readonly #kvm: Kvm | null;
  #vendor: Vendor | null = null;
  #at_once = 0;
  #exchanges = 0;

  private constructor(options: RedfishBmcOptions) {
    this.state = new RedfishState(options.machine, options);
    this.#sessions = new Sessions(this.state.accounts);
    this.#kvm = options.screen === undefined ? null : new Kvm(options.screen);
    this.state.has_screen = this.#kvm !== null;
    // Such a screen is OpenBMC's.
    this.state.model = this.#kvm === null ? null : 'OpenBmc';
    this.#areas = [
      {
        read: (path) => resourceAt(this.state, this.faults, path),
        write: (path, body) => changeResource(this.state, this.faults, path, body),
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
      this.state.certificates,
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
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
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

  /** Listens at another address, at the same port, as a BMC whose address was set. */
  async moveTo(address: string): Promise<void> {
    const { port } = this.#server.address() as AddressInfo;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, address, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  /** From now on it is one of this maker. */
  become(name: VendorName): void {
    const vendor = VENDORS[name](this.state);
    const { manufacturer, product_name, manager, media } = vendor;
    Object.assign(this.state.machine.identity, { manufacturer, product_name });
    if (manager !== undefined) {
      this.state.model = manager.model;
      this.state.firmware.versions.bmc = manager.version;
    }
    if (media !== undefined) this.state.media = media;
    this.#vendor = vendor;
  }

  /** Viewers of its graphical console. */
  get viewers(): number {
    return this.#kvm?.viewers ?? 0;
  }

  /** As after a restart of its firmware. */
  forgetSessions(): void {
    this.#sessions.forget();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#kvm?.close();
    this.#server.closeAllConnections();
    await closed;
    await this.state.events[Symbol.asyncDispose]();
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
    this.#exchanges += 1;
    const fate = fateOf(this.faults.wire, this.#exchanges);
    if (fate === 'request lost') return void response.destroy();
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
    const { status, headers, body: told } = this.#located(reply);
    sendBy(fate, response, {
      ...{ status, headers: { 'odata-version': '4.0', ...headers } },
      ...(told === undefined ? {} : { body: JSON.stringify(told) }),
    });
  }

  /** The same with its places at another origin, where it tells them so. */
  #located({ status, headers = {}, body }: Reply): Reply {
    const { locations_at: origin } = this.faults;
    const { location } = headers;
    if (origin === undefined || location === undefined)
      return { status, headers, ...(body === undefined ? {} : { body }) };
    const moved = { ...headers, location: origin + location };
    return { status, headers: moved, ...(body === undefined ? {} : { body: elsewhere(body, origin) }) };
  }

  /** A WebSocket to the screen, or an answer that is none. */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {});
    const path = new URL(request.url ?? '/', this.url).pathname;
    this.#note({ method: 'GET', path, credentials: credentialsOf(request), body: null });
    if (this.faults.silent === true) return;
    const { screen_at } = this.faults;
    if (screen_at !== undefined)
      return void socket.end(
        `HTTP/1.1 302 Found\r\nlocation: ${screen_at}${path}\r\ncontent-length: 0\r\n\r\n`,
      );
    try {
      if (this.#kvm === null || path !== KVM_PATH)
        throw new RedfishRefusal(
          404,
          'ResourceMissingAtURI',
          `The resource at the URI ${path} was not found.`,
        );
      this.#sessions.authenticate(request.headers, this.faults);
      this.#kvm.serve(request, socket, head, this.faults.kvm_places ?? KVM_PLACES);
    } catch (error) {
      if (!(error instanceof RedfishRefusal)) throw error;
      socket.end(`HTTP/1.1 ${error.status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    }
  }

  #answer(method: string, path: string, body: JsonObject | null, request: IncomingMessage): Reply {
    this.#refuseWhenBusy();
    if (method === 'POST' && path === PATHS.sessions) return this.#sessions.open(body, this.faults);
    if (path !== PATHS.root && path !== '/redfish/v1')
      this.#sessions.authenticate(request.headers, this.faults);
    this.#vendor?.refuse?.({ method, path, body: body ?? {}, headers: request.headers });
    if (method === 'DELETE') {
      if (this.#sessions.close(path)) return { status: 204 };
      return this.#carryOut(this.#first((area) => area.remove?.(path) ?? null));
    }
    if (method === 'GET') return this.#get(path);
    if (method === 'PATCH') return this.#patch(path, body ?? {}, request);
    if (method === 'POST') return this.#carryOut(this.#first((area) => area.act?.(path, body ?? {}) ?? null));
    throw new RedfishRefusal(405, 'OperationNotAllowed', 'The method is not allowed.');
  }

  #get(path: string): Reply {
    const { redirect_to, links_to, lacks = [] } = this.faults;
    const monitored = this.state.tasks.monitor(path);
    if (monitored !== null) return monitored;
    if (redirect_to !== undefined && path !== PATHS.root)
      return { status: 307, headers: { location: redirect_to + path } };
    const whole = this.#first((area) => area.read(path));
    if (whole === null)
      throw new RedfishRefusal(404, 'ResourceMissingAtURI', `The resource at the URI ${path} was not found.`);
    const shown = this.#vendor?.shows?.(path, whole) ?? whole;
    const resource = Object.fromEntries(Object.entries(shown).filter(([name]) => !lacks.includes(name)));
    const body = links_to === undefined ? resource : elsewhere(resource, links_to);
    const etag = this.#etag(path);
    return { status: 200, body, headers: { etag: this.faults.weak_etags === true ? `W/${etag}` : etag } };
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
    const { area: own } = this.#vendor ?? {};
    for (const area of own === undefined ? this.#areas : [own, ...this.#areas]) {
      const answer = ask(area);
      if (answer !== null) return answer;
    }
    return null;
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
