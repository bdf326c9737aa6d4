import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import type { Logger } from '../../config/logger.ts';
import { ServiceError } from '../../lifecycle/errors.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { isOurs, type PortalDoor, sessionOf } from './admit.ts';
import { type IdentityDoor, type Issued, type Places, SignInRefused } from './identity-door.ts';
import { type PortalSession, setCookie } from './session-cookie.ts';

/** Where to work: the whole system, or a project by its id. */
type Scope = 'system' | { project: string };

type Credentials =
  | { method: 'password'; username: string; password: string; domain: string }
  | { method: 'application_credential'; id: string; secret: string };

const BODY_LIMIT = '16kb';
const LONGEST_WORD = 4096;

/**
 * Sessions of the portal, for a mount point such as /portal/session. The token stays in a sealed cookie that no script can read.
 *
 * GET: `{session}` (null when nobody is signed in). POST: signs in, with a password or an application credential. PUT `{scope}`: another
 * project, or the system. DELETE: signs out. GET /places: where the account may work. Errors: `{error: {message}}`.
 */
export function portalSessions(parts: { door: PortalDoor; identity: IdentityDoor; log: Logger }): Router {
  const { door, identity, log } = parts;
  const router = express.Router();
  router.use((request, response, next) => {
    response.set('Cache-Control', 'no-store').set('Vary', 'Cookie');
    if (isOurs(request, door)) next();
    else response.status(403).json({ error: { message: 'Sessions are for the pages of the portal only.' } });
  });
  router.use(express.json({ limit: BODY_LIMIT }));

  router.get('/', (request, response) => {
    const session = sessionOf(request, door);
    response.json({ session: session === null ? null : view(session) });
  });

  router.post('/', async (request, response) => {
    const credentials = readCredentials(request.body);
    const wanted = readScope(request.body, true);
    const { base, issued } = await signIn(identity, credentials, wanted, addressOf(request));
    answer(response.status(201), issued, base);
  });

  router.put('/', async (request, response) => {
    const session = need(request);
    const scope = readScope(request.body, false);
    if (session.base === null)
      throw new SignInRefused(403, 'The scope of an application credential is the one that it was made in.');
    const auth = { identity: byToken(session.base), scope: scopeBody(scope) };
    answer(response, await identity.issue(auth, addressOf(request)), session.base);
  });

  router.delete('/', async (request, response) => {
    const session = sessionOf(request, door);
    for (const token of session === null ? [] : [session.token, session.base])
      if (token !== null) await identity.revoke(token);
    response.set('Set-Cookie', setCookie('', { secure: door.secure, max_age_s: 0 }));
    response.status(204).end();
  });

  router.get('/places', async (request, response) => {
    const { base, token } = need(request);
    response.json(await identity.places(base ?? token));
  });

  router.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const { status, message, retry_after_s } = shownError(error, log);
    if (retry_after_s !== null) response.set('Retry-After', String(retry_after_s));
    response.status(status).json({ error: { message } });
  });
  return router;

  function need(request: Request): PortalSession {
    const session = sessionOf(request, door);
    if (session === null) throw new SignInRefused(401, 'The session is over: sign in again.');
    return session;
  }

  function answer(response: Response, { token, facts }: Issued, base: string | null): void {
    const session: PortalSession = {
      ...{ token, base },
      user: facts.user_name ?? facts.user_id,
      project:
        facts.project_id === null
          ? null
          : { id: facts.project_id, name: facts.project_name ?? facts.project_id },
      system: facts.system_scope,
      roles: facts.roles,
      expires_at_ms: facts.expires_at_ms,
    };
    const max_age_s = Math.max(0, Math.floor((facts.expires_at_ms - door.clock.now()) / 1000));
    response.set('Set-Cookie', setCookie(door.seal.seal(session), { secure: door.secure, max_age_s }));
    response.json({ session: view(session) });
  }
}

