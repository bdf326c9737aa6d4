import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isIPv6 } from 'node:net';
import type { Store } from '../db/store.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { ServiceError } from '../lifecycle/errors.ts';
import type { NodeRecord } from '../lifecycle/records.ts';
import { createCallLimit } from '../net/call-limit.ts';
import { sendBootFile } from './boot-files.ts';
import { type BootIsos, createBootIsos, type IsoLoaders } from './boot-iso.ts';
import { sendDeployImage } from './deploy-images.ts';
import type { ImageCache } from './image-cache.ts';
import { sendImage } from './images.ts';
import { answerInstall, type InstallStore } from './installs.ts';
import { type IsoSource, sendIso } from './isos.ts';
import { type NewServers, newServerScript, stageScript } from './new-servers.ts';
import { createRackPace } from './rack-pace.ts';
import { type RunTimeScripts, sendRunTimeScript } from './run-time-scripts.ts';
import { type BootFacts, chainScript, maybeProfile, nodeScript, unknownServerScript } from './script.ts';
import type { Sources } from './send-source.ts';
import { createSender } from './sender.ts';

export interface BootServerOptions extends Omit<Sources, 'sender' | 'pace' | 'cache'> {
  host_ip: string;
  /** 0: any free one. */
  port: number;
  /** Folder of the files under /images. */
  image_path: string;
  facts: BootFacts;
  store: { nodes: Pick<Store['nodes'], 'get'>; ports: Pick<Store['ports'], 'nodeOf'> };
  /** Has servers register that nobody knows, or that failed to. Default: they boot from their disk. */
  registration?: NewServers | null;
  /** Under /scripts. Default: there are none. */
  scripts?: RunTimeScripts;
  /** What loads a kernel from a CD. Default: nothing does, and there are no CDs. */
  loaders?: IsoLoaders;
  /** The boot service as servers reach it; '', the default: at its own address. */
  http_url?: string;
  /** What servers tell of their installation. Default: nobody listens. */
  installs?: InstallStore;
  /** Images that were brought, under /isos. Default: there are none. */
  uploads?: IsoSource;
  limits?: BootLimits;
  /** Where images of Glance are kept; the caller closes it. Default: nowhere. */
  cache?: ImageCache | null;
  clock: Pick<Clock, 'monotonic' | 'sleep'>;
  log: BootLog;
}

/** What one address and one rack may have; 0, the default: as much as they like. */
export interface BootLimits {
  /** Questions of one address: all but files. */
  calls_per_minute: number;
  /** Files to one rack: the servers whose addresses agree in `rack_prefix` bits. */
  rack_bandwidth_mib_s: number;
  rack_prefix: number;
}

export interface BootLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export interface BootServer extends AsyncDisposable {
  /** `http://address:port` */
  readonly url: string;
}

interface Serving extends Omit<BootServerOptions, 'cache'>, Sources {
  own_url: string;
  isos: BootIsos | null;
  /** @throws TooManyRequests */
  admit(address: string): void;
}

const NO_LIMITS: BootLimits = { calls_per_minute: 0, rack_bandwidth_mib_s: 0, rack_prefix: 24 };

/** Whole requests and idle connections end; a download lasts as long as its bytes flow. */
const LIMITS = {
  headers_ms: 10_000,
  request_ms: 15_000,
  idle_ms: 60_000,
  connections: 4096,
  header_bytes: 8192,
};

/**
 * Starts the boot service: `/boot.ipxe`, `/ipxe/{uuid}?mac=`, `/images/*`, `/scripts/*`, `/boot-files/{uuid}/{file}`,
 * `/boot-iso/{uuid}.iso` and `/deploy-images/{uuid}/{token}`. What a server on the provisioning network
 * tells of its installation is recorded; nothing else that it sends changes anything.
 */
export async function startBoot(options: BootServerOptions): Promise<BootServer> {
  const { clock, limits = NO_LIMITS } = options;
  const pace = createRackPace(clock, {
    bandwidth_mib_s: limits.rack_bandwidth_mib_s,
    prefix: limits.rack_prefix,
  });
  const serving: Serving = {
    ...options,
    own_url: '',
    isos: null,
    cache: options.cache ?? null,
    pace,
    sender: createSender(pace),
    admit: createCallLimit(clock, limits.calls_per_minute),
  };
  const server = createServer({ maxHeaderSize: LIMITS.header_bytes }, (request, response) => {
    answer(serving, request, response).catch((error: unknown) => {
      fail(serving, request, response, error);
    });
  });
  server.headersTimeout = LIMITS.headers_ms;
  server.requestTimeout = LIMITS.request_ms;
  server.keepAliveTimeout = 5_000;
  server.maxConnections = LIMITS.connections;
  server.setTimeout(LIMITS.idle_ms);
  await listen(server, options.host_ip, options.port);
  const { port } = server.address() as AddressInfo;
  const host = isIPv6(options.host_ip) ? `[${options.host_ip}]` : options.host_ip;
  serving.own_url = `http://${host}:${port}`;
  const { facts, loaders, store } = options;
  if (loaders !== undefined)
    serving.isos = createBootIsos({ store, facts, loaders, own_url: () => serving.own_url });
  return {
    url: serving.own_url,
    async [Symbol.asyncDispose]() {
      await close(server);
      await serving.isos?.[Symbol.asyncDispose]();
    },
  };
}

