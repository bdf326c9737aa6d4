import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { Agent } from 'undici';
import { systemClock } from '../config/system-clock.ts';
import { openStore } from '../db/open-store.ts';
import { newKeyLine, parseKeyRing } from '../db/secrets.ts';
import type { Store } from '../db/store.ts';
import { leasesOver } from '../gateway/leases.ts';
import { createRedfishGateway } from '../gateway/redfish/gateway.ts';
import { openUpstream } from '../gateway/redfish/upstream.ts';
import { createWatch } from '../gateway/watch.ts';
import { PROVISION_STATES } from '../lifecycle/states.ts';
import { startRedfishRack } from '../rack/redfish/redfish-rack.ts';
import { newNode } from '../spec/builders/records.ts';
import { type BenchService, startBenchService } from './api-service.ts';
import { auditPaths, fillAudit } from './audit.ts';
import { cpuOf } from './cpu.ts';
import { openHttpClient } from './http-client.ts';
import { type BenchOptions, type BenchRow, report } from './report.ts';

/**
 * The life-cycle API over ten thousand servers and a million entries of the audit on MariaDB, the API being a process of its own; and what the gateway adds to a GET of
 * a stand-in BMC, both in this process. The goals: 50 ms at p95, and 5 ms at p50.
 */

const SERVERS = 10_000;
const AT_ONCE = 16;
const TIMES = 100;
const WARM_UPS = 20;
const LIST_GOAL_MS = 50;
const GATEWAY_GOAL_MS = 5;

export async function run(options: BenchOptions): Promise<void> {
  await using service = await startBenchService();
  const keys = parseKeyRing(newKeyLine());
  await using store = await openStore({ connection: service.database_url, keys });
  const middle = await fill(store);
  await fillAudit(service.database_url);
  const pids = { API: service.api_pid, database: await databasePid(service.database_url) };
  const rows = [...(await listRows(service, middle, pids)), ...(await gatewayRows(store))];
  await report('lifecycle', rows, options);
}

/** Servers of every state, zone and vendor. Resolves with the uuid of one in the middle. */
export async function fill(store: Store): Promise<string> {
  let next = 0;
  let middle = '';
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let n = next++; n < SERVERS; n = next++) {
        const provision_state = PROVISION_STATES[n % PROVISION_STATES.length] ?? 'available';
        const node = await store.nodes.create(
          newNode({
            name: `server-${n}`,
            provision_state,
            resource_class: `class-${n % 5}`,
            lessee: `p${n % 40}`,
          }),
        );
        await store.servers.update(node.uuid, {
          ...{ serial_number: `SN${n}`, vendor: `vendor-${n % 3}`, availability_zone: `az-${n % 4}` },
          ...{ product_name: `model-${n % 7}`, rack: `R${n % 300}` },
        });
        if (n === SERVERS / 2) middle = node.uuid;
      }
    }),
  );
  return middle;
}

/** Of the server, which runs on this machine. */
async function databasePid(database_url: string): Promise<number> {
  const client = await createConnection({ uri: database_url });
  try {
    const [[row]] = await client.query<({ file: string } & RowDataPacket)[]>('SELECT @@pid_file AS file');
    return Number(await readFile(row?.file ?? '', 'utf8'));
  } finally {
    await client.end();
  }
}

