import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { constants, createGzip } from 'node:zlib';
import type { Clock } from '../lifecycle/clock.ts';

/**
 * Bodies that nobody should send: `drip` a byte now and then; `endless`; `bomb` compressed, endless when unpacked; `deep` of ten
 * thousand levels; of the wrong type; no JSON; an array.
 */
export type HostileBody = 'drip' | 'endless' | 'bomb' | 'deep' | 'wrong type' | 'not JSON' | 'array';

const LEVELS = 10_000;
const DRIP_MS = 20;

/** Sends one. It ends when the client is gone, or never. */
export function sendHostileBody(kind: HostileBody, response: ServerResponse, clock: Clock): void {
  const packed = kind === 'bomb' ? { 'content-encoding': 'gzip' } : {};
  response.writeHead(200, { 'content-type': 'application/json', ...packed });
  const bodies: Partial<Record<typeof kind, string>> = {
    deep: '['.repeat(LEVELS) + ']'.repeat(LEVELS),
    'wrong type': JSON.stringify({
      PowerState: 7,
      Members: 'all',
      Systems: 3,
      Links: [],
      Boot: 'yes',
      Actions: null,
    }),
    'not JSON': '<html>Please log in</html>',
    array: '[]',
  };
  const body = bodies[kind];
  if (body !== undefined) {
    response.end(body);
    return;
  }
  if (kind === 'endless') endless(response);
  else if (kind === 'bomb') {
    const gzip = createGzip({ level: constants.Z_BEST_SPEED });
    gzip.pipe(response);
    response.on('close', () => gzip.destroy());
    endless(gzip);
  } else void drip(response, clock);
}

function endless(sink: Writable): void {
  const piece = 'x'.repeat(65_536);
  sink.write('{"Name":"');
  const more = (): void => {
    while (!sink.destroyed && sink.write(piece));
  };
  sink.on('drain', more);
  more();
}

/** A byte now and then: never silent for long, never at an end. */
async function drip(response: ServerResponse, clock: Clock): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  while (!gone.signal.aborted) {
    response.write(' ');
    await clock.sleep(DRIP_MS, gone.signal).catch(() => undefined); // the client is gone
  }
}
