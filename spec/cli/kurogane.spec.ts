import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { compare } from 'bcryptjs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { upgradeDatabase } from '../../bin/database.ts';
import { hashPasswordFromInput } from '../../bin/hash-password.ts';
import { addKey } from '../../bin/secret-keys.ts';
import { loadSettings } from '../../config/load-settings.ts';
import { OPTIONS } from '../../config/options.ts';
import { type KuroganeRun, kurogane } from './kurogane-command.ts';

describe('kurogane', function () {
  this.timeout(60_000);
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-cli-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const command = async (
    args: string[],
    env: Record<string, string> = {},
    input?: string,
  ): Promise<KuroganeRun> =>
    await kurogane(args, {
      env: { KUROGANE_DEFAULT__STATE_PATH: folder, ...env },
      ...(input === undefined ? {} : { input }),
    });

  it('lists every setting and command in its help', async () => {
    const { code, stdout } = await command(['--help']);
    expect(code).to.equal(0);
    for (const [group, options] of Object.entries(OPTIONS)) {
      expect(stdout).to.contain(`[${group}]`);
      for (const key of Object.keys(options))
        expect(stdout).to.contain(`KUROGANE_${group.toUpperCase()}__${key.toUpperCase()}`);
    }
    for (const name of ['api', 'conductor', 'boot', 'serve', 'db', 'config', 'identity'])
      expect(stdout).to.match(new RegExp(`^  ${name}\\b`, 'm'));
  });

  it('shows the settings in force, with secrets masked', async () => {
    const config = join(folder, 'kurogane.yaml');
    await writeFile(
      config,
      'database: {connection: "mysql://u:hunter2@db/k"}\napi: {port: 7000, max_limit: 5}\n',
    );
    const { code, stdout } = await command(['--config', config, 'config', 'show'], {
      KUROGANE_API__PORT: '7001',
    });
    expect(code).to.equal(0);
    const shown = parse(stdout) as Record<string, Record<string, unknown>>;
    expect(shown).to.have.keys(Object.keys(OPTIONS));
    expect(shown.api).to.include({ port: 7001, max_limit: 5 });
    expect(shown.database?.connection).to.equal('***');
    expect(stdout).to.not.contain('hunter2');
  });

  for (const [what, args, env, said, exit] of [
    [
      'a setting that does not exist',
      ['config', 'show'],
      { KUROGANE_API__MAX_LIMITS: '1' },
      /KUROGANE_API__MAX_LIMITS.*Did you mean max_limit\?/,
      1,
    ],
    [
      'a file that does not exist',
      ['--config', '/nonexistent/k.yaml', 'config', 'show'],
      {},
      /\/nonexistent\/k\.yaml cannot be read \(ENOENT\)/,
      1,
    ],
    [
      'a command that does not exist',
      ['servr'],
      {},
      /unknown command 'servr'\n\(Did you mean one of serve, server\?\)/,
      2,
    ],
  ] as const)
    it(`refuses ${what} with a message and no stack`, async () => {
      const { code, stderr } = await command([...args], env);
      expect(code).to.equal(exit);
      expect(stderr).to.match(said);
      expect(stderr).to.not.match(/^ +at /m);
    });

  it('makes a key file that only its owner reads, and puts new keys in front', async () => {
    const key_file = join(folder, 'keys/secrets.key');
    expect((await command(['db', 'add-key', '--key-file', key_file])).code).to.equal(0);
    const first = await readFile(key_file, 'utf8');
    expect(Buffer.from(first, 'base64')).to.have.length(32);
    expect((await stat(key_file)).mode & 0o777).to.equal(0o600);
    const { stdout } = await command(['db', 'add-key', '--key-file', key_file]);
    expect(stdout).to.contain('now has 2 keys');
    const both = await readFile(key_file, 'utf8');
    expect(both.split('\n')).to.have.length(3);
    expect(both.endsWith(`\n${first}`)).to.equal(true);
    expect((await stat(key_file)).mode & 0o777).to.equal(0o600);
  });

  it('does not touch a key file that holds something else', async () => {
    const key_file = join(folder, 'notes.txt');
    await writeFile(key_file, 'my notes\n');
    const { code, stderr } = await command(['db', 'add-key', '--key-file', key_file]);
    expect(code).to.equal(1);
    expect(stderr).to.contain('notes.txt: Line 1 of the keys for secrets is not 32 bytes in base64.');
    expect(await readFile(key_file, 'utf8')).to.equal('my notes\n');
  });

  it('hashes a password from standard input', async () => {
    const { code, stdout, stderr } = await command(['identity', 'hash-password'], {}, 'correct horse\n');
    expect(code).to.equal(0);
    expect(await compare('correct horse', stdout.trim())).to.equal(true);
    expect(stdout + stderr).to.not.contain('correct horse');
    const refusal = async (input: string): Promise<string> =>
      await hashPasswordFromInput(Readable.from([input]) as typeof process.stdin).catch(
        (error: Error) => error.message,
      );
    expect(await refusal('')).to.contain('No password came');
    expect(await refusal(`${'x'.repeat(73)}\n`)).to.contain('longer than 72 bytes');
  });

  for (const name of ['api', 'conductor'])
    describe(name, () => {
      it('does not start without a key for secrets, and says how to make one', async () => {
        const { code, stderr } = await command([name]);
        expect(code).to.equal(1);
        expect(stderr).to.contain(`kurogane db add-key --key-file ${join(folder, 'secrets.key')}`);
      });

      it('does not start on an old schema, and names the command that upgrades it', async () => {
        const key_file = join(folder, 'secrets.key');
        await addKey(key_file);
        const { code, stderr } = await command([name], { KUROGANE_SECRETS__KEY_FILE: key_file });
        expect(code).to.equal(1);
        expect(stderr).to.contain('kurogane db upgrade');
        expect(stderr).to.not.match(/^ +at /m);
      });
    });

  it('makes the schema, once', async () => {
    const key_file = join(folder, 'secrets.key');
    await addKey(key_file);
    const env = { KUROGANE_SECRETS__KEY_FILE: key_file };
    const before = await command(['db', 'status'], env);
    expect(before.code).to.equal(1);
    expect(before.stdout).to.contain('kurogane db upgrade');
    const first = await command(['db', 'upgrade'], env);
    expect(first.code, first.stderr).to.equal(0);
    const second = await command(['db', 'upgrade'], env);
    expect(second.stdout).to.contain('already');
    expect((await command(['db', 'status'], env)).code).to.equal(0);
    expect((await command(['db', 'rotate-secrets'], env)).code).to.equal(0);
  });

  describe('with a schema', () => {
    let env: Record<string, string>;

    beforeEach(async () => {
      const key_file = join(folder, 'secrets.key');
      env = { KUROGANE_SECRETS__KEY_FILE: key_file, KUROGANE_API__PORT: '0' };
      await addKey(key_file);
      const variables = { KUROGANE_DEFAULT__STATE_PATH: folder, ...env };
      await upgradeDatabase(loadSettings({ env: variables }));
    });

    for (const [what, args, more, said] of [
      [
        'an API that cannot authenticate',
        ['api'],
        {},
        /needs \[keystone_authtoken\]auth_url, or \[identity\]enabled/,
      ],
      [
        'an API without a certificate',
        ['api'],
        { KUROGANE_DEFAULT__AUTH_STRATEGY: 'noauth', KUROGANE_API__ENABLE_SSL_API: 'true' },
        /needs \[ssl\]cert_file and key_file/,
      ],
      ['a boot service that does not know the API', ['boot'], {}, /set \[api\]public_endpoint/],
      [
        'a transport URL that is none, without repeating it',
        ['conductor'],
        { KUROGANE_OSLO_MESSAGING__TRANSPORT_URL: 'kafka://u:hunter2@h' },
        /^kurogane: \[oslo_messaging\]transport_url: expected memory:\/\/ or amqp/m,
      ],
    ] as const)
      it(`does not start ${what}`, async () => {
        const { code, stderr } = await command([...args], { ...env, ...more });
        expect(code).to.equal(1);
        expect(stderr).to.match(said);
        expect(stderr).to.not.match(/^ +at /m);
        expect(stderr).to.not.contain('hunter2');
      });
  });

  it('refuses a port that is taken, naming it', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const { code, stderr } = await command(['serve'], {
      KUROGANE_API__PORT: String(port),
      KUROGANE_BOOT__PORT: '0',
    });
    await new Promise((resolve) => taken.close(resolve));
    expect(code).to.equal(1);
    expect(stderr).to.contain(`Cannot listen on 127.0.0.1 port ${port} (EADDRINUSE)`);
  });
});
