import type { Caller } from '../../../lifecycle/caller.ts';

/** What a validated Keystone v3 token says. */
export interface TokenFacts {
  user_id: string;
  user_name: string | null;
  user_domain_id: string | null;
  project_id: string | null;
  project_name: string | null;
  project_domain_id: string | null;
  /** Set for a token of domain scope. */
  domain_id: string | null;
  system_scope: boolean;
  /** Lower case; the identity service has put the implied ones in. */
  roles: readonly string[];
  is_admin_project: boolean;
  expires_at_ms: number;
}

/**
 * Reads the body of GET /v3/auth/tokens (Identity API v3, "Validate and show information for token").
 * @returns null when it is no such body.
 */
export function parseTokenBody(body: unknown): TokenFacts | null {
  const token = object(object(body)?.token);
  const user = object(token?.user);
  const user_id = text(user?.id);
  const expires_at_ms = Date.parse(text(token?.expires_at) ?? '');
  if (token === null || user_id === null || Number.isNaN(expires_at_ms)) return null;
  const project = object(token.project);
  const roles = Array.isArray(token.roles) ? token.roles : [];
  return {
    user_id,
    user_name: text(user?.name),
    user_domain_id: text(object(user?.domain)?.id),
    project_id: text(project?.id),
    project_name: text(project?.name),
    project_domain_id: text(object(project?.domain)?.id),
    domain_id: text(object(token.domain)?.id),
    system_scope: object(token.system)?.all === true,
    // Keystone repeats a role that is implied in two ways.
    roles: [...new Set(roles.flatMap((role: unknown) => text(object(role)?.name)?.toLowerCase() ?? []))],
    // Absent where the identity service has no admin project: then every project counts (keystonemiddleware).
    is_admin_project: token.is_admin_project !== false,
    expires_at_ms,
  };
}

/** The caller behind a token. */
export function callerOf(facts: TokenFacts, service_roles: readonly string[], request_id: string): Caller {
  // Field by field: every request passes here, and a rest pattern would cost more than the look-up.
  return {
    user_id: facts.user_id,
    user_name: facts.user_name,
    user_domain_id: facts.user_domain_id,
    project_id: facts.project_id,
    project_name: facts.project_name,
    project_domain_id: facts.project_domain_id,
    domain_id: facts.domain_id,
    system_scope: facts.system_scope,
    roles: facts.roles,
    is_admin_project: facts.is_admin_project,
    request_id,
    service_roles,
    unrestricted: false,
  };
}

function object(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
