import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { selfSignedCertificate } from '../../rack/certificate.ts';
import { kurogane, startKurogane } from './kurogane-command.ts';

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
    ).to.deep.equal(['ipmi', 'redfish']);
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

  it('keeps BMC passwords encrypted, also when the key changes', async () => {
    const noauth = { ...env, KUROGANE_DEFAULT__AUTH_STRATEGY: 'noauth' };
    const body = {
      name: 'n',
      driver: 'ipmi',
      driver_info: { ipmi_address: 'h', ipmi_password: 'hunter2-in-the-db' },
    };
    const first = await startKurogane(['serve'], noauth);
    const created = await fetch(`${first.url}/v1/nodes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-openstack-ironic-api-version': '1.82' },
      body: JSON.stringify(body),
    });
    expect(created.status).to.equal(201);
    await first.child.stop();
    const key_file = join(folder, 'secrets.key');
    const old_key = await readFile(key_file, 'utf8');
    await kurogane(['db', 'add-key', '--key-file', key_file], { env: noauth });
    const rotated = await kurogane(['db', 'rotate-secrets'], {
      env: { ...noauth, KUROGANE_SECRETS__KEY_FILE: key_file },
    });
    // The node's, and the secret by which gateways reach the conductor's consoles.
    expect(rotated.stdout).to.contain('2 rows were encrypted again');
    for (const name of await readdir(folder))
      if (name.startsWith('kurogane.sqlite'))
        expect((await readFile(join(folder, name))).includes('hunter2-in-the-db')).to.equal(false);

    const read = async (keys: string): Promise<number> => {
      await writeFile(key_file, keys);
      const { child, url } = await startKurogane(['serve'], noauth);
      const { status } = await fetch(`${url}/v1/nodes/n`, {
        headers: { 'x-openstack-ironic-api-version': '1.82' },
      });
      await child.stop();
      return status;
    };
    const [new_key = ''] = (await readFile(key_file, 'utf8')).split('\n');
    expect(await read(new_key)).to.equal(200);
    expect(await read(old_key)).to.be.at.least(500);
  });

  it('speaks TLS', async () => {
    const { cert, key } = await selfSignedCertificate('127.0.0.1', Date.now());
    const files = { cert_file: join(folder, '../cert.pem'), key_file: join(folder, '../key.pem') };
    await writeFile(files.cert_file, cert);
    await writeFile(files.key_file, key);
    const { child, url } = await startKurogane(['serve'], {
      ...env,
      KUROGANE_DEFAULT__AUTH_STRATEGY: 'noauth',
      KUROGANE_API__ENABLE_SSL_API: 'true',
      KUROGANE_SSL__CERT_FILE: files.cert_file,
      KUROGANE_SSL__KEY_FILE: files.key_file,
    });
    expect(url).to.match(/^https:/);
    const links = await new Promise<string>((resolve, reject) => {
      const request = get(`${url}/v1`, { ca: cert, agent: false }, (reply) => {
        let text = '';
        reply.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        reply.on('end', () => resolve(text));
      });
      request.on('error', reject);
    });
    expect(links).to.contain(`${url}/v1/`);
    await child.stop();
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
