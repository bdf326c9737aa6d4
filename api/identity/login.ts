import { createHash, timingSafeEqual } from 'node:crypto';
import type { PasswordCheck } from '../openstack/auth/password-check.ts';
import type { Directory, Domain, User } from './directory.ts';
import { IdentityError } from './identity-error.ts';
import { findByName, rolesIn, type Scope } from './scopes.ts';
import type { Throttle } from './throttle.ts';
import type { Tokens, ValidToken } from './tokens.ts';

type Fields = Readonly<Record<string, unknown>>;

/** One message for every wrong login: it tells nobody whether the user, the password or the role was wrong. */
const REFUSED = 'The request you have made requires authentication.';

/**
 * Answers POST /v3/auth/tokens (Identity API v3): methods password and token; scope project, domain, system or none. Without
 * a scope the user's default project is taken, where there is one.
 * @param address where the request came from: guesses are counted by it and the account.
 * @throws IdentityError 400, 401 or 429; ServiceError ServiceUnavailable.
 */
export async function login(
  body: unknown,
  parts: {
    directory: Directory;
    tokens: Tokens;
    passwords: PasswordCheck;
    throttle: Throttle;
    address: string;
  },
): Promise<{ token: string; valid: ValidToken }> {
  const { directory, tokens } = parts;
  const auth = fieldsOf(fieldsOf(body, 'body').auth, 'auth');
  const identity = fieldsOf(auth.identity, 'auth.identity');
  const methods = identity.methods;
  if (!Array.isArray(methods) || methods.length !== 1)
    throw bad('auth.identity.methods must name one method');
  const [method] = methods as unknown[];
  if (method === 'password') {
    const user = await byPassword(identity, parts);
    const scope = scopeFor(auth.scope, user, directory);
    return tokens.issue({ user, scope, methods: ['password'] });
  }
  if (method === 'token') {
    const parent = byToken(identity, directory, tokens);
    const scope = scopeFor(auth.scope, parent.user, directory);
    return tokens.issue({
      user: parent.user,
      scope,
      methods: [...new Set(['token', ...parent.methods])],
      parent,
    });
  }
  throw new IdentityError(401, 'The methods of this identity service are password and token.');
}

async function byPassword(
  identity: Fields,
  parts: { directory: Directory; passwords: PasswordCheck; throttle: Throttle; address: string },
): Promise<User> {
  const { directory, passwords, throttle, address } = parts;
  const given = fieldsOf(fieldsOf(identity.password, 'auth.identity.password').user, 'user');
  const password = given.password;
  if (typeof password !== 'string') throw bad('user.password must be text');
  const name = String(given.id ?? given.name ?? '').slice(0, 255);
  const domain = given.id === undefined ? domainFor(given.domain, directory) : null;
  const user = given.id === undefined && domain === null ? null : findByName(directory.users, given, domain);
  const who = `${address} ${user?.id ?? `${domain?.id ?? '?'}/${name}`}`;
  const wait_s = throttle.wait_s(who);
  if (wait_s > 0) {
    throw new IdentityError(429, `Too many wrong passwords: try again in ${wait_s} s.`, wait_s);
  }
  if (user === null || !(await isPassword(user, password, directory, passwords))) {
    if (user === null) await passwords.matches(password, null, directory.cost);
    throttle.failed(who);
    throw new IdentityError(401, REFUSED);
  }
  throttle.succeeded(who);
  return user;
}

async function isPassword(
  user: User,
  password: string,
  directory: Directory,
  passwords: PasswordCheck,
): Promise<boolean> {
  if ('hash' in user.password) {
    return await passwords.matches(password, user.password.hash, directory.cost);
  }
  return timingSafeEqual(digest(password), digest(user.password.plain));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function byToken(identity: Fields, directory: Directory, tokens: Tokens): ValidToken {
  const id = fieldsOf(identity.token, 'auth.identity.token').id;
  const valid = typeof id === 'string' ? tokens.verify(id, directory) : null;
  if (valid === null) throw new IdentityError(401, REFUSED);
  return valid;
}

function scopeFor(given: unknown, user: User, directory: Directory): Scope {
  if (given === undefined) {
    const project = user.default_project;
    const scope: Scope = project === null ? { kind: 'unscoped' } : { kind: 'project', project };
    return rolesIn(user, scope).length > 0 ? scope : { kind: 'unscoped' };
  }
  const scope =
    given === 'unscoped' ? { kind: 'unscoped' as const } : parseScope(fieldsOf(given, 'scope'), directory);
  if (scope === null || (scope.kind !== 'unscoped' && rolesIn(user, scope).length === 0)) {
    throw new IdentityError(401, REFUSED);
  }
  return scope;
}

function parseScope(given: Fields, directory: Directory): Scope | null {
  const kinds = Object.keys(given);
  if (kinds.length !== 1) throw bad('auth.scope must be one of project, domain, system or unscoped');
  if (given.unscoped !== undefined) return { kind: 'unscoped' };
  if (given.system !== undefined) {
    if (fieldsOf(given.system, 'scope.system').all !== true) throw bad('scope.system.all must be true');
    return { kind: 'system' };
  }
  if (given.domain !== undefined) {
    const domain = domainFor(given.domain, directory);
    return domain === null ? null : { kind: 'domain', domain };
  }
  const wanted = fieldsOf(given.project, 'scope.project');
  const domain = wanted.id === undefined ? domainFor(wanted.domain, directory) : null;
  if (wanted.id === undefined && domain === null) return null;
  const project = findByName(directory.projects, wanted, domain);
  return project === null ? null : { kind: 'project', project };
}

function domainFor(given: unknown, directory: Directory): Domain | null {
  return findByName(directory.domains, fieldsOf(given, 'domain'), null);
}

function fieldsOf(value: unknown, place: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw bad(`${place} must be an object`);
}

function bad(why: string): IdentityError {
  return new IdentityError(400, `Expecting a valid authentication request: ${why}.`);
}
