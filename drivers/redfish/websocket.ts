import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocket } from 'ws';

/** A whole update of a screen fits. */
const LONGEST_MESSAGE = 32 * 1024 * 1024;

interface Options {
  headers: Record<string, string>;
  rejectUnauthorized: boolean;
  ca?: string;
}

/**
 * Opens a WebSocket (RFC 6455), whose messages become a stream of bytes; or tells the answer of a server that opens none. Follows
 * no redirects. @throws Error of the connection; the signal's reason
 */
export async function openWebSocket(
  url: string,
  options: Options,
  signal: AbortSignal,
): Promise<{ stream: Duplex } | { status: number; headers: Headers }> {
  signal.throwIfAborted();
  const socket = new WebSocket(url, {
    ...options,
    perMessageDeflate: false,
    maxPayload: LONGEST_MESSAGE,
    followRedirects: false,
  });
  // Errors after the first one are of its end.
  socket.on('error', () => {});
  let stop = (): void => {};
  try {
    return await new Promise((resolve, reject) => {
      stop = () => reject(signal.reason);
      signal.addEventListener('abort', stop);
      socket.once('error', reject);
      socket.once('unexpected-response', (_request, { statusCode = 0, headers }) => {
        socket.terminate();
        resolve({ status: statusCode, headers: new Headers(headers as Record<string, string>) });
      });
      socket.once('open', () => resolve({ stream: createWebSocketStream(socket, { allowHalfOpen: false }) }));
    });
  } catch (error) {
    socket.terminate();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
