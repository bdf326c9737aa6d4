import { hash } from 'node:crypto';
import type { Clock } from '../../../lifecycle/clock.ts';
import { ServiceError, serviceError } from '../../../lifecycle/errors.ts';
import { createBoundedMap } from './bounded-map.ts';
import type { TokenLookup } from './token-authenticator.ts';
import type { TokenFacts } from './token-facts.ts';

interface Entry {
  facts: TokenFacts;
  /** On the monotonic clock: setting the machine's clock back must not stretch it. */
  believed_until: number;
  /** The last question about it got no answer. */
  unanswered: boolean;
}

const MAX_AT_ONCE = 256;
/** While the identity service is away, one token is asked about again after this. */
const ASK_AGAIN_MS = 5000;

/**
 * Puts a cache in front of a look-up. A valid token is believed for `life_s` and never past its own end, so a revocation
 * is seen within `life_s`. Where the look-up says ServiceUnavailable, a token that was valid before goes on until its own
 * end; it is asked about again every 5 s (sooner where `life_s` is less), by one request, while others go on. Look-ups of one token at the same time
 * share one question. Refusals are not kept. Keys are SHA-256 of the tokens: the cache holds no token.
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

  const ended = ({ facts }: Entry): boolean => clock.now() >= facts.expires_at_ms;

  async function ask(key: string, token: string, allow_expired: boolean): Promise<TokenFacts | null> {
    const asked_at = clock.monotonic();
    try {
      const facts = await lookup(token, allow_expired);
      if (facts === null) entries.delete(key);
      else entries.set(key, { facts, believed_until: asked_at + life_s * 1000, unanswered: false });
      return facts;
    } catch (error) {
      const former = entries.get(key);
      if (former === undefined || ended(former) || !isUnavailable(error)) throw error;
      const believed_until = clock.monotonic() + Math.min(ASK_AGAIN_MS, life_s * 1000);
      entries.set(key, { ...former, believed_until, unanswered: true });
      return former.facts;
    }
  }

  return async (token, allow_expired) => {
    const key = hash('sha256', token, 'base64');
    const entry = entries.get(key);
    if (entry !== undefined && !allow_expired && ended(entry)) return null;
    if (entry !== undefined && clock.monotonic() < entry.believed_until) return entry.facts;
    // Whether ended tokens count is part of the question.
    const question = key + (allow_expired ? '+' : '');
    let answer = asking.get(question);
    if (answer !== undefined && entry?.unanswered === true && !ended(entry)) return entry.facts;
    if (answer === undefined) {
      // A flood of unknown tokens must not keep known ones from being validated again.
      if (entry === undefined && asking.size >= MAX_AT_ONCE) {
        throw serviceError('ServiceUnavailable', { why: 'Too many tokens are being validated; try again.' });
      }
      answer = ask(key, token, allow_expired).finally(() => asking.delete(question));
      asking.set(question, answer);
    }
    return await answer;
  };
}

function isUnavailable(error: unknown): boolean {
  return error instanceof ServiceError && error.code === 'ServiceUnavailable';
}
