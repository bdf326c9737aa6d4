import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import { apiPages } from '../../../api/http/api-pages.ts';

describe('the page of the API', () => {
  let server: Server;
  let base = '';
  before(async () => {
    const app = express();
    app.use('/openapi', apiPages());
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it('is found with and without a slash, and loads nothing from elsewhere', async () => {
    const response = await fetch(`${base}/openapi`);
    expect(response.url).to.equal(`${base}/openapi/`);
    const page = await response.text();
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).to.include("default-src 'none'").and.not.include('unsafe');
    const loaded = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, path]) => String(path));
    expect(loaded).to.have.length(4);
    for (const path of loaded) {
      const asset = await fetch(new URL(path, response.url));
      expect([path, asset.status, new URL(asset.url).origin]).to.deep.equal([path, 200, base]);
      expect((await asset.arrayBuffer()).byteLength).to.be.greaterThan(100);
    }
  });

  it('names the document beside it', async () => {
    const text = await (await fetch(`${base}/openapi/start.js`)).text();
    expect(text).to.include("url: '../openapi.json'").and.include('validatorUrl: null');
  });

  for (const path of ['package.json', '..%2f..%2fpackage.json', 'index.html', 'swagger-ui-bundle.js.map'])
    it(`serves no other file: ${path}`, async () => {
      expect((await fetch(`${base}/openapi/${path}`)).status).to.equal(404);
    });
});
