import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { callApi } from '../../../conductor/inspection-rules/api-call.ts';
import { systemClock } from '../../../config/system-clock.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';

describe('the action api-call', () => {
  let server: Server;
  let seen: { method: string | undefined; url: string | undefined; key: unknown }[];
  let answers: (number | 'silence')[];
  let url: string;
  let slept: number[];
  beforeEach(async () => {
    seen = [];
    slept = [];
    answers = [];
    server = createServer((request, response) => {
      seen.push({ method: request.method, url: request.url, key: request.headers['x-key'] });
      const answer = answers.shift() ?? 200;
      if (answer === 'silence') return;
      response.statusCode = answer;
      response.end('{}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  async function call(args: JsonObject): Promise<string | null> {
    const clock = {
      ...systemClock,
      sleep: async (ms: number) => {
        slept.push(ms);
      },
    };
    return callApi(args, { clock, signal: new AbortController().signal }).then(
      () => null,
      (error: Error) => error.message,
    );
  }

  it('asks with GET and its headers', async () => {
    expect(await call({ url: `${url}/a?b=c`, headers: { 'x-key': 'k' } })).to.equal(null);
    expect(seen).to.deep.equal([{ method: 'GET', url: '/a?b=c', key: 'k' }]);
  });

  it('tries again while the server cannot answer, and no longer than told', async () => {
    answers = [503, 429];
    expect(await call({ url, retries: 2, backoff_factor: 0.5 })).to.equal(null);
    expect(slept).to.deep.equal([0, 1000]);
    answers = [500, 502, 504];
    expect(await call({ url, retries: '1' })).to.contain('HTTP 502');
    expect(seen).to.have.lengthOf(5);
  });

  it('does not repeat what is refused', async () => {
    answers = [404];
    expect(await call({ url: `${url}/secret?token=hunter2`, retries: 3 })).to.match(
      /\/secret failed: HTTP 404/,
    );
    expect(seen).to.have.lengthOf(1);
  });

  it('gives up on a server that is silent', async () => {
    answers = ['silence'];
    expect(await call({ url, timeout: 0.05, retries: 0 })).to.contain('no answer in 0.05 s');
  });

  it('never tells the query of a URL', async () => {
    answers = [404];
    expect(await call({ url: `${url}/x?token=hunter2` })).not.to.contain('hunter2');
  });

  for (const [args, why] of [
    [{ url: 'file:///etc/passwd' }, /http or https/],
    [{ url: 'no url' }, /http or https/],
    [{ url: 'http://127.0.0.1/', timeout: 0 }, /timeout/],
    [{ url: 'http://127.0.0.1/', timeout: 'soon' }, /timeout/],
    [{ url: 'http://127.0.0.1/', retries: -1 }, /retries/],
    [{ url: 'http://127.0.0.1/', headers: 'x' }, /headers/],
  ] as const)
    it(`refuses ${JSON.stringify(args)}`, async () => {
      expect(await call(args)).to.match(why);
    });
});
