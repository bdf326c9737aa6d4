import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../lifecycle/clock.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { Certificate } from '../certificate.ts';
import { type HostileBody, sendHostileBody } from '../hostile-body.ts';
import { fateOf, sendBy, type WireFault } from '../wire-fault.ts';

/** What may go wrong at a stand-in BAMPI. */
export interface BampiFaults {
  /** Nothing is answered. */
  silent?: boolean;
  /** Everything is answered with 503. */
  busy?: boolean;
  /** What happens to its answers on their way. */
  wire?: WireFault;
  /** Answers to reads are this instead. */
  body?: HostileBody;
  /** Everything is redirected to this URL. */
  redirect_to?: string;
  /** Power reads that come before the true one. */
  power_reads?: string[];
  /** Tasks are answered without an id. */
  refuses_tasks?: boolean;
  /** New tasks never end. */
  endless?: boolean;
  /** New tasks end with Error and this log. */
  log?: string;
  /** Tasks are forgotten as soon as they are made. */
  forgets?: boolean;
}

export interface BampiServer {
  /** As BAMPI spells it. */
  hostname: string;
  power: 'on' | 'off';
  reboots: number;
  boot_mode: 'PXE' | 'Disabled';
  raid: string | null;
  image: string | null;
  faults: BampiFaults;
}

interface Task extends JsonObject {
  id: string;
  hostname: string;
  taskType: string;
  taskProfile: string;
  options: Json;
  status: string;
  log: string;
}

const MAX_BODY_BYTES = 64 * 1024;
const BASE = '/bampi/api/kddi/v1';

export interface BampiOptions {
  hostnames: readonly string[];
  username: string;
  password: string;
  clock: Clock;
  /** Default: it speaks HTTP. */
  certificate?: Certificate;
}

/** A BAMPI in memory, as far as its public client shows it. Its tasks end with the second look at them. */
export class Bampi implements AsyncDisposable {
  readonly servers: readonly BampiServer[];
  readonly tasks: Task[] = [];
  readonly #authorization: string;
  readonly #http: Server;
  readonly #scheme: 'http' | 'https';
  readonly #looked = new Set<string>();
  readonly #clock: Clock;
  /** Requests that came. */
  requests = 0;

  private constructor({ hostnames, username, password, clock, certificate }: BampiOptions) {
    this.#clock = clock;
    this.servers = hostnames.map((hostname) => ({
      ...{ hostname, power: 'off', reboots: 0, boot_mode: 'Disabled', raid: null, image: null, faults: {} },
    }));
    this.#authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const serve = (request: IncomingMessage, response: ServerResponse): void => {
      this.#serve(request, response).catch(() => response.destroy());
    };
    this.#http = certificate === undefined ? createServer(serve) : createTlsServer(certificate, serve);
    this.#scheme = certificate === undefined ? 'http' : 'https';
  }

  /** Starts listening on the loopback. */
  static async start(options: BampiOptions): Promise<Bampi> {
    const bampi = new Bampi(options);
    await new Promise<void>((resolve, reject) => {
      bampi.#http.once('error', reject);
      bampi.#http.listen(0, '127.0.0.1', resolve);
    });
    return bampi;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://bampi');
    const body = await readJson(request);
    this.requests += 1;
    const path = url.pathname.startsWith(BASE) ? url.pathname.slice(BASE.length) : '';
    const server = this.#serverOf(path, url, body);
    const { faults = {} } = server ?? this.servers.find((each) => Object.keys(each.faults).length > 0) ?? {};
    if (faults.silent) return;
    const fate = fateOf(faults.wire, this.requests);
    if (fate === 'request lost') return void response.destroy();
    if (faults.redirect_to !== undefined)
      return void response.writeHead(307, { location: faults.redirect_to + url.pathname }).end();
    if (faults.body !== undefined && request.method === 'GET')
      return sendHostileBody(faults.body, response, this.#clock);
    const send = (status: number, answer: Json = {}) =>
      sendBy(fate, response, {
        ...{ status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) },
      });
    if (faults.busy) return send(503);
    if (request.headers.authorization !== this.#authorization) return send(401);
    if (path === '/servers')
      return send(
        200,
        this.servers.map(({ hostname }) => ({ hostname })),
      );
    if (path === '/tasks' && request.method === 'POST') return send(200, this.#start(body, faults));
    if (path === '/tasks')
      return send(
        200,
        this.tasks.filter((task) => task.hostname === url.searchParams.get('hostname')),
      );
    const [, kind, name = '', what] = path.split('/').map(decodeURIComponent);
    if (kind === 'tasks') {
      const task = this.tasks.find(({ id }) => id === name);
      if (task === undefined) return send(404);
      if (what === 'log') return send(200, { log: task.log });
      this.#look(task);
      return send(200, { status: task.status });
    }
    if (kind !== 'servers' || server === undefined) return send(404);
    if (request.method === 'GET') return send(200, { status: faults.power_reads?.shift() ?? server.power });
    powerBy(server, body.status);
    send(200);
  }

  #serverOf(path: string, url: URL, body: JsonObject): BampiServer | undefined {
    const [, kind, name = ''] = path.split('/').map(decodeURIComponent);
    const hostname = kind === 'servers' ? name : (url.searchParams.get('hostname') ?? body.hostname);
    const of_task = kind === 'tasks' ? this.tasks.find(({ id }) => id === name)?.hostname : undefined;
    // The case matters: clients have to send the name back as it is listed.
    return this.servers.find((server) => server.hostname === (of_task ?? hostname));
  }

  #start(body: JsonObject, faults: BampiFaults): JsonObject {
    if (faults.refuses_tasks) return { message: 'no' };
    const task: Task = {
      id: String(this.tasks.length + 1),
      hostname: String(body.hostname),
      taskType: String(body.taskType),
      taskProfile: String(body.taskProfile),
      options: body.options ?? null,
      status: 'Running',
      log: faults.log ?? 'ok',
    };
    if (!faults.forgets) this.tasks.push(task);
    return { id: task.id };
  }

  #look(task: Task): void {
    const server = this.servers.find(({ hostname }) => hostname === task.hostname);
    const first = !this.#looked.has(task.id);
    this.#looked.add(task.id);
    if (first || task.status !== 'Running' || server === undefined || server.faults.endless) return;
    task.status = server.faults.log === undefined ? 'Success' : 'Error';
    if (task.status === 'Success') EFFECTS[task.taskType]?.(server, task.taskProfile);
  }
}

const EFFECTS: Readonly<Record<string, (server: BampiServer, profile: string) => void>> = {
  change_boot_mode: (server, profile) => {
    server.boot_mode = profile === 'PXE' ? 'PXE' : 'Disabled';
  },
  configure_raid: (server, profile) => {
    server.raid = profile === 'clean_up_conf' ? null : profile;
  },
  restore_os: (server, profile) => {
    server.image = profile;
  },
};

function powerBy(server: BampiServer, status: Json | undefined): void {
  if (status === 'on' || status === 'off') server.power = status;
  if ((status === 'reset' || status === 'cycle') && server.power === 'on') server.reboots += 1;
}

async function readJson(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw new Error('too large');
    chunks.push(chunk);
  }
  return bytes === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString('utf8')) as JsonObject);
}
