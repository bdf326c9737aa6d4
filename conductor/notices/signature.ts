import { createHmac } from 'node:crypto';

/**
 * How a webhook's receiver knows that a notice is the service's own, and not one of yesterday: HMAC-SHA-256 over the time and the body, with
 * the secret that both know.
 * @param at_s seconds since 1970, when it is sent
 */
export function signatureHeaders(secret: string, at_s: number, body: string): Record<string, string> {
  const signature = createHmac('sha256', secret).update(`${at_s}.${body}`).digest('hex');
  return { 'x-kurogane-timestamp': String(at_s), 'x-kurogane-signature': `v1=${signature}` };
}
