import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Health } from './health.ts';
import type { Metrics } from './metrics.ts';

interface Page {
  status: number;
  type: string;
  text: string;
}

/**
 * The pages for those who watch over a process: /metrics (Prometheus), /healthz (it answers at all) and /readyz (it can
 * take work; 503 with what is missing when it cannot). They name no node and hold no secret.
 */
export function telemetryPages(
  metrics: Pick<Metrics, 'text' | 'content_type'>,
  health: Health,
): RequestListener {
  const pages: Readonly<Record<string, () => Promise<Page> | Page>> = {
    '/metrics': async () => ({ status: 200, type: metrics.content_type, text: await metrics.text() }),
    '/healthz': () => json(200, { status: 'alive' }),
    '/readyz': async () => {
      const { ready, missing } = await health.report();
      return json(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', missing });
    },
  };
  return (request, response) => {
    request.resume();
    answer(request, pages).then(
      (page) => send(request, response, page),
      () => send(request, response, json(500, { status: 'failed' })),
    );
  };
}

async function answer(
  request: IncomingMessage,
  pages: Readonly<Record<string, () => Promise<Page> | Page>>,
): Promise<Page> {
  const [path = ''] = (request.url ?? '').split('?', 1);
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  if (page === undefined) return json(404, { status: 'not found', pages: Object.keys(pages) });
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return json(405, { status: 'method not allowed' });
  return page();
}

function json(status: number, body: object): Page {
  return { status, type: 'application/json', text: `${JSON.stringify(body)}\n` };
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, text }: Page): void {
  const length = Buffer.byteLength(text);
  response.writeHead(status, { 'content-type': type, 'content-length': length, 'cache-control': 'no-store' });
  response.end(request.method === 'HEAD' ? undefined : text);
}
