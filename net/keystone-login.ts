import type { Clock } from '../lifecycle/clock.ts';
import type { Json } from '../lifecycle/json.ts';

/** A service user of Keystone v3, logged in to a project. */
export interface ServiceUser {
  username: string;
  password: string;
  user_domain_name: string;
  project_name: string;
  project_domain_name: string;
}

/** A login that is renewed before it ends: one for all who ask, fetched when first needed. */
export interface KeptLogin<L> {
  current(): Promise<L>;
  /**
   * What `attempt` gets with the login, or, when that is `refused`, with a new one: the token was revoked, or Keystone changed its
   * keys. Whoever sees it first renews; the others use the new one.
   */
  use<T>(attempt: (login: L) => Promise<T>, refused: (answer: T, login: L) => boolean): Promise<T>;
}

/** A token is renewed this long before it ends, so that none runs out on the way. */
const RENEW_BEFORE_MS = 60_000;

/** @param log_in gets a new login; what it throws comes out of `current` and `use`. */
export function keepLogin<L extends { expires_at_ms: number }>(
  clock: Clock,
  log_in: () => Promise<L>,
): KeptLogin<L> {
  let kept: L | null = null;
  let fetching: Promise<L> | null = null;

  async function renew(): Promise<L> {
    kept = await log_in();
    return kept;
  }

  async function current(): Promise<L> {
    if (kept !== null && clock.now() < kept.expires_at_ms - RENEW_BEFORE_MS) return kept;
    fetching ??= renew().finally(() => {
      fetching = null;
    });
    return await fetching;
  }

  return {
    current,
    async use(attempt, refused) {
      const used = await current();
      const answer = await attempt(used);
      if (!refused(answer, used)) return answer;
      if (kept === used) kept = null;
      return attempt(await current());
    },
  };
}

/**
 * The v3 root of an identity service whose URL is given with or without /v3 at its end.
 * @throws Error when the URL cannot be used.
 */
export function v3Root(auth_url: string): string {
  const url = new URL(auth_url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new Error('auth_url must be http or https.');
  if (url.username !== '' || url.password !== '') throw new Error('auth_url must hold no credentials.');
  return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/v3$/, '')}/v3`;
}

/** The body of POST /v3/auth/tokens. */
export function passwordLogin(user: ServiceUser): Json {
  const { username, password, user_domain_name, project_name, project_domain_name } = user;
  return {
    auth: {
      identity: {
        methods: ['password'],
        password: { user: { name: username, domain: { name: user_domain_name }, password } },
      },
      scope: { project: { name: project_name, domain: { name: project_domain_name } } },
    },
  };
}
