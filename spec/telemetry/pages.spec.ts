import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { systemClock } from '../../config/system-clock.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import { createHealth, type Health } from '../../telemetry/health.ts';
import { createMetrics, type Metrics } from '../../telemetry/metrics.ts';
import { telemetryPages } from '../../telemetry/pages.ts';

describe('telemetry pages', () => {
  let metrics: Metrics;
  let health: Health;
  let server: Server;
  let url: string;
  /** Sleeps that end at once: a dependency that is silent is overdue. */
  const hasty: Clock = { ...systemClock, sleep: async () => {} };

  beforeEach(async () => {
    metrics = createMetrics(systemClock);
    health = createHealth(systemClock);
    await serve();
  });
  afterEach(async () => {
    metrics[Symbol.dispose]();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  async function serve(): Promise<void> {
    server = createServer((request, response) => telemetryPages(metrics, health)(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function readiness(): Promise<{ status: number; missing: Record<string, string> }> {
    const answer = await fetch(`${url}/readyz`);
    const { missing } = (await answer.json()) as { missing: Record<string, string> };
    return { status: answer.status, missing };
  }

  it('are alive before they are ready, and ready no more when the end has begun', async () => {
    expect((await fetch(`${url}/healthz`)).status).to.equal(200);
    expect(await readiness()).to.deep.equal({
      status: 503,
      missing: { process: 'The process is starting.' },
    });
    health.enter('ready');
    expect(await readiness()).to.deep.equal({ status: 200, missing: {} });
    health.enter('ending');
    expect(await readiness()).to.deep.equal({ status: 503, missing: { process: 'The process is ending.' } });
  });

  it('name each dependency that is missing; only required ones count', async () => {
    health.enter('ready');
    let bus: string | null = 'away';
    health.depends({ name: 'bus', required: false, missing: () => bus });
    health.depends({ name: 'well', required: true, missing: async () => null });
    expect(await readiness()).to.deep.equal({ status: 200, missing: { bus: 'away' } });
    health.depends({
      name: 'database',
      required: true,
      missing: async () => {
        throw new Error('mysql://user:password@host');
      },
    });
    bus = null;
    expect(await readiness()).to.deep.equal({
      status: 503,
      missing: { database: 'Cannot be checked: the log says more.' },
    });
  });

  it('do not wait for a dependency that stays silent, and ask it once for all who wait', async () => {
    let asked = 0;
    health = createHealth(hasty);
    health.enter('ready');
    health.depends({
      name: 'silent',
      required: true,
      missing: () => {
        asked++;
        return new Promise(() => {});
      },
    });
    const answers = await Promise.all([health.report(), health.report()]);
    expect(answers[0]).to.deep.equal({ ready: false, missing: { silent: 'No answer in 2 s.' } });
    expect(asked).to.equal(1);
  });

  it('refuse other paths and methods', async () => {
    expect((await fetch(`${url}/`)).status).to.equal(404);
    expect((await fetch(`${url}/constructor`)).status).to.equal(404);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).to.equal(405);
    const head = await fetch(`${url}/metrics`, { method: 'HEAD' });
    expect([head.status, await head.text()]).to.deep.equal([200, '']);
  });

  it('count requests under words that clients cannot choose', async () => {
    metrics.requestEnded({
      operation: 'listNodes',
      method: 'GET',
      status: 200,
      duration_s: 0.02,
      request_id: 'req-1',
    });
    metrics.requestEnded({
      operation: null,
      method: 'BREW',
      status: 404,
      duration_s: 0.01,
      request_id: 'req-1',
    });
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get('content-type')).to.match(/^text\/plain; version=0\.0\.4/);
    const text = await answer.text();
    expect(text).to.contain('kurogane_api_requests_total{operation="listNodes",method="GET",status="200"} 1');
    expect(text).to.contain(
      'kurogane_api_requests_total{operation="unmatched",method="other",status="404"} 1',
    );
    expect(text).to.match(
      /^kurogane_api_request_duration_seconds_bucket\{le="0.025",operation="listNodes"\} 1$/m,
    );
    expect(text).to.match(/^process_resident_memory_bytes \d+$/m);
    expect(text).to.match(/^kurogane_event_loop_utilization_ratio /m);
  });

  it('leave out a value that cannot be read, and show the rest', async () => {
    const facts = { help: 'h', labels: [] as const };
    metrics.gauge({ ...facts, name: 'broken', read: () => Promise.reject(new Error('away')) });
    metrics.gauge({ ...facts, name: 'whole', read: () => [{ labels: {}, value: 7 }] });
    const text = await metrics.text();
    expect(text).to.not.match(/^broken/m);
    expect(text).to.match(/^whole 7$/m);
  });
});
