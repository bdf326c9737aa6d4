import type { Json, JsonObject } from '../lifecycle/json.ts';
import type { JsonHttp } from '../net/json-http.ts';
import { v3Root } from '../net/keystone-login.ts';
import type { AuthSettings } from './auth-settings.ts';
import { CommandFailure, exitOfStatus } from './exit-codes.ts';
import { unreachable } from './refusals.ts';

export interface Login {
  token: string | null;
  /** The endpoint, without a slash at its end. */
  base: string;
}

const SERVICE_TYPE = 'baremetal-lifecycle';

/** Logs in by Keystone, if there is one. @throws CommandFailure */
export async function logIn(http: JsonHttp, settings: AuthSettings): Promise<Login> {
  const { token, endpoint } = await tokenOf(http, settings);
  return { token, base: endpoint.replace(/\/+$/, '') };
}

async function tokenOf(
  http: JsonHttp,
  settings: AuthSettings,
): Promise<{ token: string | null; endpoint: string }> {
  if (settings.auth_type === 'none') return { token: null, endpoint: settings.endpoint ?? '' };
  if (settings.auth_type === 'token' && settings.endpoint !== undefined)
    return { token: settings.token ?? '', endpoint: settings.endpoint };
  const root = rootOf(settings.auth_url);
  const { status, headers, body } = await http
    .request('POST', `${root}/auth/tokens`, { body: loginBody(settings) })
    .catch((error: unknown) => {
      throw unreachable(root, error);
    });
  const token = headers.get('x-subject-token');
  if (status !== 201 || token === null) {
    const exit = status === 401 ? 'unauthenticated' : exitOfStatus(status >= 400 ? status : 500);
    const advice =
      exit === 'unauthenticated'
        ? '\nSee that the user, the password, the domains and the project are right.'
        : '';
    throw new CommandFailure(exit, `The login at ${root} was refused (HTTP ${status}).${advice}`);
  }
  return { token, endpoint: settings.endpoint ?? endpointOf(body, settings) };
}

function rootOf(auth_url: string): string {
  try {
    return v3Root(auth_url);
  } catch (error) {
    throw new CommandFailure('usage', `OS_AUTH_URL cannot be used: ${(error as Error).message}`);
  }
}

/** The body of POST /v3/auth/tokens (Identity API v3). */
export function loginBody(settings: AuthSettings): JsonObject {
  if (settings.auth_type === 'application_credential') {
    const { application_credential_id: id, application_credential_name: name } = settings;
    const named = id === undefined ? { name: name ?? '', user: userOf(settings) } : { id };
    const credential = { ...named, secret: settings.application_credential_secret ?? '' };
    return {
      auth: { identity: { methods: ['application_credential'], application_credential: credential } },
    };
  }
  const scope = scopeOf(settings);
  const identity: JsonObject =
    settings.auth_type === 'token'
      ? { methods: ['token'], token: { id: settings.token ?? '' } }
      : {
          methods: ['password'],
          password: { user: { ...userOf(settings), password: settings.password ?? '' } },
        };
  return { auth: { identity, ...(scope === null ? {} : { scope }) } };
}

function userOf({ user_id, username, user_domain_id, user_domain_name }: AuthSettings): JsonObject {
  if (user_id !== undefined) return { id: user_id };
  return { name: username ?? '', domain: domainOf(user_domain_id, user_domain_name) };
}

function domainOf(id: string | undefined, name: string | undefined): JsonObject {
  return id === undefined ? { name: name ?? 'Default' } : { id };
}

function scopeOf(settings: AuthSettings): JsonObject | null {
  const { project_id, project_name, project_domain_id, project_domain_name } = settings;
  if (settings.system_scope === 'all') return { system: { all: true } };
  if (project_id !== undefined) return { project: { id: project_id } };
  if (project_name === undefined) return null;
  return { project: { name: project_name, domain: domainOf(project_domain_id, project_domain_name) } };
}

interface CatalogEntry {
  type: string;
  endpoints: { interface: string; region_id?: string; region?: string; url: string }[];
}

function endpointOf(body: Json, settings: AuthSettings): string {
  const { token } = body as unknown as { token: { catalog?: CatalogEntry[] } };
  const service = token.catalog?.find(({ type }) => type === SERVICE_TYPE);
  const { region_name } = settings;
  const endpoint = service?.endpoints.find(
    (one) =>
      one.interface === settings.interface &&
      (region_name === undefined || one.region_id === region_name || one.region === region_name),
  );
  if (endpoint !== undefined) return endpoint.url;
  const where = region_name === undefined ? '' : ` in the region ${region_name}`;
  throw new CommandFailure(
    'usage',
    `The catalogue has no ${settings.interface} endpoint of ${SERVICE_TYPE}${where}: name a scope (OS_PROJECT_NAME or OS_SYSTEM_SCOPE), register the service, or set OS_ENDPOINT.`,
  );
}
