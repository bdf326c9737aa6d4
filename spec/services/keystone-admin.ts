/** What a token is asked for: a project, the system, or nothing. */
export type TokenScope = { project_id: string } | 'system' | 'unscoped';

/** A user with a password, as its token request names it. */
export interface Account {
  id: string;
  name: string;
  password: string;
}

export interface ApplicationCredential {
  id: string;
  secret: string;
}

/** Identity API v3 as the administrator (system scope) of one Keystone. Each rejects, with Keystone's answer, on an error. */
export interface KeystoneAdmin {
  /** The bootstrap's user: admin on the system and on the project `admin`. */
  readonly account: Omit<Account, 'id'>;
  createProject(name: string): Promise<{ id: string; name: string }>;
  /** In the domain Default, with a password of its own. */
  createUser(name: string): Promise<Account>;
  disableUser(id: string): Promise<void>;
  createRole(name: string): Promise<void>;
  /** Whoever has `prior` has `implied` too. */
  imply(prior: string, implied: string): Promise<void>;
  grant(user_id: string, role: string, on: Exclude<TokenScope, 'unscoped'>): Promise<void>;
  withdraw(user_id: string, role: string, on: Exclude<TokenScope, 'unscoped'>): Promise<void>;
  /** Made with the user's own token, for its project. Default: all of its roles there. */
  createApplicationCredential(
    account: Account,
    project_id: string,
    roles?: readonly string[],
  ): Promise<ApplicationCredential>;
  deleteApplicationCredential(account: Account, project_id: string, id: string): Promise<void>;
  /** A service and its public endpoint in RegionOne, for the catalogue. */
  createEndpoint(type: string, name: string, url: string): Promise<void>;
  /** A token of the account. */
  token(account: Pick<Account, 'name' | 'password'>, scope: TokenScope): Promise<string>;
  applicationCredentialToken(credential: ApplicationCredential): Promise<string>;
  /** Ends a token. */
  revoke(token: string): Promise<void>;
  /** The environment of a client program (`openstack`, openstacksdk) for the account. */
  clientEnvironment(
    account: Pick<Account, 'name' | 'password'>,
    scope: Exclude<TokenScope, 'unscoped'>,
  ): Record<string, string>;
}

const TIMEOUT_MS = 30_000;

/** @param options.url with /v3; `password` is that of the user `admin`. */
export function keystoneAdmin(options: { url: string; password: string }): KeystoneAdmin {
  const { url } = options;
  const account = { name: 'admin', password: options.password };
  const role_ids = new Map<string, string>();
  let own: string | null = null;

  async function call(
    method: string,
    path: string,
    token: string | null,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<{ body: unknown; subject_token: string }> {
    const response = await fetch(url + path, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token === null ? {} : { 'x-auth-token': token }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Keystone: ${method} ${path}: ${response.status} ${text}`);
    return {
      body: text === '' ? null : JSON.parse(text),
      subject_token: response.headers.get('x-subject-token') ?? '',
    };
  }

  async function login(identity: object, scope: TokenScope | null): Promise<string> {
    const auth = { identity, ...(scope === null ? {} : { scope: scopeBody(scope) }) };
    return (await call('POST', '/auth/tokens?nocatalog', null, { auth })).subject_token;
  }

  const token: KeystoneAdmin['token'] = ({ name, password }, scope) =>
    login(
      { methods: ['password'], password: { user: { name, password, domain: { id: 'default' } } } },
      scope,
    );

  async function asAdmin(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<unknown> {
    // One token for all: a login is the slowest request. Nothing here takes long enough for it to end.
    own ??= await token(account, 'system');
    return (await call(method, path, own, body, headers)).body;
  }

  async function create(kind: string, fields: object): Promise<string> {
    const created = (await asAdmin('POST', `/${kind}s`, { [kind]: fields })) as Record<
      string,
      { id: string }
    >;
    const id = created[kind]?.id;
    if (id === undefined) throw new Error(`Keystone answered without the ${kind} that it made.`);
    return id;
  }

  async function roleId(name: string): Promise<string> {
    const known = role_ids.get(name);
    if (known !== undefined) return known;
    const found = (await asAdmin('GET', `/roles?name=${encodeURIComponent(name)}`)) as {
      roles: { id: string }[];
    };
    const id = found.roles[0]?.id;
    if (id === undefined) throw new Error(`Keystone has no role ${name}.`);
    role_ids.set(name, id);
    return id;
  }

  async function assignment(
    user_id: string,
    role: string,
    on: Exclude<TokenScope, 'unscoped'>,
  ): Promise<string> {
    const target = on === 'system' ? 'system' : `projects/${on.project_id}`;
    return `/${target}/users/${user_id}/roles/${await roleId(role)}`;
  }

  return {
    account,
    token,
    async createProject(name) {
      return { id: await create('project', { name, domain_id: 'default' }), name };
    },
    async createUser(name) {
      const password = `${name}-pw-${crypto.randomUUID()}`;
      return { id: await create('user', { name, password, domain_id: 'default' }), name, password };
    },
    async disableUser(id) {
      await asAdmin('PATCH', `/users/${id}`, { user: { enabled: false } });
    },
    async createRole(name) {
      role_ids.set(name, await create('role', { name }));
    },
    async imply(prior, implied) {
      await asAdmin('PUT', `/roles/${await roleId(prior)}/implies/${await roleId(implied)}`);
    },
    async grant(user_id, role, on) {
      await asAdmin('PUT', await assignment(user_id, role, on));
    },
    async withdraw(user_id, role, on) {
      await asAdmin('DELETE', await assignment(user_id, role, on));
    },
    async createApplicationCredential(owner, project_id, roles) {
      const owned = await token(owner, { project_id });
      const fields = {
        name: crypto.randomUUID(),
        ...(roles === undefined ? {} : { roles: roles.map((name) => ({ name })) }),
      };
      const path = `/users/${owner.id}/application_credentials`;
      const { body } = await call('POST', path, owned, { application_credential: fields });
      return (body as { application_credential: ApplicationCredential }).application_credential;
    },
    async deleteApplicationCredential(owner, project_id, id) {
      const owned = await token(owner, { project_id });
      await call('DELETE', `/users/${owner.id}/application_credentials/${id}`, owned);
    },
    async createEndpoint(type, name, endpoint_url) {
      const service_id = await create('service', { type, name });
      await create('endpoint', {
        service_id,
        interface: 'public',
        region_id: 'RegionOne',
        url: endpoint_url,
      });
    },
    applicationCredentialToken: ({ id, secret }) =>
      login({ methods: ['application_credential'], application_credential: { id, secret } }, null),
    async revoke(ended) {
      await asAdmin('DELETE', '/auth/tokens', undefined, { 'x-subject-token': ended });
    },
    clientEnvironment: ({ name, password }, scope) => ({
      OS_AUTH_TYPE: 'password',
      OS_AUTH_URL: url,
      OS_IDENTITY_API_VERSION: '3',
      OS_REGION_NAME: 'RegionOne',
      OS_USERNAME: name,
      OS_PASSWORD: password,
      OS_USER_DOMAIN_ID: 'default',
      ...(scope === 'system' ? { OS_SYSTEM_SCOPE: 'all' } : { OS_PROJECT_ID: scope.project_id }),
    }),
  };
}

function scopeBody(scope: TokenScope): object | string {
  if (scope === 'unscoped') return 'unscoped';
  return scope === 'system' ? { system: { all: true } } : { project: { id: scope.project_id } };
}
