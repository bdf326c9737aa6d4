import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Store } from '../db/store.ts';
import { INSTALLING } from '../lifecycle/install-state.ts';
import { ipv4Network, netmask, poolOf } from '../lifecycle/ipv4.ts';
import type { JsonObject } from '../lifecycle/json.ts';
import { profileOfServer } from '../lifecycle/server-profile.ts';
import type { ServerFacts, ServerRecord } from '../lifecycle/server-record.ts';
import { renderTemplate } from './template.ts';

export interface InstallStore {
  nodes: Pick<Store['nodes'], 'get'>;
  servers: Pick<Store['servers'], 'get' | 'update'>;
  flavors: Pick<Store['flavors'], 'get'>;
  profiles: Pick<Store['profiles'], 'get'>;
  ip_pools: Pick<Store['ip_pools'], 'list'>;
  jobs: Pick<Store['jobs'], 'wake'>;
  now: Store['now'];
}

interface Answer {
  status: number;
  /** Text is sent as it is. */
  body: JsonObject | string;
}

const NOTE_BYTES = 16 * 1024;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What a booting server asks of itself. */
const QUESTIONS: Readonly<Record<string, (store: InstallStore, server: ServerRecord) => Promise<Answer>>> = {
  '/profile': profileOf,
  '/detail': detailOf,
  '/template': templateOf,
};

/** What it tells of its installation: the note is the body of the request. */
const TELLINGS: Readonly<Record<string, (now: number) => Partial<ServerFacts>>> = {
  '/progress': (now) => ({ progressed_at: now, stalled_at: null }),
  '/installed': (now) => ({ installed_at: now, install_failed_at: null, stalled_at: null }),
  '/failed': (now) => ({ installed_at: null, install_failed_at: now, stalled_at: null }),
};

/**
 * Answers `GET /profile`, `/detail` and `/template`, `POST /installed`, `/failed` and `/progress`, each with `?uuid=` and the system's UUID, from a
 * server that boots; `&field=` asks for one value of an answer, as plain text. It tells of itself only while it is deployed or in use;
 * a deploy that waits for it goes on. False: another path.
 */
export async function answerInstall(
  store: InstallStore,
  url: { path: string; query: string },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const { path } = url;
  const question = QUESTIONS[path];
  const telling = TELLINGS[path];
  if (question === undefined && telling === undefined) return false;
  const send = ({ body, status }: Answer): true => {
    const is_text = typeof body === 'string';
    const type = is_text ? 'text/plain; charset=utf-8' : 'application/json';
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
    response.end(is_text ? body : `${JSON.stringify(body)}\n`);
    return true;
  };
  const allowed = question === undefined ? 'POST' : 'GET';
  if (request.method !== allowed) {
    response.setHeader('allow', allowed);
    return send(refusal(405, `${allowed} only.`));
  }
  const query = new URLSearchParams(url.query);
  const uuid = query.get('uuid')?.toLowerCase() ?? '';
  if (!UUID.test(uuid)) return send(refusal(400, 'uuid: give the system UUID.'));
  const server = await store.servers.get(uuid);
  if (server === null) return send(refusal(404, `No node is server ${uuid}.`));
  if (question !== undefined) {
    const answer = await question(store, server);
    const field = query.get('field');
    if (field === null || answer.status !== 200 || typeof answer.body === 'string') return send(answer);
    const value = Object.hasOwn(answer.body, field) ? (answer.body[field] ?? null) : null;
    if (value === null) return send(refusal(404, `Server ${uuid} has no ${field.slice(0, 64)} in ${path}.`));
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
    response.end(String(value));
    return true;
  }
  const note = await readNote(request);
  if (note === null) return send(refusal(413, `The note has at most ${NOTE_BYTES} bytes.`));
  const changes = { ...telling?.(await store.now()), ...(note === '' ? {} : { install_note: note }) };
  const { provision_state } = server;
  const told = INSTALLING.includes(provision_state)
    ? await store.servers.update(uuid, changes, { provision_state })
    : null;
  if (told === null)
    return send(refusal(409, `Server ${uuid} is ${provision_state}: nothing is installed on it.`));
  // The conductors look for woken jobs.
  if (path !== '/progress') await store.jobs.wake(uuid, ['installed']);
  return send({ status: 200, body: { system_uuid: uuid, provision_state } });
}

const refusal = (status: number, error: string): Answer => ({ status, body: { error } });

const PROFILE = [
  ...(['name', 'kernel', 'initrd', 'cmdline', 'squashfs', 'image', 'image_checksum', 'iso'] as const),
  ...(['install_script', 'template_kind', 'template'] as const),
];

/** The OS that the server boots. */
async function profileOf(store: InstallStore, { uuid }: ServerRecord): Promise<Answer> {
  const profile = await profileOfServer(store, uuid);
  if (profile === null) return noProfile(uuid);
  return {
    status: 200,
    body: { system_uuid: uuid, ...Object.fromEntries(PROFILE.map((field) => [field, profile[field]])) },
  };
}

const noProfile = (uuid: string): Answer => refusal(404, `Server ${uuid} has no flavor with a profile.`);

/** The answers for its installer. */
async function templateOf(store: InstallStore, server: ServerRecord): Promise<Answer> {
  const profile = await profileOfServer(store, server.uuid);
  if (profile === null) return noProfile(server.uuid);
  const { name, template, template_kind } = profile;
  if (template === null || template_kind === null) return refusal(404, `Profile ${name} has no template.`);
  const { body } = await detailOf(store, server);
  const rendered = renderTemplate(template_kind, template, body as JsonObject);
  if ('text' in rendered) return { status: 200, body: rendered.text };
  const known = Object.keys(body).join(', ');
  return refusal(
    409,
    `The template of profile ${name} names ${rendered.unknown.join(', ')}, which no server has. There are: ${known}.`,
  );
}

/** Where the customer reaches it; the BMC's address is not among it. */
async function detailOf(store: InstallStore, server: ServerRecord): Promise<Answer> {
  const { availability_zone, name, serial_number, service_address, uuid, vlan_id } = server;
  const pools = service_address === null ? [] : await store.ip_pools.list({ where: { purpose: 'service' } });
  const pool = service_address === null ? null : poolOf(pools, service_address);
  return {
    status: 200,
    body: {
      ...{ system_uuid: uuid, name, serial_number, availability_zone, service_address },
      netmask: pool === null ? null : netmask(ipv4Network(pool.network)?.prefix ?? 32),
      gateway: pool?.gateway ?? null,
      vlan_id: vlan_id ?? pool?.vlan_id ?? null,
    },
  };
}

/** null: it is too long. */
async function readNote(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > NOTE_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .trim();
}
