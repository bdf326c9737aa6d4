import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import type { Logger } from '../../config/logger.ts';
import { ServiceError } from '../../lifecycle/errors.ts';
import type { PasswordCheck } from '../openstack/auth/password-check.ts';
import type { Directory, User } from './directory.ts';
import { IdentityError } from './identity-error.ts';
import { login } from './login.ts';
import { allRoles, rolesIn, type Scope } from './scopes.ts';
import type { Throttle } from './throttle.ts';
import type { Tokens, ValidToken } from './tokens.ts';
import {
  catalogView,
  domainEntity,
  type Endpoints,
  type EntityView,
  projectEntity,
  roleEntity,
  tokenView,
  userEntity,
  versionView,
} from './views.ts';

interface Parts {
  directory: () => Promise<Directory>;
  tokens: Tokens;
  throttle: Throttle;
  passwords: PasswordCheck;
  endpoints: () => Endpoints;
  region: string;
  log: Logger;
}

/** Who asks, and the directory as it is now. */
interface Asked {
  request: Request;
  holder: ValidToken;
  directory: Directory;
}

const BODY_LIMIT = '64kb';
const MISSING = 'Failed to validate token';

/** The routes of the Identity API v3 that stock clients need, for a mount point such as /identity. */
export function identityRouter(parts: Parts): Router {
  const { tokens, endpoints, region } = parts;
  const router = express.Router();
  router.use(express.json({ limit: BODY_LIMIT, type: () => true }));
  router.use((_request, response, next) => {
    response.set('Vary', 'X-Auth-Token').set('Cache-Control', 'no-store');
    next();
  });

  const identityUrl = (): string => endpoints().identity;
  router.get('/', (_request, response) => {
    response.status(300).json({ versions: { values: [versionView(identityUrl())] } });
  });
  router.get('/v3', (_request, response) => {
    response.json({ version: versionView(identityUrl()) });
  });

  router.post('/v3/auth/tokens', async (request, response) => {
    const { token, valid } = await login(request.body, {
      ...parts,
      directory: await parts.directory(),
      address: request.socket.remoteAddress ?? '',
    });
    response
      .status(201)
      .set('X-Subject-Token', token)
      .json(tokenView(valid, placeFor(request)));
  });

  // Express answers HEAD with this handler too, without the body.
  router.get('/v3/auth/tokens', async (request, response) => {
    const asked = await ask(request);
    const allow_expired = ['1', 'true'].includes(String(request.query.allow_expired ?? '').toLowerCase());
    const { token, valid } = subject(asked, allow_expired);
    response.set('X-Subject-Token', token).json(tokenView(valid, placeFor(request)));
  });
  router.delete('/v3/auth/tokens', async (request, response) => {
    tokens.revoke(subject(await ask(request), false).valid);
    response.status(204).end();
  });

  const shown = (entities: readonly EntityView[]): object[] => entities.map((view) => view(identityUrl()));
  /** GET routes that answer a JSON object to any holder of a token. */
  const routes: Readonly<Record<string, (asked: Asked) => object>> = {
    '/v3/auth/catalog': () => ({ catalog: catalogView({ endpoints: endpoints(), region }) }),
    '/v3/auth/projects': ({ holder, directory }) => ({
      projects: shown(
        [...directory.projects.values()]
          .filter((project) => rolesIn(holder.user, { kind: 'project', project }).length > 0)
          .map(projectEntity),
      ),
    }),
    '/v3/auth/domains': ({ holder, directory }) => ({
      domains: shown(
        [...directory.domains.values()]
          .filter((domain) => rolesIn(holder.user, { kind: 'domain', domain }).length > 0)
          .map(domainEntity),
      ),
    }),
    '/v3/auth/system': ({ holder }) => ({
      system: rolesIn(holder.user, { kind: 'system' }).length > 0 ? [{ all: true }] : [],
    }),
    '/v3/projects': (asked) => ({
      projects: shown(listed(asked, asked.directory.projects).map(projectEntity)),
    }),
    '/v3/projects/:id': (asked) => ({
      project: projectEntity(one(asked, asked.directory.projects, 'project', ownsProject))(identityUrl()),
    }),
    '/v3/users': (asked) => ({ users: shown(listed(asked, asked.directory.users).map(userEntity)) }),
    '/v3/users/:id': (asked) => ({
      user: userEntity(one(asked, asked.directory.users, 'user', isSelf))(identityUrl()),
    }),
    '/v3/domains': (asked) => ({ domains: shown(listed(asked, asked.directory.domains).map(domainEntity)) }),
    '/v3/domains/:id': (asked) => ({
      domain: domainEntity(one(asked, asked.directory.domains, 'domain', isOwnDomain))(identityUrl()),
    }),
    '/v3/roles': (asked) => {
      requireReader(asked);
      const { name } = asked.request.query;
      const roles = allRoles(asked.directory).filter((role) => name === undefined || role === name);
      return { roles: shown(roles.map(roleEntity)) };
    },
  };
  for (const [path, answer] of Object.entries(routes)) {
    router.get(path, async (request, response) => {
      const links = { next: null, previous: null, self: identityUrl() + request.path };
      response.json({ ...answer(await ask(request)), links });
    });
  }

  router.use((request, _response, next) => {
    next(
      new IdentityError(404, `The identity service has no ${request.method} ${request.path.slice(0, 200)}.`),
    );
  });
  router.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const shown = identityError(error);
    if (shown.status === 500) parts.log.error({ err: error }, 'the identity service failed to answer');
    if (shown.status === 401) response.set('WWW-Authenticate', `Keystone uri="${identityUrl()}"`);
    if (shown.retry_after_s !== null) response.set('Retry-After', String(shown.retry_after_s));
    response.status(shown.status).json(shown.body);
  });
  return router;

  function placeFor(request: Request): { endpoints: Endpoints; region: string } | null {
    return request.query.nocatalog === undefined ? { endpoints: endpoints(), region } : null;
  }

  async function ask(request: Request): Promise<Asked> {
    const directory = await parts.directory();
    const holder = tokens.verify(request.get('x-auth-token') ?? '', directory);
    if (holder === null) throw new IdentityError(401, 'The request you have made requires authentication.');
    return { request, holder, directory };
  }

  /** The token that a request is about: its own; any to read for services, admins and system readers, to revoke for system admins. */
  function subject(asked: Asked, allow_expired: boolean): { token: string; valid: ValidToken } {
    const { request, holder, directory } = asked;
    const token = request.get('x-subject-token') ?? '';
    const own = token === request.get('x-auth-token');
    const reads = request.method === 'GET' || request.method === 'HEAD';
    const any = reads
      ? holder.roles.includes('service') || holder.roles.includes('admin') || readsSystem(holder)
      : holder.roles.includes('admin') && holder.scope.kind === 'system';
    if (!own && !any) throw forbidden();
    const valid = tokens.verify(token, directory, allow_expired);
    if (valid === null) throw new IdentityError(404, MISSING);
    return { token, valid };
  }
}

