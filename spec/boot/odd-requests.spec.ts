import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type BootServer, startBoot } from '../../boot/server.ts';
import { systemClock } from '../../config/system-clock.ts';

const UUID = '4c4c4544-0000-4010-8000-000000000001';
const HOST = 'Host: x\r\nConnection: close\r\n';

/** Requests as no library sends them: what the answer begins with. */
const ROWS: readonly [what: string, request: string, answer: RegExp][] = [
  [
    'a whole URL of elsewhere that leads out of the folder',
    `GET http://169.254.169.254/images/../secret HTTP/1.1\r\n${HOST}\r\n`,
    /^HTTP\/1\.1 404 /,
  ],
  [
    'a path that leads out of the folder',
    `GET /images/../secret HTTP/1.1\r\n${HOST}\r\n`,
    /^HTTP\/1\.1 404 /,
  ],
  [
    'headers that name another path',
    `GET /images/a HTTP/1.1\r\n${HOST}X-Original-URL: /../secret\r\nX-Rewrite-URL: /../secret\r\n\r\n`,
    /^HTTP\/1\.1 200 [\s\S]*\r\n\r\n0123456789$/,
  ],
  [
    'line breaks in the path and the query',
    `GET /ipxe/x%0d%0aSet-Cookie:%20a?mac=%0d%0aX:1 HTTP/1.1\r\n${HOST}\r\n`,
    /^HTTP\/1\.1 404 (?![\s\S]*set-cookie)/i,
  ],
  [
    'more headers than fit',
    `GET /images/a HTTP/1.1\r\n${HOST}X: ${'a'.repeat(9000)}\r\n\r\n`,
    /^HTTP\/1\.1 431 /,
  ],
  [
    'a body with two lengths',
    `POST /installed?uuid=${UUID} HTTP/1.1\r\n${HOST}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`,
    /^HTTP\/1\.1 400 /,
  ],
  [
    'a body with a length and in chunks',
    `POST /installed?uuid=${UUID} HTTP/1.1\r\n${HOST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    /^HTTP\/1\.1 400 /,
  ],
  ['no host', 'GET /images/a HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['a header with a NUL', `GET /images/a HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`, /^HTTP\/1\.1 400 /],
  ['a folded header', `GET /images/a HTTP/1.1\r\n${HOST}X: a\r\n b\r\n\r\n`, /^HTTP\/1\.1 400 /],
  ['a method to trace with', `TRACE /images/a HTTP/1.1\r\n${HOST}\r\n`, /^HTTP\/1\.1 405 /],
  [
    'a thousand ranges: the whole, once',
    `GET /images/a HTTP/1.1\r\n${HOST}Range: bytes=${'0-0,'.repeat(1000)}1-1\r\n\r\n`,
    /^HTTP\/1\.1 200 [\s\S]*\r\n\r\n0123456789$/,
  ],
  [
    'a range beyond all numbers: the whole',
    `GET /images/a HTTP/1.1\r\n${HOST}Range: bytes=99999999999999999999-\r\n\r\n`,
    /^HTTP\/1\.1 200 [\s\S]*\r\n\r\n0123456789$/,
  ],
];

describe('odd requests to the boot service', () => {
  let folder: string;
  let server: BootServer;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-odd-'));
    await mkdir(join(folder, 'images'));
    await writeFile(join(folder, 'images', 'a'), '0123456789');
    await writeFile(join(folder, 'secret'), 'secret');
    server = await startBoot({
      ...{ host_ip: '127.0.0.1', port: 0, image_path: join(folder, 'images'), clock: systemClock },
      ...{ glance: null, allowed_paths: [], log: { info() {}, warn() {} } },
      facts: { api_url: '', kernel_append_params: '', deploy_kernel: '', deploy_ramdisk: '' },
      store: { nodes: { get: async () => null }, ports: { nodeOf: async () => null } },
    });
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const send = (request: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(request));
      socket.on('data', (data) => {
        answer += data;
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
    });

  for (const [what, request, answer] of ROWS)
    it(what, async () => {
      const answered = await send(request);
      expect(answered).to.match(answer).and.not.contain('secret');
    });
});
