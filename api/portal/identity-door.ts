import type { JsonObject } from '../../lifecycle/json.ts';
import type { TokenFacts } from '../openstack/auth/token-facts.ts';

/** A token, and what it says. */
export interface Issued {
  token: string;
  facts: TokenFacts;
}

/** Where an account may work: what the portal offers to switch to. */
export interface Places {
  projects: { id: string; name: string }[];
  system: boolean;
}

/** What the portal asks of an identity service: Keystone, or the embedded one of the same process. */
export interface IdentityDoor {
  /**
   * POST /v3/auth/tokens.
   * @param auth the member `auth` of its body.
   * @param address where the request came from: guesses are counted by it.
   * @throws SignInRefused; ServiceError ServiceUnavailable
   */
  issue(auth: JsonObject, address: string): Promise<Issued>;
  /** GET /v3/auth/projects and /v3/auth/system. @throws SignInRefused when the token is good no more */
  places(token: string): Promise<Places>;
  /** Ends a token, as far as the identity service can be reached: it ends by itself. */
  revoke(token: string): Promise<void>;
}

/** The identity service does not let in who asks. The message is the identity service's. */
export class SignInRefused extends Error {
  readonly status: 400 | 401 | 403 | 429;
  readonly retry_after_s: number | null;

  constructor(status: SignInRefused['status'], message: string, retry_after_s: number | null = null) {
    super(message);
    this.name = 'SignInRefused';
    this.status = status;
    this.retry_after_s = retry_after_s;
  }
}
