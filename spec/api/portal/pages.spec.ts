import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import express from 'express';
import { contentSecurityPolicy, portalPages } from '../../../api/portal/pages.ts';
import { type TemporaryFolder, temporaryFolder } from '../../services/temporary-folder.ts';

describe("the portal's files", () => {
  let folder: TemporaryFolder;
  let server: Server;

  before(async () => {
    folder = await temporaryFolder('kurogane-portal-pages-');
    await mkdir(join(folder.path, 'assets'));
    await writeFile(join(folder.path, 'index.html'), '<!doctype html>');
    await writeFile(join(folder.path, 'assets', 'a-1234.js'), '');
    const app = express();
    app.use('/portal', portalPages(folder.path, 'wss://gateway.example:6386/console'));
    server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    await new Promise((resolve) => server?.close(resolve));
    await folder?.remove();
  });

  const get = async (path: string): Promise<Response> => {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
    await response.arrayBuffer();
    return response;
  };

  it('come with headers that let nothing in from elsewhere, whatever the path', async () => {
    for (const path of [
      '/portal/',
      '/portal/servers/x/console',
      '/portal/assets/a-1234.js',
      '/portal/assets/none',
    ]) {
      const { headers } = await get(path);
      const policy = Object.fromEntries(
        (headers.get('content-security-policy') ?? '').split('; ').map((one) => {
          const [name = '', ...sources] = one.split(' ');
          return [name, sources];
        }),
      );
      expect(policy, path).to.deep.equal({
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'img-src': ["'self'", 'data:'],
        'font-src': ["'self'"],
        'connect-src': ["'self'", 'wss://gateway.example:6386/console'],
        'manifest-src': ["'self'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
        'object-src': ["'none'"],
      });
      expect(headers.get('x-content-type-options')).to.equal('nosniff');
      expect(headers.get('referrer-policy')).to.equal('no-referrer');
    }
  });

  for (const [address, sources] of [
    [null, "'self'"],
    ['ws://127.0.0.1:6385/console', "'self' ws://127.0.0.1:6385/console"],
    ['wss://[2001:db8::1]/gateway/console', "'self' wss://[2001:db8::1]/gateway/console"],
    // Nothing that is no websocket, and nothing that ends the directive.
    ['https://gateway.example/console', "'self'"],
    [
      "wss://a.example/; script-src 'unsafe-inline'",
      "'self' wss://a.example/%3B%20script-src%20'unsafe-inline'",
    ],
    ['nonsense', "'self'"],
  ] as const)
    it(`lets pages connect to their own service and, of consoles at ${address}, to ${sources}`, () => {
      const [, found] = /connect-src ([^;]*)/.exec(contentSecurityPolicy(address)) ?? [];
      expect(found).to.equal(sources);
    });
});
