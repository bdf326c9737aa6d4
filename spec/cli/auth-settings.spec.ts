import { expect } from 'chai';
import { type AuthSettings, authSettings } from '../../cli/auth-settings.ts';
import { loginBody } from '../../cli/login.ts';

const settings = (env: Record<string, string>, clouds: string | null = null): Promise<AuthSettings> =>
  authSettings(env, async () => clouds);

const PASSWORD = { OS_AUTH_URL: 'http://k/v3/', OS_USERNAME: 'u', OS_PASSWORD: 'p' };

describe('the login of a client', () => {
  const bodies: [string, Record<string, string>, object][] = [
    [
      'a project',
      { ...PASSWORD, OS_PROJECT_NAME: 'racks', OS_PROJECT_DOMAIN_ID: 'd' },
      {
        identity: {
          methods: ['password'],
          password: { user: { name: 'u', domain: { name: 'Default' }, password: 'p' } },
        },
        scope: { project: { name: 'racks', domain: { id: 'd' } } },
      },
    ],
    [
      'the system',
      { ...PASSWORD, OS_SYSTEM_SCOPE: 'all', OS_PROJECT_ID: 'x', OS_USER_ID: 'id' },
      {
        identity: { methods: ['password'], password: { user: { id: 'id', password: 'p' } } },
        scope: { system: { all: true } },
      },
    ],
    [
      'an application credential, which brings its scope',
      {
        OS_AUTH_URL: 'http://k',
        OS_APPLICATION_CREDENTIAL_ID: 'i',
        OS_APPLICATION_CREDENTIAL_SECRET: 's',
        OS_PROJECT_NAME: 'p',
      },
      {
        identity: { methods: ['application_credential'], application_credential: { id: 'i', secret: 's' } },
      },
    ],
    [
      'another token',
      { OS_AUTH_URL: 'http://k', OS_TOKEN: 't', OS_PROJECT_ID: 'p' },
      { identity: { methods: ['token'], token: { id: 't' } }, scope: { project: { id: 'p' } } },
    ],
  ];
  for (const [what, env, auth] of bodies)
    it(`asks for ${what}`, async () => {
      expect(loginBody(await settings(env))).to.deep.equal({ auth });
    });

  it('is told by clouds.yaml, and by variables over it', async () => {
    const clouds =
      'clouds: {c: {region_name: R, interface: internal, auth: {auth_url: "http://k", username: u, password: 12, project_name: p}}}';
    const told = await settings({ OS_CLOUD: 'c', OS_PROJECT_NAME: 'other' }, clouds);
    expect(told).to.deep.include({
      password: '12',
      project_name: 'other',
      region_name: 'R',
      interface: 'internal',
    });
  });

  const refused: [string, Record<string, string>, string | null, string][] = [
    ['a cloud that is missing', { OS_CLOUD: 'x' }, 'clouds: {c: {}}', 'it has: c'],
    ['no clouds.yaml', { OS_CLOUD: 'x' }, null, 'no clouds.yaml'],
    ['a clouds.yaml that is none', { OS_CLOUD: 'x' }, '{', 'not valid YAML'],
    ['a clouds.yaml of another shape', { OS_CLOUD: 'x' }, '[1]', 'it has: none'],
    ['an auth_type that is unknown', { OS_AUTH_TYPE: 'v3kerberos' }, null, 'v3kerberos'],
    ['a missing password', { OS_AUTH_URL: 'http://k', OS_USERNAME: 'u' }, null, 'OS_PASSWORD'],
  ];
  for (const [what, env, clouds, told] of refused)
    it(`is refused with ${what}`, async () => {
      const error = await settings(env, clouds).catch((refusal: unknown) => refusal);
      expect(String((error as Error).message)).to.contain(told);
    });
});
