import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startKurogane } from './kurogane-command.ts';

describe('kurogane serve', function () {
  this.timeout(60_000);
  let folder: string;
  let env: Record<string, string>;

  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'kurogane-serve-')), 'state');
    env = { KUROGANE_DEFAULT__STATE_PATH: folder, KUROGANE_API__PORT: '0', KUROGANE_BOOT__PORT: '0' };
  });
  afterEach(async () => {
    await rm(join(folder, '..'), { recursive: true });
  });

  const mode = async (name: string): Promise<number> => (await stat(join(folder, name))).mode & 0o777;

  async function logIn(url: string, password: string): Promise<Response> {
    const domain = { name: 'Default' };
    return await fetch(`${url}/identity/v3/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        auth: {
          identity: { methods: ['password'], password: { user: { name: 'admin', domain, password } } },
          scope: { system: { all: true } },
        },
      }),
    });
  }

  it('starts from nothing: key, schema and an account of its own, which it keeps', async () => {
    const first = await startKurogane(['serve'], env);
    const [, password = ''] = await first.child.waitForOutput(
      /has the password (\S+) - it is shown only now/,
    );
    expect(await mode('secrets.key')).to.equal(0o600);
    expect(await mode('users.yaml')).to.equal(0o600);
    expect(await readFile(join(folder, 'users.yaml'), 'utf8')).to.not.contain(password);
    const token = await logIn(first.url, password);
    expect(token.status).to.equal(201);
    const nodes = await fetch(`${first.url}/v1/nodes`, {
      headers: { 'x-auth-token': token.headers.get('x-subject-token') ?? '' },
    });
    expect(await nodes.json()).to.deep.equal({ nodes: [] });
    const drivers = await fetch(`${first.url}/v1/drivers`, {
      headers: { 'x-auth-token': token.headers.get('x-subject-token') ?? '' },
    });
    expect(
      ((await drivers.json()) as { drivers: { name: string }[] }).drivers.map(({ name }) => name),
    ).to.deep.equal(['ipmi']);
    expect(await first.child.stop()).to.deep.equal({ code: 0, signal: null });

    const key = await readFile(join(folder, 'secrets.key'), 'utf8');
    const second = await startKurogane(['serve'], env);
    expect(second.child.output()).to.not.contain('has the password');
    expect(await readFile(join(folder, 'secrets.key'), 'utf8')).to.equal(key);
    expect((await logIn(second.url, password)).status).to.equal(201);
    expect((await logIn(second.url, 'wrong')).status).to.equal(401);
    expect(await second.child.stop()).to.deep.equal({ code: 0, signal: null });
    expect(await readdir(folder)).to.include.members([
      'images',
      'kurogane.sqlite',
      'secrets.key',
      'users.yaml',
    ]);
  });

  it('closes its door to requests with headers larger than 16 KiB', async () => {
    const { child, url } = await startKurogane(['serve'], {
      ...env,
      KUROGANE_DEFAULT__AUTH_STRATEGY: 'noauth',
    });
    const reply = await fetch(`${url}/v1/nodes`, { headers: { 'x-large': 'a'.repeat(20_000) } });
    expect(reply.status).to.equal(431);
    expect((await fetch(`${url}/v1/nodes`)).status).to.equal(200);
    await child.stop();
  });
});
