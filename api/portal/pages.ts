import { existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import express, { type Router } from 'express';
import sirv from 'sirv';

const SECURITY = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/**
 * Nothing from elsewhere, nothing inside the page, nobody's frame. Styles that scripts set (CSSOM) are not meant by style-src. Consoles are
 * the one connection that may lead to another host: to the address of the gateway's websocket, and no other of it.
 */
export function contentSecurityPolicy(console_address: string | null): string {
  return (
    `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; ` +
    `connect-src 'self'${websocketSource(console_address)}; ` +
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
  );
}

/** What ends a directive, or a policy, is escaped. CSP level 3, 2.3.1 */
function websocketSource(address: string | null): string {
  if (address === null || !URL.canParse(address)) return '';
  const { protocol, host, pathname } = new URL(address);
  if (protocol !== 'ws:' && protocol !== 'wss:') return '';
  return ` ${protocol}//${host}${pathname.replaceAll(';', '%3B').replaceAll(',', '%2C')}`;
}

/** Names under assets/ have a hash of the content in them. */
const FOREVER = 'public, max-age=31536000, immutable';

/**
 * The portal's files, for the mount point /portal: as they were compressed when they were built, every other path answered with the
 * page, whose script knows the paths.
 * @param folder what bin/build-portal.mjs made.
 * @param console_address websocket of consoles; null: nobody serves them.
 */
export function portalPages(folder: string, console_address: string | null): Router {
  const headers = { ...SECURITY, 'Content-Security-Policy': contentSecurityPolicy(console_address) };
  const router = express.Router();
  if (!existsSync(join(folder, 'index.html'))) {
    router.use((_request, response) => {
      response.status(404).type('text').send('The portal was not built. Build it with: npm run build\n');
    });
    return router;
  }
  const serve = sirv(folder, {
    etag: true,
    gzip: true,
    brotli: true,
    setHeaders: (response: ServerResponse, path: string) => {
      response.setHeader('Cache-Control', path.startsWith('/assets/') ? FOREVER : 'no-cache');
    },
  });
  router.use((request, response, next) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (request.method === 'GET' || request.method === 'HEAD') serve(request, response, next);
    else response.status(405).set('Allow', 'GET, HEAD').end();
  });
  router.use((request, response, next) => {
    if (request.path.startsWith('/assets/')) {
      response.status(404).type('text').send('There is no such file.\n');
      return;
    }
    // Every other path is the page's own affair.
    request.url = '/';
    serve(request, response, next);
  });
  return router;
}
