import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { eventually } from '../services/eventually.ts';
import { temporaryFolder } from '../services/temporary-folder.ts';
import { startKurogane } from './kurogane-command.ts';

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: { stringValue?: string } }[];
}

/** What a receiver of OTLP over HTTP gets, as JSON. */
interface Export {
  resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
}

describe('traces', function traces() {
  this.timeout(60_000);

  it('lead from the request through job and step to the BMC, under the request id', async () => {
    const spans: Span[] = [];
    const receiver = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      expect(request.url).to.equal('/v1/traces');
      const sent = JSON.parse(Buffer.concat(chunks).toString()) as Export;
      for (const { scopeSpans } of sent.resourceSpans)
        spans.push(...scopeSpans.flatMap((scope) => scope.spans));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
    receiver.listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const folder = await temporaryFolder('kurogane-traces-');
    const { child, url } = await startKurogane(['serve'], {
      KUROGANE_TRACING__ENDPOINT: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`,
      KUROGANE_DEFAULT__STATE_PATH: folder.path,
      KUROGANE_DEFAULT__AUTH_STRATEGY: 'noauth',
      KUROGANE_DEFAULT__ENABLED_HARDWARE_TYPES: 'fake-hardware',
      KUROGANE_API__PORT: '0',
      KUROGANE_BOOT__PORT: '0',
    });
    try {
      const ask = (method: string, path: string, body: object) =>
        fetch(`${url}${path}`, {
          method,
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json', 'x-openstack-ironic-api-version': '1.82' },
        });
      const driver_info = { fake_password: 'hunter2' };
      expect(
        (await ask('POST', '/v1/nodes', { name: 'n', driver: 'fake-hardware', driver_info })).status,
      ).to.equal(201);
      const asked = await ask('PUT', '/v1/nodes/n/states/provision', { target: 'manage' });
      expect(asked.status).to.equal(202);
      const request_id = asked.headers.get('openstack-request-id') ?? '';
      const traceId = request_id.replace('req-', '').replaceAll('-', '');
      const chain = await eventually(async () => {
        const own = spans.filter((span) => span.traceId === traceId);
        const named = (name: RegExp, parent?: Span) =>
          own.find((span) => name.test(span.name) && span.parentSpanId === parent?.spanId);
        const request = named(/^request nodes\.states\.provision$/);
        const job = named(/^job verify$/, request);
        const step = named(/^step \w+\.\w+$/, job);
        const call = named(/^BMC read the power state$/, step);
        if (call === undefined) throw new Error(`Only ${own.map(({ name }) => name).join(', ')}`);
        return [request, job, step, call] as Span[];
      }, 20_000);
      for (const { attributes, startTimeUnixNano, endTimeUnixNano } of chain) {
        const told = Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));
        expect(told.request_id).to.equal(request_id);
        expect(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano)).to.equal(true);
      }
      expect(JSON.stringify(spans)).not.to.contain('hunter2');
    } finally {
      await child.stop();
      receiver.closeAllConnections();
      receiver.close();
      await folder.remove();
    }
  });
});
