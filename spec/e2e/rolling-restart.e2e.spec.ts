import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { openStore } from '../../db/open-store.ts';
import { newKeyLine, parseKeyRing } from '../../db/secrets.ts';
import type { Store } from '../../db/store.ts';
import { startKurogane } from '../cli/kurogane-command.ts';
import { FAKE_INTERFACES } from '../conductor/conductor-bench.ts';
import { eventually } from '../services/eventually.ts';
import { freePort } from '../services/free-port.ts';
import type { Child } from '../services/process.ts';
import { testDatabaseUrl, testTransportUrl } from '../services/test-services.ts';

const NODES = 12;
/** What is asked of a node that rests in a state. */
const NEXT: Readonly<Record<string, string>> = {
  enroll: 'manage',
  manageable: 'provide',
  available: 'active',
  active: 'deleted',
};

/** A process that can be ended and started again under the same name. */
interface Service {
  child: Child;
  start(): Promise<Child>;
}

interface Backend extends Service {
  url: string;
  pages_port: number;
  /** As a load balancer sees it: /readyz was green at its last look. */
  up: boolean;
}

describe('a rolling restart of two API processes and two conductors under load', function () {
  this.timeout(180_000);
  let folder: string;
  let store: Store;
  const conductors: Service[] = [];
  const apis: Backend[] = [];
  const over = new AbortController();
  const failures: string[] = [];
  let requests = 0;
  let raised = 0;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-rolling-'));
    const key = newKeyLine();
    const connection = await testDatabaseUrl();
    await writeFile(join(folder, 'secrets.key'), key, { mode: 0o600 });
    store = await openStore({ connection, keys: parseKeyRing(key) });
    await store.upgrade();
    const common = {
      KUROGANE_DEFAULT__AUTH_STRATEGY: 'noauth',
      KUROGANE_DEFAULT__STATE_PATH: folder,
      KUROGANE_DEFAULT__ENABLED_HARDWARE_TYPES: 'fake-hardware',
      KUROGANE_DATABASE__CONNECTION: connection,
      KUROGANE_OSLO_MESSAGING__TRANSPORT_URL: await testTransportUrl(),
      KUROGANE_SECRETS__KEY_FILE: join(folder, 'secrets.key'),
      KUROGANE_CONDUCTOR__HEARTBEAT_INTERVAL: '1',
      KUROGANE_CONDUCTOR__POLL_INTERVAL: '1',
      KUROGANE_API__SHUTDOWN_DELAY: '2',
    };
    const service = async (start: () => Promise<Child>): Promise<Service> => ({
      start,
      child: await start(),
    });
    for (const host of ['first', 'second'])
      conductors.push(
        await service(
          async () => (await startKurogane(['conductor'], { ...common, KUROGANE_DEFAULT__HOST: host })).child,
        ),
      );
    for (const _ of [1, 2]) {
      const [port, pages_port] = [await freePort(), await freePort()];
      const own = { KUROGANE_API__PORT: String(port), KUROGANE_METRICS__PORT: String(pages_port) };
      const started = await service(async () => (await startKurogane(['api'], { ...common, ...own })).child);
      apis.push({ ...started, url: `http://127.0.0.1:${port}`, pages_port, up: true });
    }
    for (let n = 0; n < NODES; n++)
      await store.nodes.create({
        ...{ name: `rolling-${n}`, driver: 'fake-hardware', conductor_group: '' },
        ...FAKE_INTERFACES,
      });
  });
  after(async () => {
    over.abort();
    await Promise.all([...conductors, ...apis].map(({ child }) => child.stop(20_000)));
    await store?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** A load balancer's health check. */
  async function watch(api: Backend): Promise<void> {
    while (!over.signal.aborted) {
      const seen = await ask('GET', `http://127.0.0.1:${api.pages_port}/readyz`).catch(() => null);
      api.up = seen?.status === 200;
      await sleep(100);
    }
  }

  /** One request through the balancer: to one of those that are up. Whatever goes wrong then is a failed request. */
  async function send(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ status: number; body: string }> {
    const up = apis.filter((api) => api.up);
    const api = up[requests % up.length];
    requests += 1;
    try {
      if (api === undefined) throw new Error('no API is up');
      const answer = await ask(method, api.url + path, body);
      if (answer.status >= 500) throw new Error(`${answer.status} ${answer.body}`);
      return answer;
    } catch (error) {
      failures.push(`${method} ${path}: ${error instanceof Error ? error.message : error}`);
      return { status: 0, body: '{}' };
    }
  }

  async function load(name: string): Promise<void> {
    while (!over.signal.aborted) {
      const { body } = await send('GET', `/v1/nodes/${name}`);
      const node = JSON.parse(body) as { provision_state?: string; reservation?: string | null };
      const target = NEXT[node.provision_state ?? ''];
      if (target !== undefined && node.reservation === null) {
        const { status } = await send('PUT', `/v1/nodes/${name}/states/provision`, { target });
        if (status === 202) raised += 1;
        else failures.push(`${name}: ${target} was answered ${status}`);
      }
      await sleep(50);
    }
  }

  /** SIGTERM, and up again. */
  async function restart(service: Service): Promise<void> {
    const { code } = await service.child.stop(40_000);
    expect(code, service.child.output()).to.equal(0);
    service.child = await service.start();
  }

  it('fails no request and no job', async () => {
    const loads = Array.from({ length: NODES }, (_, n) => load(`rolling-${n}`));
    const watches = apis.map(watch);
    for (const service of [...conductors, ...apis]) {
      const before = raised;
      await restart(service);
      // Work goes on between the restarts.
      await eventually(async () => expect(raised).to.be.greaterThan(before + NODES), 30_000);
      await eventually(async () => expect(apis.every(({ up }) => up)).to.equal(true), 30_000);
    }
    over.abort();
    await Promise.all([...loads, ...watches]);
    expect(failures).to.deep.equal([]);
    await eventually(async () => {
      const nodes = await store.nodes.list();
      expect(nodes.every(({ reservation }) => reservation === null)).to.equal(true);
      expect(nodes.map(({ provision_state }) => NEXT[provision_state])).to.not.include(undefined);
    }, 30_000);
    const failed = await store.jobs.list({ where: { state: ['failed', 'cancelled'] } });
    expect(failed.map(({ kind, error }) => `${kind}: ${error?.message}`)).to.deep.equal([]);
    expect(await store.jobs.backlog()).to.deep.equal([]);
    expect(raised).to.be.greaterThan(4 * NODES);
  });
});

/** One request on a connection of its own. */
function ask(method: string, url: string, body?: object): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'x-openstack-ironic-api-version': '1.82' };
    const asked = request(url, { method, headers, agent: false, timeout: 30_000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
      answer.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
