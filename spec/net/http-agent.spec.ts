import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { request } from 'undici';
import { httpAgent, httpProxyAgent } from '../../net/http-agent.ts';

type Framing = 'content-length' | 'chunked' | 'end of the connection';

/** By then a connection on loopback is closed. */
const CLOSED_MS = 200;

/** A server that answers with a head, a little later with all the rest, and closes. */
async function closing(body: Buffer, framing: Framing, told = body.length) {
  const heads: Record<Framing, string> = {
    'content-length': `Content-Length: ${told}\r\n`,
    chunked: 'Transfer-Encoding: chunked\r\n',
    'end of the connection': '',
  };
  const chunk = [`${body.length.toString(16)}\r\n`, body, '\r\n0\r\n\r\n'];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\n${heads[framing]}Connection: close\r\n\r\n`);
      setTimeout(() => {
        for (const part of framing === 'chunked' ? chunk : [body]) socket.write(part);
        socket.end();
      }, 20);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A proxy that opens tunnels. */
async function tunnels() {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (head) => {
      const [, host = '', port = ''] = /^CONNECT ([^:]+):(\d+) /.exec(String(head)) ?? [];
      const other = connect({ host, port: Number(port), allowHalfOpen: true }, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(other);
        other.pipe(socket);
      });
      other.on('error', () => socket.destroy());
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('HTTP from servers that close before they were read', () => {
  const rows = [
    { what: 'one piece', size: 1000 },
    { what: 'what a stream holds', size: 16_384 },
    { what: 'more than that', size: 200_000 },
  ];
  for (const { what, size } of rows)
    for (const framing of ['content-length', 'chunked', 'end of the connection'] satisfies Framing[])
      it(`${what}, ended by ${framing}: the whole answer comes, however late it is read`, async () => {
        await using server = await closing(Buffer.alloc(size, 'a'), framing);
        const agent = httpAgent();
        const response = await fetch(server.url, { dispatcher: agent } as unknown as RequestInit);
        const other = await request(server.url, { dispatcher: agent });
        await sleep(CLOSED_MS);
        expect((await response.text()).length).to.equal(size);
        expect((await other.body.text()).length).to.equal(size);
        await agent.close();
      });

  for (const framing of ['content-length', 'chunked', 'end of the connection'] satisfies Framing[])
    it(`through a proxy, ended by ${framing}: the whole answer comes too`, async () => {
      await using server = await closing(Buffer.alloc(200_000, 'a'), framing);
      await using proxy = await tunnels();
      const agent = httpProxyAgent(proxy.url);
      const response = await fetch(server.url, { dispatcher: agent } as unknown as RequestInit);
      await sleep(CLOSED_MS);
      expect((await response.text()).length).to.equal(200_000);
      await agent.close();
    });

  it('an answer that breaks off is an error', async () => {
    await using server = await closing(Buffer.alloc(100_000, 'a'), 'content-length', 200_000);
    const agent = httpAgent();
    const response = await fetch(server.url, { dispatcher: agent } as unknown as RequestInit);
    await sleep(CLOSED_MS);
    const failure = await response.text().catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(TypeError);
    await agent.destroy();
  });

  it('one that nobody reads is let go', async () => {
    await using server = await closing(Buffer.alloc(100_000, 'a'), 'content-length');
    const agent = httpAgent();
    const response = await fetch(server.url, { dispatcher: agent } as unknown as RequestInit);
    await sleep(CLOSED_MS);
    await agent.destroy();
    expect(await response.text().catch((error: unknown) => error)).to.be.instanceOf(TypeError);
  });
});
