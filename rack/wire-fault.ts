import type { ServerResponse } from 'node:http';

/**
 * What a bad network, or a bad web server, does to HTTP, where a connection carries one exchange at a time: every third is `lossy`
 * (the connection breaks before or after the work, in turn) or `malformed` (the answer is none of HTTP); all are `doubled` (each answer
 * comes twice).
 */
export const WIRE_FAULTS = ['lossy', 'malformed', 'doubled'] as const;
export type WireFault = (typeof WIRE_FAULTS)[number];

export type Fate = 'fine' | 'request lost' | 'answer lost' | 'garbage' | 'twice';

const EACH = 3;

/** @param count of the exchanges that there were */
export function fateOf(fault: WireFault | undefined, count: number): Fate {
  if (fault === 'doubled') return 'twice';
  if (fault === undefined || count % EACH !== 0) return 'fine';
  if (fault === 'malformed') return 'garbage';
  return (count / EACH) % 2 === 0 ? 'request lost' : 'answer lost';
}

/** Sends an answer, or what becomes of it. */
export function sendBy(
  fate: Fate,
  response: ServerResponse,
  { status, headers, body }: { status: number; headers: Record<string, string>; body?: string },
): void {
  const { socket } = response;
  if (fate === 'request lost' || fate === 'answer lost' || socket === null) {
    response.destroy();
    return;
  }
  if (fate === 'garbage') {
    socket.end('\x15\x03\x01 no HTTP, and no end of it\r\n');
    return;
  }
  // In one piece, so that nobody can take the second one for the answer to what is asked next.
  if (fate === 'twice') socket.cork();
  response.writeHead(status, headers);
  response.end(body);
  if (fate !== 'twice') return;
  const told = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body ?? '')) });
  const head = told.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`HTTP/1.1 ${status} Again\r\n${head}\r\n${body ?? ''}`);
  socket.uncork();
}
