import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { freePort } from '../services/free-port.ts';
import { startKurogane } from './kurogane-command.ts';

describe('metrics and health of kurogane serve', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-telemetry-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('are on a listener of their own', async () => {
    const port = await freePort();
    const { child, url } = await startKurogane(['serve'], {
      KUROGANE_DEFAULT__STATE_PATH: folder,
      KUROGANE_DEFAULT__AUTH_STRATEGY: 'noauth',
      KUROGANE_API__PORT: '0',
      KUROGANE_BOOT__PORT: '0',
      KUROGANE_METRICS__PORT: String(port),
    });
    try {
      const watched = `http://127.0.0.1:${port}`;
      const ready = await fetch(`${watched}/readyz`);
      expect([ready.status, await ready.json()]).to.deep.equal([200, { status: 'ready', missing: {} }]);
      expect((await fetch(`${watched}/healthz`)).status).to.equal(200);
      expect((await fetch(`${url}/v1/nodes`)).status).to.equal(200);
      expect((await fetch(`${url}/metrics`)).status).to.equal(404);
      const text = await (await fetch(`${watched}/metrics`)).text();
      expect(text).to.contain(
        'kurogane_api_requests_total{operation="nodes.list",method="GET",status="200"} 1',
      );
      expect(text).to.match(/^kurogane_bus_connected 1$/m);
      expect(text).to.match(/^kurogane_ready 1$/m);
      expect(text).to.match(/^kurogane_database_connections\{state="free"\} 1$/m);
      expect(text).to.match(/^kurogane_conductor_jobs_running 0$/m);
    } finally {
      await child.stop();
    }
  });
});
