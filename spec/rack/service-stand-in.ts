import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Heartbeat {
  uuid: string;
  version: string;
  body: { callback_url: string; agent_token: string; agent_version: string; agent_verify_ca: string };
}

/** What a server in the rack talks to, as small as it can be: boot scripts, look-up, heartbeats, images. */
export interface ServiceStandIn extends AsyncDisposable {
  readonly url: string;
  /** Path → body of GETs; the boot scripts are here. */
  readonly files: Map<string, string | Buffer>;
  readonly heartbeats: Heartbeat[];
  readonly inspections: unknown[];
  /** Paths with queries, in order. */
  readonly requests: string[];
  /** Statuses that the next look-ups and heartbeats get instead of the good one. */
  readonly lookup_statuses: number[];
  readonly heartbeat_statuses: number[];
  token: string;
  node_uuid: string;
  heartbeat_timeout_s: number;
  /** Resolves with heartbeat number `n`, counted from 1. */
  heartbeat(n: number): Promise<Heartbeat>;
}

export async function startServiceStandIn(): Promise<ServiceStandIn> {
  let waiters: (() => void)[] = [];
  const server = createServer(async (request, response) => {
    const { url = '/', method } = request;
    stand_in.requests.push(`${method} ${url}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const reply = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const path = url.split('?')[0] ?? '';
    const file = stand_in.files.get(path);
    if (file !== undefined) response.writeHead(200).end(file);
    else if (url === '/') reply(200, { default_version: { id: 'v1', version: '1.115' } });
    else if (path === '/v1/lookup') {
      const status = stand_in.lookup_statuses.shift() ?? 200;
      const config = { heartbeat_timeout: stand_in.heartbeat_timeout_s, agent_token: stand_in.token };
      reply(status, status === 200 ? { node: { uuid: stand_in.node_uuid }, config } : {});
    } else if (path.startsWith('/v1/heartbeat/')) {
      const status = stand_in.heartbeat_statuses.shift() ?? 202;
      stand_in.heartbeats.push({
        uuid: path.slice('/v1/heartbeat/'.length),
        version: String(request.headers['x-openstack-ironic-api-version']),
        body: JSON.parse(text) as Heartbeat['body'],
      });
      reply(status, {});
      for (const waiter of waiters) waiter();
    } else if (path === '/v1/continue_inspection') {
      stand_in.inspections.push(JSON.parse(text));
      reply(202, { uuid: stand_in.node_uuid });
    } else reply(404, {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stand_in: ServiceStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files: new Map(),
    heartbeats: [],
    inspections: [],
    requests: [],
    lookup_statuses: [],
    heartbeat_statuses: [],
    token: randomBytes(32).toString('base64url'),
    node_uuid: '0b2f3c53-6cdb-4aa9-a3a1-0b5f0a9c1f5e',
    heartbeat_timeout_s: 300,
    heartbeat: async (n) => {
      while (stand_in.heartbeats.length < n)
        await new Promise<void>((resolve) => {
          waiters = [...waiters, resolve];
        });
      return stand_in.heartbeats[n - 1] as Heartbeat;
    },
    [Symbol.asyncDispose]: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
  return stand_in;
}

/** The scripts of a boot service: a chain, and what each server gets. */
export function offerScript(service: ServiceStandIn, uuid: string, ...lines: string[]): void {
  service.files.set(
    '/boot.ipxe',
    ['#!ipxe', 'chain --replace ipxe/$' + '{uuid}?mac=$' + '{net0/mac:hexhyp}', ''].join('\n'),
  );
  service.files.set(`/ipxe/${uuid}`, ['#!ipxe', ...lines, ''].join('\n'));
  service.files.set('/kernel', randomBytes(1000));
  service.files.set('/ramdisk', randomBytes(1000));
}

export function offerAgent(service: ServiceStandIn, uuid: string, ...params: string[]): void {
  offerScript(
    service,
    uuid,
    `kernel ${service.url}/kernel initrd=initrd ipa-api-url=${service.url} ${params.join(' ')}`,
    `initrd --name initrd ${service.url}/ramdisk`,
    'boot',
  );
}

export function offerImage(service: ServiceStandIn, bytes: number): { image_info: object; sha256: string } {
  const image = randomBytes(bytes);
  service.files.set('/image', image);
  const hash = (algorithm: string): string => createHash(algorithm).update(image).digest('hex');
  return {
    sha256: hash('sha256'),
    image_info: {
      id: 'image-1',
      urls: [`${service.url}/image`],
      disk_format: 'raw',
      os_hash_algo: 'sha512',
      os_hash_value: hash('sha512'),
    },
  };
}

export interface AgentReply {
  status: number;
  body: {
    id: string;
    command_status: string;
    command_result: unknown;
    command_error: { type: string; details: string } | null;
    faultstring: string;
    commands: { command_name: string; command_status: string }[];
  };
}

/** Calls an agent as the service does: its certificate must be the one that it sent. */
export async function callAgent(
  heartbeat: Heartbeat,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<AgentReply> {
  const agent = new TlsAgent({ ca: heartbeat.body.agent_verify_ca, keepAlive: false });
  return await new Promise((resolve, reject) => {
    const request = httpsRequest(
      `${heartbeat.body.callback_url}${path}`,
      { method, agent, headers: { 'content-type': 'application/json' } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: JSON.parse(Buffer.concat(chunks).toString() || '{}') as AgentReply['body'],
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Runs a command to its end. */
export async function runCommand(
  service: ServiceStandIn,
  heartbeat: Heartbeat,
  name: string,
  params: object = {},
): Promise<AgentReply> {
  return await callAgent(heartbeat, 'POST', `/v1/commands/?wait=true&agent_token=${service.token}`, {
    name,
    params,
  });
}
