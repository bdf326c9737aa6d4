import type { JsonObject } from '../../lifecycle/json.ts';

/** Largest message in bytes of JSON. Messages name rows; they do not carry them. */
export const MESSAGE_LIMIT = 64 * 1024;

/** The message as it travels, or a sentence that says why it cannot. */
export function encodeMessage(message: JsonObject): Buffer | string {
  try {
    const body = Buffer.from(JSON.stringify(message));
    return body.length > MESSAGE_LIMIT
      ? `a message of ${body.length} bytes is over the limit of ${MESSAGE_LIMIT}`
      : body;
  } catch (error) {
    return `a message is no JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** What came, or null when it is too long or no JSON object. */
export function decodeMessage(body: Buffer): JsonObject | null {
  if (body.length > MESSAGE_LIMIT) return null;
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : null;
  } catch {
    return null;
  }
}
