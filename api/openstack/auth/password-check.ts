import { createHmac, randomBytes } from 'node:crypto';
import { compare, getRounds } from 'bcryptjs';
import { serviceError } from '../../../lifecycle/errors.ts';
import { createBoundedMap } from './bounded-map.ts';

/** Compares passwords with bcrypt hashes. */
export interface PasswordCheck {
  /**
   * Whether `password` belongs to `password_hash`. A null hash (unknown user) costs one comparison of `cost` and is false.
   * @throws ServiceError ServiceUnavailable when too many comparisons wait already.
   */
  matches(password: string, password_hash: string | null, cost: number): Promise<boolean>;
}

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const MIN_COST = 4;
const MAX_COST = 15;
const USUAL_COST = 12;
const MAX_REMEMBERED = 1000;
const MAX_WAITING = 64;
const MAX_AT_ONCE = 2;

/**
 * A check that remembers verified pairs, so that bcrypt is not paid per request: at most 1000, keyed by an HMAC under a
 * key of this process over the password and the hash, so that a new hash forgets the old password.
 */
export function createPasswordCheck(): PasswordCheck {
  const key = randomBytes(32);
  const verified = createBoundedMap<true>(MAX_REMEMBERED);
  const waiting: (() => void)[] = [];
  let running = 0;

  async function takeTurn(): Promise<void> {
    if (running < MAX_AT_ONCE) {
      running += 1;
      return;
    }
    if (waiting.length >= MAX_WAITING) {
      throw serviceError('ServiceUnavailable', { why: 'Too many logins at once; try again in a moment.' });
    }
    // The turn is handed over: `running` stays as it is.
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function endTurn(): void {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }

  return {
    async matches(password, password_hash, cost) {
      const pair =
        password_hash === null
          ? null
          : createHmac('sha256', key).update(password_hash).update('\0').update(password).digest('base64');
      if (pair !== null && verified.get(pair) === true) return true;
      await takeTurn();
      try {
        const equal = await compare(password, password_hash ?? unusableHash(cost));
        if (pair === null || !equal) return false;
        verified.set(pair, true);
        return true;
      } finally {
        endTurn();
      }
    },
  };
}

/** True for a bcrypt hash ($2a$, $2b$ or $2y$) whose cost is bearable. */
export function isPasswordHash(text: string): boolean {
  const cost = Number(BCRYPT.exec(text)?.[1] ?? 0);
  return cost >= MIN_COST && cost <= MAX_COST;
}

/** The highest cost among `hashes`: what a wrong guess at a user's name must cost too. */
export function highestCost(hashes: readonly string[]): number {
  return hashes.length === 0 ? USUAL_COST : Math.max(...hashes.map(getRounds));
}

/** Well formed, but the hash of nothing that anybody knows. */
function unusableHash(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;
}
