import type { IncomingMessage } from 'node:http';
import type { JsonObject } from '../../lifecycle/json.ts';

const MAX_BODY_BYTES = 1024 * 1024;

/** The JSON object of a request, the parts of its form, or its `image`; null: it has none. @throws Error when it is too large */
export async function readBody(request: IncomingMessage): Promise<JsonObject | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) throw new Error('The request is too large.');
    chunks.push(chunk as Buffer);
  }
  if (size === 0) return null;
  const whole = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('multipart/form-data')) return await partsOf(type, whole);
  if (type.startsWith('application/octet-stream')) return { image: whole.toString('utf8') };
  const body: unknown = JSON.parse(whole.toString('utf8'));
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as JsonObject) : null;
}

/** The parts of a form as texts, by name. */
async function partsOf(type: string, whole: Buffer): Promise<JsonObject> {
  const form = await new Response(new Uint8Array(whole), { headers: { 'content-type': type } }).formData();
  const parts: JsonObject = {};
  for (const [name, part] of form) parts[name] = typeof part === 'string' ? part : await part.text();
  return parts;
}
