import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { type ManualClock, manualClock } from '../openstack/auth/manual-clock.ts';
import { type RunningIdentity, startIdentity, USERS } from './start-identity.ts';

interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are looked into field by field
  body: any;
}

describe('the identity service', () => {
  let clock: ManualClock;
  let running: RunningIdentity;

  beforeEach(async () => {
    clock = manualClock();
    running = await startIdentity(clock);
  });
  afterEach(() => running[Symbol.asyncDispose]());

  async function request(
    method: string,
    path: string,
    options: { token?: string; subject?: string; body?: unknown; text?: string } = {},
  ): Promise<Answer> {
    const body = options.text ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const response = await fetch(running.url + path, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(options.token === undefined ? {} : { 'x-auth-token': options.token }),
        ...(options.subject === undefined ? {} : { 'x-subject-token': options.subject }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? null : JSON.parse(text),
    };
  }

  const SYSTEM = { system: { all: true } };
  const RACKS = { project: { name: 'racks', domain: { name: 'Default' } } };

  function login(name: string, scope?: unknown, password = `${name}-pw`, domain: object = { id: 'default' }) {
    return request('POST', '/v3/auth/tokens', {
      body: {
        auth: {
          identity: { methods: ['password'], password: { user: { name, domain, password } } },
          ...(scope === undefined ? {} : { scope }),
        },
      },
    });
  }

  async function tokenOf(name: string, scope?: unknown): Promise<string> {
    const answer = await login(name, scope);
    expect(answer.status, JSON.stringify(answer.body)).to.equal(201);
    return answer.headers.get('x-subject-token') ?? '';
  }

  it('shows its versions', async () => {
    const root = await request('GET', '/');
    expect(root.status).to.equal(300);
    expect(root.body.versions.values[0].links[0].href).to.equal(`${running.url}/v3/`);
    const v3 = await request('GET', '/v3');
    expect(v3.body.version).to.deep.include({ id: 'v3.14', status: 'stable' });
    expect((await request('GET', '/v3/')).status).to.equal(200);
  });

  describe('POST /v3/auth/tokens', () => {
    it('gives a project token with roles and catalogue', async () => {
      const { status, headers, body } = await login('operator', RACKS);
      expect(status).to.equal(201);
      expect(headers.get('x-subject-token')).to.match(/^ey/);
      expect(headers.get('vary')).to.contain('X-Auth-Token');
      const { token } = body;
      expect(token.project).to.deep.equal({
        id: 'racks',
        name: 'racks',
        domain: { id: 'default', name: 'Default' },
      });
      expect(token.roles.map(({ name }: { name: string }) => name)).to.deep.equal([
        'admin',
        'manager',
        'member',
        'reader',
      ]);
      expect(token.issued_at).to.equal('2026-01-02T03:04:05.000000Z');
      expect(token.expires_at).to.equal('2026-01-02T04:04:05.000000Z');
      expect(token.catalog.map(({ type }: { type: string }) => type)).to.deep.equal([
        'identity',
        'baremetal',
        'baremetal-lifecycle',
      ]);
      for (const { endpoints } of token.catalog) expect(endpoints).to.have.length(3);
      expect(token.catalog[0].endpoints[0]).to.include({ url: `${running.url}/v3`, region: 'RegionOne' });
    });

    it('gives tokens of system scope, without scope, and of the default project', async () => {
      expect((await login('operator', SYSTEM)).body.token.system).to.deep.equal({ all: true });
      const unscoped = (await login('nobody')).body.token;
      expect(unscoped).not.to.have.any.keys('project', 'system', 'domain', 'roles', 'catalog');
      expect((await login('tenant')).body.token.project.id).to.equal('racks');
      for (const none of ['unscoped', { unscoped: {} }]) {
        expect((await login('tenant', none)).body.token).not.to.have.property('project');
      }
    });

    it('tells domains apart', async () => {
      const home = { project: { name: 'racks', domain: { id: 'tenants' } } };
      const answer = await login('far', home, 'far-pw', { name: 'tenants' });
      expect(answer.body.token.project.id).to.equal('tenant-racks');
      expect((await login('far', home)).status).to.equal(401);
      expect((await login('far', RACKS, 'far-pw', { name: 'tenants' })).status).to.equal(401);
    });

    it('takes ids instead of names', async () => {
      const { body } = await login('tenant');
      const answer = await request('POST', '/v3/auth/tokens', {
        body: {
          auth: {
            identity: {
              methods: ['password'],
              password: { user: { id: body.token.user.id, password: 'tenant-pw' } },
            },
            scope: { project: { id: 'racks' } },
          },
        },
      });
      expect(answer.status).to.equal(201);
    });

    it('answers wrong user, password, scope and role with the same 401', async () => {
      const answers = await Promise.all([
        login('operator', RACKS, 'wrong'),
        login('unknown', RACKS),
        login('tenant', SYSTEM),
        login('nobody', RACKS),
        login('operator', { project: { name: 'none', domain: { id: 'default' } } }),
        login('operator', { project: { name: 'racks', domain: { id: 'none' } } }),
        login('operator', { domain: { id: 'default' } }),
      ]);
      for (const { status, body, headers } of answers) {
        expect(status).to.equal(401);
        expect(body).to.deep.equal(answers[0]?.body);
        expect(headers.get('www-authenticate')).to.equal(`Keystone uri="${running.url}"`);
        expect(headers.get('x-subject-token')).to.equal(null);
      }
    });

    it('rescopes a token, without making it live longer', async () => {
      const first = await login('operator', SYSTEM);
      clock.advance(600);
      const answer = await request('POST', '/v3/auth/tokens', {
        body: {
          auth: {
            identity: { methods: ['token'], token: { id: first.headers.get('x-subject-token') } },
            scope: RACKS,
          },
        },
      });
      expect(answer.status).to.equal(201);
      expect(answer.body.token).to.deep.include({ methods: ['token', 'password'] });
      expect(answer.body.token.expires_at).to.equal(first.body.token.expires_at);
      expect(answer.body.token.audit_ids[1]).to.equal(first.body.token.audit_ids[0]);
    });

    it('answers nonsense with 400, 401 or 413, never 500', async () => {
      const password = { user: { name: 'operator', domain: { id: 'default' }, password: 5 } };
      const cases: [number, unknown][] = [
        [400, []],
        [400, {}],
        [400, { auth: 'x' }],
        [400, { auth: { identity: { methods: [] } } }],
        [400, { auth: { identity: { methods: ['password', 'totp'] } } }],
        [401, { auth: { identity: { methods: ['saml2'] } } }],
        [400, { auth: { identity: { methods: ['password'] } } }],
        [400, { auth: { identity: { methods: ['password'], password } } }],
        [401, { auth: { identity: { methods: ['token'], token: {} } } }],
        [413, { x: 'x'.repeat(70_000) }],
      ];
      for (const [status, body] of cases) {
        const answer = await request('POST', '/v3/auth/tokens', { body });
        expect(answer.status, JSON.stringify(body).slice(0, 100)).to.equal(status);
        expect(answer.body.error.code).to.equal(status);
      }
      expect((await request('POST', '/v3/auth/tokens', { text: '{"auth": hunter2' })).status).to.equal(400);
      expect((await request('POST', '/v3/auth/tokens')).status).to.equal(400);
      for (const scope of [{}, { system: {} }, { system: {}, project: {} }, 5]) {
        expect((await login('operator', scope)).status).to.equal(400);
      }
      expect(running.log_lines.join('')).not.to.contain('failed to answer').and.not.contain('hunter2');
    });

    it('makes guessers wait, whether the user exists or not', async () => {
      for (const name of ['operator', 'unknown']) {
        for (let i = 0; i < 6; i++) expect((await login(name, RACKS, 'guess')).status).to.equal(401);
        const slowed = await login(name, RACKS);
        expect(slowed.status).to.equal(429);
        expect(slowed.headers.get('retry-after')).to.equal('1');
      }
      expect((await login('tenant')).status).to.equal(201);
      clock.advance(1);
      expect((await login('operator', RACKS)).status).to.equal(201);
    });

    it('follows the users file', async () => {
      const token = await tokenOf('tenant');
      const users = USERS.users.filter((user) => !('name' in user && user.name === 'tenant'));
      writeFileSync(running.users_file, JSON.stringify({ ...USERS, users }));
      clock.advance(1);
      expect((await login('tenant')).status).to.equal(401);
      expect(await running.identity.verify(token, false)).to.equal(null);
    });
  });

  describe('GET, HEAD and DELETE /v3/auth/tokens', () => {
    it('show a token to its holder, to services and to readers of the system, not to others', async () => {
      const subject = await tokenOf('tenant');
      const service = await tokenOf('kurogane', {
        project: { name: 'service', domain: { id: 'default' } },
      });
      for (const token of [subject, service, await tokenOf('auditor', SYSTEM)]) {
        const answer = await request('GET', '/v3/auth/tokens', { token, subject });
        expect(answer.status).to.equal(200);
        expect(answer.body.token.user.name).to.equal('tenant');
        expect(answer.headers.get('x-subject-token')).to.equal(subject);
        expect((await request('HEAD', '/v3/auth/tokens', { token, subject })).status).to.equal(200);
      }
      const stranger = await tokenOf('nobody');
      expect((await request('GET', '/v3/auth/tokens', { token: stranger, subject })).status).to.equal(403);
      expect((await request('GET', '/v3/auth/tokens', { subject })).status).to.equal(401);
      expect((await request('GET', '/v3/auth/tokens', { token: service, subject: 'x' })).status).to.equal(
        404,
      );
    });

    it('leave the catalogue out on request', async () => {
      const token = await tokenOf('tenant');
      const answer = await request('GET', '/v3/auth/tokens?nocatalog', { token, subject: token });
      expect(answer.body.token).not.to.have.property('catalog');
    });

    it('revoke: the own token, any as an admin of the system, none as an admin of a project', async () => {
      const own = await tokenOf('tenant');
      expect((await request('DELETE', '/v3/auth/tokens', { token: own, subject: own })).status).to.equal(204);
      expect((await request('GET', '/v3/auth/projects', { token: own })).status).to.equal(401);
      expect(await running.identity.verify(own, false)).to.equal(null);

      const subject = await tokenOf('tenant');
      const of_project = await tokenOf('operator', RACKS);
      const of_system = await tokenOf('operator', SYSTEM);
      expect((await request('DELETE', '/v3/auth/tokens', { token: of_project, subject })).status).to.equal(
        403,
      );
      expect((await request('DELETE', '/v3/auth/tokens', { token: of_system, subject })).status).to.equal(
        204,
      );
      expect((await request('DELETE', '/v3/auth/tokens', { token: of_system, subject })).status).to.equal(
        404,
      );
    });

    it('find an expired token when asked to', async () => {
      const subject = await tokenOf('tenant');
      clock.advance(3600);
      const token = await tokenOf('kurogane', { project: { name: 'service', domain: { id: 'default' } } });
      expect((await request('GET', '/v3/auth/tokens', { token, subject })).status).to.equal(404);
      expect((await request('GET', '/v3/auth/tokens?allow_expired=1', { token, subject })).status).to.equal(
        200,
      );
    });
  });

  it('lists what the holder may do where', async () => {
    const token = await tokenOf('operator', SYSTEM);
    const projects = await request('GET', '/v3/auth/projects', { token });
    expect(projects.body.projects.map(({ id }: { id: string }) => id)).to.deep.equal(['racks']);
    expect((await request('GET', '/v3/auth/domains', { token })).body.domains).to.deep.equal([]);
    expect((await request('GET', '/v3/auth/system', { token })).body.system).to.deep.equal([{ all: true }]);
    expect((await request('GET', '/v3/auth/catalog', { token })).body.catalog).to.have.length(3);
  });

  it('shows all projects, users, domains and roles to readers of the system, their own to others', async () => {
    const reader = await tokenOf('auditor', SYSTEM);
    const tenant = await tokenOf('tenant');
    for (const [path, count] of [
      ['/v3/projects', 3],
      ['/v3/projects?name=racks', 2],
      ['/v3/projects?name=racks&domain_id=tenants', 1],
      ['/v3/users', 6],
      ['/v3/domains?name=Default', 1],
      ['/v3/roles?name=admin', 1],
    ] as const) {
      const key = path.slice(4).replace(/\?.*/, '');
      expect((await request('GET', path, { token: reader })).body[key], path).to.have.length(count);
      expect((await request('GET', path, { token: tenant })).status).to.equal(403);
    }
    expect((await request('GET', '/v3/projects/racks', { token: tenant })).body.project.name).to.equal(
      'racks',
    );
    expect((await request('GET', '/v3/projects/tenant-racks', { token: tenant })).status).to.equal(403);
    expect((await request('GET', '/v3/projects/none', { token: tenant })).status).to.equal(403);
    expect((await request('GET', '/v3/projects/none', { token: reader })).status).to.equal(404);
    const text = JSON.stringify((await request('GET', '/v3/users', { token: reader })).body);
    expect(text).not.to.contain('$2b$').and.not.contain('password_hash');
  });

  it('answers unknown routes with 404 in Keystone’s words', async () => {
    const answer = await request('GET', '/v3/groups');
    expect(answer.status).to.equal(404);
    expect(answer.body.error).to.include({ code: 404, title: 'Not Found' });
  });

  it('writes no password and no token into the log', async () => {
    const token = await tokenOf('operator', SYSTEM);
    await login('operator', RACKS, 'hunter2');
    const log = running.log_lines.join('');
    expect(log).not.to.contain('operator-pw').and.not.contain('hunter2').and.not.contain(token);
  });
});
