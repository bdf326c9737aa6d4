import { createHash } from 'node:crypto';
import type { Domain, Project, User } from './directory.ts';
import type { ValidToken } from './tokens.ts';

/** Base URLs in the catalogue. */
export interface Endpoints {
  identity: string;
  baremetal: string;
}

export interface Place {
  endpoints: Endpoints;
  region: string;
}

const INTERFACES = ['public', 'internal', 'admin'] as const;

/** The body of POST and GET /v3/auth/tokens. */
export function tokenView(valid: ValidToken, place: Place | null): object {
  const { user, scope } = valid;
  return {
    token: {
      methods: valid.methods,
      user: { ...named(user), domain: named(user.domain), password_expires_at: null },
      audit_ids: valid.audit_ids,
      issued_at: time(valid.issued_at_ms),
      expires_at: time(valid.expires_at_ms),
      ...(scope.kind === 'unscoped' ? {} : { roles: valid.roles.map(roleView) }),
      ...(scope.kind === 'project'
        ? { project: { ...named(scope.project), domain: named(scope.project.domain) }, is_domain: false }
        : {}),
      ...(scope.kind === 'domain' ? { domain: named(scope.domain) } : {}),
      ...(scope.kind === 'system' ? { system: { all: true } } : {}),
      ...(scope.kind === 'unscoped' || place === null ? {} : { catalog: catalogView(place) }),
    },
  };
}

/** The service catalogue: this identity service and the bare-metal service. */
export function catalogView({ endpoints, region }: Place): object[] {
  const services = [
    { type: 'identity', name: 'keystone', url: `${endpoints.identity}/v3` },
    { type: 'baremetal', name: 'ironic', url: endpoints.baremetal },
    {
      type: 'baremetal-lifecycle',
      name: 'kurogane',
      url: `${endpoints.baremetal.replace(/\/+$/, '')}/lifecycle`,
    },
  ];
  return services.map(({ type, name, url }) => ({
    id: idOf(`service:${type}`),
    type,
    name,
    endpoints: INTERFACES.map((kind) => ({
      id: idOf(`endpoint:${type}:${kind}`),
      interface: kind,
      region,
      region_id: region,
      url,
    })),
  }));
}

/** One API version, as in GET /v3 and GET /. */
export function versionView(identity_url: string): object {
  return {
    id: 'v3.14',
    status: 'stable',
    updated: '2020-04-07T00:00:00Z',
    links: [{ rel: 'self', href: `${identity_url}/v3/` }],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
  };
}

/** A role within a token. */
export function roleView(name: string): { id: string; name: string } {
  return { id: idOf(`role:${name}`), name };
}

/** An entity by itself or in a list: what there is of it, and where it is. */
export type EntityView = (identity_url: string) => object;

export function roleEntity(name: string): EntityView {
  const role = roleView(name);
  return (url) => ({ ...role, domain_id: null, options: {}, links: self(url, 'roles', role.id) });
}

export function domainEntity(domain: Domain): EntityView {
  return (url) => ({
    ...named(domain),
    enabled: true,
    description: '',
    tags: [],
    options: {},
    links: self(url, 'domains', domain.id),
  });
}

export function projectEntity(project: Project): EntityView {
  return (url) => ({
    ...named(project),
    domain_id: project.domain.id,
    parent_id: project.domain.id,
    enabled: true,
    is_domain: false,
    description: '',
    tags: [],
    options: {},
    links: self(url, 'projects', project.id),
  });
}

export function userEntity(user: User): EntityView {
  return (url) => ({
    ...named(user),
    domain_id: user.domain.id,
    enabled: true,
    password_expires_at: null,
    options: {},
    ...(user.default_project === null ? {} : { default_project_id: user.default_project.id }),
    links: self(url, 'users', user.id),
  });
}

function self(identity_url: string, collection: string, id: string): { self: string } {
  return { self: `${identity_url}/v3/${collection}/${id}` };
}

function named({ id, name }: { id: string; name: string }): { id: string; name: string } {
  return { id, name };
}

function idOf(seed: string): string {
  return createHash('sha256').update(seed).digest('hex').slice(0, 32);
}

/** Keystone's spelling: microseconds and Z. */
function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000Z`;
}
