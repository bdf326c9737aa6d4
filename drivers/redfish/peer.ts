import { isIP } from 'node:net';
import { connect } from 'node:tls';

/**
 * Whether the certificate that a server shows now names it by another address too. null: it showed none in time.
 *
 * @param ca PEM of the CAs that it is checked with; null: the system's
 */
export async function isNamedBy(
  origin: string,
  ca: string | null,
  address: string,
  signal: AbortSignal,
): Promise<boolean | null> {
  const { hostname, port, protocol } = new URL(origin);
  if (protocol !== 'https:') return true;
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = connect({
    ...{ host, port: Number(port || 443) },
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === null ? {} : { ca }),
  });
  const end = (): void => void socket.destroy();
  signal.addEventListener('abort', end);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed')));
    });
    return socket.getPeerX509Certificate()?.checkIP(address) !== undefined;
  } catch {
    return null;
  } finally {
    signal.removeEventListener('abort', end);
    socket.destroy();
  }
}