async function answer(options: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const { installs, sender } = options;
  if (!isFile(path)) options.admit(request.socket.remoteAddress ?? '');
  if (installs !== undefined && (await answerInstall(installs, { path, query }, request, response))) return;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD', 'content-type': 'text/plain' }).end('GET and HEAD only.\n');
    return;
  }
  if (path === '/boot.ipxe') return sendScript(request, response, chainScript());
  if (path.startsWith('/images/'))
    return await sendImage(options.image_path, path.slice('/images/'.length), sender, request, response);
  const { registration = null, scripts = null } = options;
  if (scripts !== null && (await sendRunTimeScript(scripts, path, request, response))) return;
  const { uploads } = options;
  if (uploads !== undefined && (await sendIso(uploads, path, sender, request, response))) return;
  if (await sendDeployImage(options, path, request, response)) return;
  if (await sendBootFile(options, path, request, response)) return;
  if (await options.isos?.send(path, sender, request, response)) return;
  const server_uuid = /^\/ipxe(?:\/([0-9a-fA-F-]{0,36}))?$/.exec(path);
  if (server_uuid === null) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found.\n');
    return;
  }
  const mac = parseMac(new URLSearchParams(query).get('mac'));
  const node = await findNode(options.store, (server_uuid[1] ?? '').toLowerCase(), mac);
  options.log.info(
    {
      mac,
      system_uuid: server_uuid[1],
      node: node?.uuid ?? null,
      provision_state: node?.provision_state ?? null,
    },
    node === null ? 'A server that no node describes asked what to boot.' : 'A server asked what to boot.',
  );
  const kexec =
    scripts !== null && node !== null && maybeProfile(node)
      ? await stageScript(scripts, 'kexec.sh', options.http_url || options.own_url)
      : null;
  const found =
    registration === null
      ? null
      : await newServerScript(registration, options.facts, options.own_url, node, mac);
  sendScript(
    request,
    response,
    found ?? (node === null ? unknownServerScript() : nodeScript(node, options.facts, mac, kexec)),
  );
}

/** Files are held back by the rack's share, and a server may fetch one in many parts. */
const isFile = (path: string): boolean => /^\/(images|deploy-images|boot-files|boot-iso|isos)\//.test(path);

/** By the address of a port; then by the system's UUID, for nodes that were created with it. */
async function findNode(
  store: BootServerOptions['store'],
  system_uuid: string,
  mac: string | null,
): Promise<NodeRecord | null> {
  // Most nodes are found by both: one way to the database, not two.
  const [by_port, by_uuid] = await Promise.all([
    mac === null ? null : store.ports.nodeOf(mac),
    UUID.test(system_uuid) ? store.nodes.get(system_uuid) : null,
  ]);
  return by_port === null || by_port === by_uuid?.uuid ? by_uuid : await store.nodes.get(by_port);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `aa:bb:cc:dd:ee:ff` from the notations with colons, hyphens and iPXE's `01-` prefix; null when it is none. */
export function parseMac(value: string | null): string | null {
  const plain = (value ?? '').toLowerCase().replaceAll('-', ':');
  const address = plain.length === 20 && plain.startsWith('01:') ? plain.slice(3) : plain;
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(address) ? address : null;
}

function sendScript(request: IncomingMessage, response: ServerResponse, script: string): void {
  response.writeHead(200, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(script),
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : script);
}

/** 429 for who asks too often, 503 for all that went wrong: iPXE asks again. The cause is in the log only. */
function fail(
  options: BootServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
): void {
  if (response.destroyed || request.destroyed) return;
  if (error instanceof ServiceError && error.code === 'TooManyRequests') {
    response.writeHead(429, { 'content-type': 'text/plain', 'retry-after': '10' }).end('Not so often.\n');
    return;
  }
  options.log.warn({ url: withoutToken(request.url ?? ''), err: error }, 'A boot request failed.');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(503, { 'content-type': 'text/plain', 'retry-after': '10' }).end('Try again.\n');
}

/** The token of a deployment's image is a secret. */
function withoutToken(url: string): string {
  return url.replace(/^(\/deploy-images\/[^/]*\/|\/isos\/).*/, '$1***');
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Lets running downloads go on for at most five seconds. */
async function close(server: Server): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), 5_000);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearTimeout(cut);
}
