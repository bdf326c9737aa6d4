import { createHash } from 'node:crypto';
import type { Clock } from '../../../lifecycle/clock.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import { createBoundedMap } from './bounded-map.ts';
import type { TokenLookup } from './token-authenticator.ts';
import type { TokenFacts } from './token-facts.ts';

interface Entry {
  facts: TokenFacts;
  /** On the monotonic clock: setting the machine's clock back must not stretch it. */
  believed_until: number;
}

const MAX_AT_ONCE = 256;

/**
 * Puts a cache in front of a look-up. A valid token is believed for `life_s` and never past its own end, so a revocation
 * is seen within `life_s`. Look-ups of one token at the same time share one question. Refusals are not kept. Keys are
 * SHA-256 of the tokens: the cache holds no token.
 */
export function cachedLookup(options: {
  lookup: TokenLookup;
  life_s: number;
  max_entries: number;
  clock: Clock;
}): TokenLookup {
  const { lookup, life_s, clock } = options;
  const entries = createBoundedMap<Entry>(life_s > 0 ? options.max_entries : 0);
  const asking = new Map<string, Promise<TokenFacts | null>>();

  async function ask(key: string, token: string, allow_expired: boolean): Promise<TokenFacts | null> {
    const asked_at = clock.monotonic();
    const facts = await lookup(token, allow_expired);
    if (facts === null) entries.delete(key);
    else entries.set(key, { facts, believed_until: asked_at + life_s * 1000 });
    return facts;
  }

  return async (token, allow_expired) => {
    const key = createHash('sha256').update(token).digest('base64') + (allow_expired ? '+' : '');
    const entry = entries.get(key);
    if (entry !== undefined && clock.monotonic() < entry.believed_until) {
      if (allow_expired || clock.now() < entry.facts.expires_at_ms) return entry.facts;
      entries.delete(key);
      return null;
    }
    let answer = asking.get(key);
    if (answer === undefined) {
      if (asking.size >= MAX_AT_ONCE) {
        throw serviceError('ServiceUnavailable', { why: 'Too many tokens are being validated; try again.' });
      }
      answer = ask(key, token, allow_expired).finally(() => asking.delete(key));
      asking.set(key, answer);
    }
    return await answer;
  };
}
