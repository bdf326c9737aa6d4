import { parse } from 'yaml';
import { CommandFailure } from './exit-codes.ts';

/** How the service is reached and who asks, in the words of clouds.yaml. */
export interface AuthSettings {
  auth_type: 'password' | 'application_credential' | 'token' | 'none';
  auth_url: string;
  username?: string;
  user_id?: string;
  password?: string;
  user_domain_name?: string;
  user_domain_id?: string;
  project_name?: string;
  project_id?: string;
  project_domain_name?: string;
  project_domain_id?: string;
  /** `all`: a token of system scope. */
  system_scope?: string;
  application_credential_id?: string;
  application_credential_name?: string;
  application_credential_secret?: string;
  token?: string;
  region_name?: string;
  interface: string;
  cacert: string;
  /** Of the life-cycle API; absent: the catalogue's. */
  endpoint?: string;
}

const AUTH_KEYS = [
  'auth_url',
  'username',
  'user_id',
  'password',
  'user_domain_name',
  'user_domain_id',
  'project_name',
  'project_id',
  'project_domain_name',
  'project_domain_id',
  'system_scope',
  'application_credential_id',
  'application_credential_name',
  'application_credential_secret',
  'token',
] as const;

const OTHER_KEYS = ['auth_type', 'region_name', 'interface', 'cacert', 'endpoint'] as const;

type Given = Partial<Record<(typeof AUTH_KEYS)[number] | (typeof OTHER_KEYS)[number], string>>;

type Env = Readonly<Record<string, string | undefined>>;

/** Names of auth_type that stand for one of ours. */
const AUTH_TYPES: Readonly<Record<string, AuthSettings['auth_type']>> = {
  password: 'password',
  v3password: 'password',
  v3applicationcredential: 'application_credential',
  token: 'token',
  v3token: 'token',
  none: 'none',
};

/**
 * The variables OS_* over the cloud OS_CLOUD of clouds.yaml.
 * @param readCloudsFile the text of the first clouds.yaml there is; null: none.
 * @throws CommandFailure usage
 */
export async function authSettings(
  env: Env,
  readCloudsFile: (paths: readonly string[]) => Promise<string | null>,
): Promise<AuthSettings> {
  const cloud = env.OS_CLOUD ?? '';
  const given: Given = {
    ...(cloud === '' ? {} : fromCloud(cloud, await readCloudsFile(cloudsFiles(env)))),
    ...fromEnv(env),
  };
  const auth_type = typeOf(given);
  const settings: AuthSettings = {
    ...given,
    auth_type,
    auth_url: (given.auth_url ?? '').replace(/\/+$/, ''),
    interface: given.interface?.replace(/URL$/, '') ?? 'public',
    cacert: given.cacert ?? '',
  };
  const missing = NEEDED[auth_type].filter((alternatives) =>
    alternatives.every((key) => (settings[key] ?? '') === ''),
  );
  if (missing.length === 0) return settings;
  const names = missing.map((all) => all.map((key) => `OS_${key.toUpperCase()}`).join(' or '));
  throw new CommandFailure(
    'usage',
    `There is no login: set ${names.join(', ')}, or OS_CLOUD to a cloud of clouds.yaml.`,
  );
}

/** What each way to log in needs: one of each group. */
const NEEDED: Readonly<Record<AuthSettings['auth_type'], readonly (readonly (keyof AuthSettings)[])[]>> = {
  password: [['auth_url'], ['username', 'user_id'], ['password']],
  application_credential: [
    ['auth_url'],
    ['application_credential_id', 'application_credential_name'],
    ['application_credential_secret'],
  ],
  token: [['auth_url', 'endpoint'], ['token']],
  none: [['endpoint']],
};

function typeOf(given: Given): AuthSettings['auth_type'] {
  if (given.auth_type !== undefined) {
    const known = AUTH_TYPES[given.auth_type];
    if (known !== undefined) return known;
    throw new CommandFailure(
      'usage',
      `The auth_type ${given.auth_type} is not known: use one of ${Object.keys(AUTH_TYPES).join(', ')}.`,
    );
  }
  if (given.application_credential_secret !== undefined) return 'application_credential';
  return given.token === undefined ? 'password' : 'token';
}

function fromEnv(env: Env): Given {
  const given: Given = {};
  for (const key of [...AUTH_KEYS, ...OTHER_KEYS]) {
    const value = env[`OS_${key.toUpperCase()}`];
    if (value !== undefined && value !== '') given[key] = value;
  }
  return given;
}

function cloudsFiles(env: Env): string[] {
  const named = env.OS_CLIENT_CONFIG_FILE ?? '';
  if (named !== '') return [named];
  const home = env.HOME ?? '';
  const config = env.XDG_CONFIG_HOME ?? (home === '' ? '' : `${home}/.config`);
  return [
    'clouds.yaml',
    ...(config === '' ? [] : [`${config}/openstack/clouds.yaml`]),
    '/etc/openstack/clouds.yaml',
  ];
}

function fromCloud(name: string, text: string | null): Given {
  if (text === null)
    throw new CommandFailure('usage', `OS_CLOUD is ${name}, but there is no clouds.yaml to find it in.`);
  const clouds = objectOf(objectOf(parseYaml(text)).clouds);
  if (!Object.hasOwn(clouds, name))
    throw new CommandFailure(
      'usage',
      `clouds.yaml has no cloud ${name}; it has: ${Object.keys(clouds).join(', ') || 'none'}.`,
    );
  const cloud = objectOf(clouds[name]);
  const auth = objectOf(cloud.auth);
  const given: Given = {};
  for (const key of AUTH_KEYS) if (isScalar(auth[key])) given[key] = String(auth[key]);
  for (const key of OTHER_KEYS) if (isScalar(cloud[key])) given[key] = String(cloud[key]);
  const endpoint = cloud.baremetal_lifecycle_endpoint_override;
  if (isScalar(endpoint)) given.endpoint = String(endpoint);
  return given;
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    throw new CommandFailure('usage', 'clouds.yaml is not valid YAML.');
  }
}

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