async function listRows(
  { api_url, token }: BenchService,
  middle: string,
  pids: Readonly<Record<string, number>>,
): Promise<BenchRow[]> {
  await using client = await openHttpClient(api_url, 1, { 'x-auth-token': token });
  const paths: Record<string, string> = {
    'counts of all stages': '/lifecycle/v1/servers/counts',
    'counts of a project': '/lifecycle/v1/servers/counts?project=p7',
    'list of a stage': '/lifecycle/v1/servers?stage=in-use&limit=100',
    'list by name, from the middle': `/lifecycle/v1/servers?sort_key=name&limit=100&marker=${middle}`,
    'list that needs attention': '/lifecycle/v1/servers?attention=true&limit=100',
    'list by flavor, zone and vendor':
      '/lifecycle/v1/servers?flavor=class-1&availability_zone=az-2&vendor=vendor-1',
    'list of a project': '/lifecycle/v1/servers?project=p7&limit=100',
    'search by the start of a uuid': `/lifecycle/v1/servers?search=${middle.slice(0, 8)}`,
    'search by a part of a name': '/lifecycle/v1/servers?search=erver-77',
    'what is in stock': '/lifecycle/v1/stock',
    ...auditPaths(),
  };
  const rows: BenchRow[] = [];
  for (const [name, path] of Object.entries(paths)) {
    const cpu = () => Promise.all(Object.values(pids).map((pid) => cpuOf([pid])));
    const before = await cpu();
    const times = await timed(() => client.ask('GET', path));
    const after = await cpu();
    const each_us = after.map((used, n) => ((used - (before[n] ?? 0)) / (TIMES + WARM_UPS)) * 1e6);
    rows.push(
      row(`${name}, p50`, percentile(times, 0.5), null),
      row(`${name}, p95`, percentile(times, 0.95), LIST_GOAL_MS),
      ...Object.keys(pids).map((process, n) => ({
        ...row(`${name}, CPU of the ${process}`, each_us[n] ?? Number.NaN, null),
        unit: 'µs',
      })),
    );
  }
  return rows;
}

async function gatewayRows(store: Store): Promise<BenchRow[]> {
  await using rack = await startRedfishRack({
    ...{ count: 1, clock: systemClock, boot_url: () => 'http://127.0.0.1:1' },
  });
  const [server] = rack.servers;
  if (server === undefined) throw new Error('The rack is empty.');
  const [username, password] = ['kl-00000001', 'bench-password-1'];
  server.redfish.state.accounts.accounts.push({
    ...{ id: '99', name: username, password, role: 'Operator', enabled: true },
  });
  const node = await store.nodes.create(
    newNode({
      provision_state: 'active',
      lessee: 'bench',
      driver_info: { ...server.redfish_info, redfish_verify_ca: false },
    }),
  );
  await store.bmc_leases.create({
    ...{
      server_uuid: node.uuid,
      project: 'bench',
      side: 'customer',
      access: 'gateway',
      role: 'operator',
      username,
    },
    ...{ bmc: { password }, state: 'active', expires_at: Date.now() + 3_600_000 },
    password_hash: createHash('sha256').update(password).digest('hex'),
  });
  await using upstream = openUpstream();
  await using watch = createWatch((uuids) => leasesOver(store, uuids), systemClock);
  const log = { info: () => {}, warn: () => {} };
  const gateway = createServer(createRedfishGateway({ store, upstream, watch, log, audit: true }));
  gateway.listen(0, '127.0.0.1');
  await once(gateway, 'listening');
  const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  const headers = { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  const get = async (base: string): Promise<void> => {
    const init = { headers, dispatcher } as unknown as RequestInit;
    const answer = await fetch(`${base}/redfish/v1/Systems`, init);
    if (answer.status !== 200) throw new Error(`${base}: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  try {
    const direct = percentile(await timed(() => get(server.redfish.url)), 0.5);
    const through = percentile(await timed(() => get(url)), 0.5);
    return [
      row('Redfish GET of the BMC, p50', direct, null),
      row('Redfish GET through the gateway, p50', through, null),
      row('what the gateway adds, p50', through - direct, GATEWAY_GOAL_MS),
    ];
  } finally {
    await dispatcher.destroy();
    gateway.closeAllConnections();
    gateway.close();
  }
}

/** Milliseconds of each of many requests, one after the other, sorted. */
async function timed(ask: () => Promise<unknown>): Promise<number[]> {
  for (let n = 0; n < WARM_UPS; n++) await ask();
  const times: number[] = [];
  for (let n = 0; n < TIMES; n++) {
    const began = performance.now();
    await ask();
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b);
}

function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

function row(measure: string, value: number, goal: number | null): BenchRow {
  return {
    ...{ measure, value, unit: 'ms', peer: goal === null ? null : 'the goal', peer_value: goal },
    ratio: goal === null ? null : goal / value,
  };
}