/** Signs in where is wished, or, unwished: to the system, else to the account's own project, else to its first. */
async function signIn(
  identity: IdentityDoor,
  credentials: Credentials,
  wanted: Scope | null,
  address: string,
): Promise<{ issued: Issued; base: string | null }> {
  // The scope of an application credential is the one that it was made in.
  if (credentials.method === 'application_credential')
    return { issued: await identity.issue({ identity: byCredential(credentials) }, address), base: null };
  const first = await identity.issue({ identity: byPassword(credentials), scope: 'unscoped' }, address);
  const places = await identity.places(first.token);
  const scope = choose(places, wanted);
  if (scope === null)
    throw new SignInRefused(403, 'The account has no role in any project, nor in the system: ask for one.');
  const base = first.token;
  return {
    issued: await identity.issue({ identity: byToken(base), scope: scopeBody(scope) }, address),
    base,
  };
}

function addressOf(request: Request): string {
  return request.socket.remoteAddress ?? '';
}

function choose({ projects, system }: Places, wanted: Scope | null): Scope | null {
  if (wanted === 'system' && system) return 'system';
  if (wanted !== null && wanted !== 'system' && projects.some(({ id }) => id === wanted.project))
    return wanted;
  if (system) return 'system';
  const [first] = projects;
  return first === undefined ? null : { project: first.id };
}

function byPassword({ username, password, domain }: Credentials & { method: 'password' }): JsonObject {
  return {
    methods: ['password'],
    password: { user: { name: username, domain: { name: domain }, password } },
  };
}

function byCredential({ id, secret }: Credentials & { method: 'application_credential' }): JsonObject {
  return { methods: ['application_credential'], application_credential: { id, secret } };
}

function byToken(id: string): JsonObject {
  return { methods: ['token'], token: { id } };
}

function scopeBody(scope: Scope): JsonObject {
  return scope === 'system' ? { system: { all: true } } : { project: { id: scope.project } };
}

function view({ user, project, system, roles, expires_at_ms }: PortalSession): JsonObject {
  return { user, project, system, roles: [...roles], expires_at: new Date(expires_at_ms).toISOString() };
}

function readCredentials(body: unknown): Credentials {
  const given = fields(body);
  if (given.method === 'password')
    return {
      method: 'password',
      username: word(given, 'username'),
      password: word(given, 'password'),
      domain: given.domain === undefined || given.domain === '' ? 'Default' : word(given, 'domain'),
    };
  if (given.method === 'application_credential')
    return { method: 'application_credential', id: word(given, 'id'), secret: word(given, 'secret') };
  throw new SignInRefused(400, 'method must be password or application_credential.');
}

function readScope(body: unknown, optional: true): Scope | null;
function readScope(body: unknown, optional: false): Scope;
function readScope(body: unknown, optional: boolean): Scope | null {
  const { scope } = fields(body);
  if (scope === undefined && optional) return null;
  if (scope === 'system') return 'system';
  return { project: word(fields(scope), 'project') };
}

function fields(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new SignInRefused(400, 'The body must be a JSON object.');
}

function word(given: Record<string, unknown>, name: string): string {
  const value = given[name];
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_WORD) return value;
  throw new SignInRefused(400, `${name} must be text, not empty, and at most ${LONGEST_WORD} characters.`);
}

function shownError(
  error: unknown,
  log: Logger,
): { status: number; message: string; retry_after_s: number | null } {
  if (error instanceof SignInRefused) return error;
  if (error instanceof ServiceError)
    return { status: error.status, message: error.message, retry_after_s: error.status === 503 ? 5 : null };
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (status === 400 || status === 413 || status === 415)
    return { status, message: 'The request is no valid JSON, or too large.', retry_after_s: null };
  log.error({ err: error }, 'a session of the portal failed');
  return { status: 500, message: 'The sign-in failed unexpectedly. See the log.', retry_after_s: null };
}
