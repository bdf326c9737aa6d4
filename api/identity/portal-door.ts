import type { PasswordCheck } from '../openstack/auth/password-check.ts';
import { parseTokenBody } from '../openstack/auth/token-facts.ts';
import { type IdentityDoor, SignInRefused } from '../portal/identity-door.ts';
import type { Directory } from './directory.ts';
import { IdentityError } from './identity-error.ts';
import { login } from './login.ts';
import { rolesIn } from './scopes.ts';
import type { Throttle } from './throttle.ts';
import type { Tokens, ValidToken } from './tokens.ts';
import { tokenView } from './views.ts';

/** What the portal of the same process asks of the embedded Keystone, without HTTP: the browser's address is then known. */
export function portalDoor(parts: {
  directory: () => Promise<Directory>;
  tokens: Tokens;
  throttle: Throttle;
  passwords: PasswordCheck;
}): IdentityDoor {
  const { directory, tokens } = parts;

  async function holderOf(token: string): Promise<ValidToken | null> {
    return tokens.verify(token, await directory());
  }

  return {
    async issue(auth, address) {
      try {
        const issued = await login({ auth }, { ...parts, directory: await directory(), address });
        const facts = parseTokenBody(tokenView(issued.valid, null));
        if (facts === null) throw new Error('The embedded identity service made no token.');
        return { token: issued.token, facts };
      } catch (error) {
        throw refusalOf(error);
      }
    },
    async places(token) {
      const holder = await holderOf(token);
      if (holder === null) throw new SignInRefused(401, 'The request you have made requires authentication.');
      const { projects } = await directory();
      return {
        projects: [...projects.values()]
          .filter((project) => rolesIn(holder.user, { kind: 'project', project }).length > 0)
          .map(({ id, name }) => ({ id, name })),
        system: rolesIn(holder.user, { kind: 'system' }).length > 0,
      };
    },
    async revoke(token) {
      const holder = await holderOf(token);
      if (holder !== null) tokens.revoke(holder);
    },
  };
}

function refusalOf(error: unknown): unknown {
  if (!(error instanceof IdentityError)) return error;
  const { status, message, retry_after_s } = error;
  const known = status === 400 || status === 401 || status === 403 || status === 429;
  return known ? new SignInRefused(status, message, retry_after_s) : error;
}