function listed<T extends { id: string; name: string; domain?: { id: string } }>(
  asked: Asked,
  entries: ReadonlyMap<string, T>,
): T[] {
  requireReader(asked);
  const { name, domain_id } = asked.request.query;
  return [...entries.values()].filter(
    (entry) =>
      (name === undefined || entry.name === name) &&
      (domain_id === undefined || entry.domain?.id === domain_id),
  );
}

function one<T extends { id: string }>(
  asked: Asked,
  entries: ReadonlyMap<string, T>,
  kind: string,
  isOwn: (entry: T, holder: ValidToken) => boolean,
): T {
  const id = String(asked.request.params.id ?? '');
  const found = entries.get(id);
  if (found === undefined || !isOwn(found, asked.holder)) requireReader(asked);
  if (found === undefined) throw new IdentityError(404, `Could not find ${kind}: ${id.slice(0, 64)}.`);
  return found;
}

function isSelf(user: User, holder: ValidToken): boolean {
  return user.id === holder.user.id;
}

function ownsProject(project: { id: string }, { user }: ValidToken): boolean {
  return user.assignments.some(({ on }) => 'project' in on && on.project.id === project.id);
}

function isOwnDomain(domain: { id: string }, { user }: ValidToken): boolean {
  return user.domain.id === domain.id;
}

/** Who may see all users and projects. An admin of one project is a tenant like others. */
function readsSystem({ roles, scope }: { roles: readonly string[]; scope: Scope }): boolean {
  return scope.kind === 'system' && roles.includes('reader');
}

function requireReader({ holder }: Asked): void {
  if (!readsSystem(holder)) throw forbidden();
}

function forbidden(): IdentityError {
  return new IdentityError(403, 'You are not authorized to perform the requested action.');
}

function identityError(error: unknown): IdentityError {
  if (error instanceof IdentityError) return error;
  if (error instanceof ServiceError && error.status === 503) return new IdentityError(503, error.message, 1);
  // Errors of the body parser carry their status; their messages may quote the body.
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (status === 413) return new IdentityError(413, 'The request is too large.');
  if (status === 400 || status === 415) return new IdentityError(400, 'The request is no valid JSON.');
  return new IdentityError(500, 'An unexpected error prevented the server from fulfilling your request.');
}
