import { randomBytes } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import type { Clock } from '../../lifecycle/clock.ts';
import type { Directory, User } from './directory.ts';
import { rolesIn, type Scope } from './scopes.ts';
import type { SigningKey } from './signing-key.ts';

/** A token that holds: its subject and scope exist, and the subject has roles there. */
export interface ValidToken {
  user: User;
  scope: Scope;
  /** Implied ones included. */
  roles: readonly string[];
  methods: readonly string[];
  /** The token's own id, and that of the login that it came from when it was rescoped. */
  audit_ids: readonly string[];
  issued_at_ms: number;
  expires_at_ms: number;
}

/** Issues, checks and revokes tokens. */
export interface Tokens {
  issue(request: {
    user: User;
    scope: Scope;
    methods: readonly string[];
    /** For a rescoped token: it ends with the one that it came from. */
    parent?: ValidToken;
  }): { token: string; valid: ValidToken };
  /** Null when the token is forged, ended (unless `allow_expired` and less than 48 hours ago), revoked or pointless. */
  verify(token: string, directory: Directory, allow_expired?: boolean): ValidToken | null;
  /** Ends the token at once. Remembered by this process, until it would have ended anyway. */
  revoke(valid: ValidToken): void;
}

/** Payload, named as in Keystone's JWS tokens (keystone/token/token_formatters.py). Times in seconds. */
interface Payload {
  sub: string;
  iat: number;
  exp: number;
  openstack_methods: string[];
  openstack_audit_ids: string[];
  openstack_project_id?: string;
  openstack_domain_id?: string;
  openstack_system?: 'all';
}

const ALLOW_EXPIRED_S = 48 * 3600;
const MAX_REVOKED = 10_000;

export function createTokens(options: { key: SigningKey; ttl_s: number; clock: Clock }): Tokens {
  const { key, ttl_s, clock } = options;
  /** Audit id → when it may be forgotten (seconds). */
  const revoked = new Map<string, number>();
  /** User → tokens issued up to then (seconds) are revoked: where single ones are too many to remember. */
  const revoked_up_to = new Map<string, number>();

  return {
    issue({ user, scope, methods, parent }) {
      const now_s = Math.floor(clock.now() / 1000);
      const id = randomBytes(16).toString('base64url');
      const payload: Payload = {
        sub: user.id,
        iat: now_s,
        exp: parent === undefined ? now_s + ttl_s : Math.floor(parent.expires_at_ms / 1000),
        openstack_methods: [...methods],
        openstack_audit_ids: parent === undefined ? [id] : [id, parent.audit_ids.at(-1) ?? id],
        ...scopeClaims(scope),
      };
      const token = jsonwebtoken.sign(payload, key.private_key, { algorithm: 'ES256' });
      return { token, valid: validToken(payload, user, scope) };
    },

    verify(token, directory, allow_expired = false) {
      const now_s = Math.floor(clock.now() / 1000);
      let claims: unknown;
      try {
        claims = jsonwebtoken.verify(token, key.public_key, {
          algorithms: ['ES256'],
          ignoreExpiration: true,
        });
      } catch {
        return null;
      }
      if (!isPayload(claims)) return null;
      if (now_s >= claims.exp + (allow_expired ? ALLOW_EXPIRED_S : 0)) return null;
      if (claims.openstack_audit_ids.some((id) => revoked.has(id))) return null;
      if (claims.iat <= (revoked_up_to.get(claims.sub) ?? -1)) return null;
      const user = directory.users.get(claims.sub);
      const scope = scopeOf(claims, directory);
      if (user === undefined || scope === null) return null;
      const valid = validToken(claims, user, scope);
      return scope.kind !== 'unscoped' && valid.roles.length === 0 ? null : valid;
    },

    revoke(valid) {
      const now_s = Math.floor(clock.now() / 1000);
      for (const [id, until_s] of revoked) if (until_s <= now_s) revoked.delete(id);
      const [id] = valid.audit_ids;
      if (id !== undefined && revoked.size < MAX_REVOKED) {
        revoked.set(id, Math.ceil(valid.expires_at_ms / 1000) + ALLOW_EXPIRED_S);
      } else {
        revoked_up_to.set(valid.user.id, now_s);
      }
    },
  };
}

function validToken(payload: Payload, user: User, scope: Scope): ValidToken {
  return {
    user,
    scope,
    roles: rolesIn(user, scope),
    methods: payload.openstack_methods,
    audit_ids: payload.openstack_audit_ids,
    issued_at_ms: payload.iat * 1000,
    expires_at_ms: payload.exp * 1000,
  };
}

function scopeClaims(scope: Scope): Partial<Payload> {
  if (scope.kind === 'project') return { openstack_project_id: scope.project.id };
  if (scope.kind === 'domain') return { openstack_domain_id: scope.domain.id };
  return scope.kind === 'system' ? { openstack_system: 'all' } : {};
}

function scopeOf(payload: Payload, directory: Directory): Scope | null {
  if (payload.openstack_system === 'all') return { kind: 'system' };
  if (payload.openstack_project_id !== undefined) {
    const project = directory.projects.get(payload.openstack_project_id);
    return project === undefined ? null : { kind: 'project', project };
  }
  if (payload.openstack_domain_id !== undefined) {
    const domain = directory.domains.get(payload.openstack_domain_id);
    return domain === undefined ? null : { kind: 'domain', domain };
  }
  return { kind: 'unscoped' };
}

/** Signed by us, so only the shape is in question: an older version may have signed it. */
function isPayload(claims: unknown): claims is Payload {
  if (typeof claims !== 'object' || claims === null) return false;
  const fields = claims as Record<string, unknown>;
  return (
    typeof fields.sub === 'string' &&
    typeof fields.iat === 'number' &&
    typeof fields.exp === 'number' &&
    isTexts(fields.openstack_methods) &&
    isTexts(fields.openstack_audit_ids)
  );
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
