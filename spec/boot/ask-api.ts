import type { Json } from '../../lifecycle/json.ts';

/**
 * Asks the bare-metal API as any client does, without authentication.
 * @param path below `/v1/`.
 * @returns the body; null when there is none.
 * @throws Error when the answer is not 2xx: the status and the body.
 */
export async function askApi(api_url: string, method: string, path: string, body?: object): Promise<Json> {
  const reply = await fetch(`${api_url}/v1/${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'x-openstack-ironic-api-version': '1.93' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
  return text === '' ? null : (JSON.parse(text) as Json);
}
