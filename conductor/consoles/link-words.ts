import { DRIVER_ERROR_CODES, DriverError } from '../../drivers/contract.ts';
import type { JsonObject } from '../../lifecycle/json.ts';

/** What is asked of the conductor that has a console. */
export type LinkQuestion =
  | { ask: 'attach'; node: string; take_over: boolean }
  /** The answer is its URL; null: none. */
  | { ask: 'keep' | 'release' | 'place'; node: string };

/** By which both ends know each other (RFC 4279); the secret is another one for each start of a conductor. */
export const LINK_IDENTITY = 'kurogane-console';
/** Forward secret, without certificates; RFC 7905. */
export const LINK_CIPHER = 'ECDHE-PSK-CHACHA20-POLY1305';

/** An error as it travels. */
export function errorWords(error: unknown): JsonObject {
  const code = error instanceof DriverError ? error.code : 'rejected';
  return { code, message: error instanceof Error ? error.message : String(error) };
}

export function errorOf(words: JsonObject): DriverError {
  const code = DRIVER_ERROR_CODES.find((known) => known === words.code) ?? 'rejected';
  return new DriverError(code, String(words.message));
}

/** @throws Error: it is no JSON object */
export function wordsIn(body: Buffer): JsonObject {
  const words: unknown = JSON.parse(body.toString('utf8'));
  if (typeof words !== 'object' || words === null || Array.isArray(words))
    throw new Error('The other end of the console link says what is not understood.');
  return words as JsonObject;
}
