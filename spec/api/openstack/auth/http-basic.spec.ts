import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import { Unauthorized } from '../../../../api/http/authenticator.ts';
import { createAuthenticator } from '../../../../api/openstack/auth/create-authenticator.ts';
import { parseHtpasswd } from '../../../../api/openstack/auth/http-basic.ts';
import { loadSettings } from '../../../../config/load-settings.ts';
import { createLogger } from '../../../../config/logger.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';

describe('auth_strategy http_basic', () => {
  // The hash of Apache's htpasswd -B differs by its prefix only.
  const hashOf = (password: string) => hashSync(password, 4).replace('$2b$', '$2y$');
  let folder: string;
  let path: string;
  let clock: ManualClock;
  let log_lines: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kurogane-basic-'));
    path = join(folder, 'htpasswd');
    clock = manualClock();
    log_lines = [];
    writeFileSync(path, `# users\nadmin:${hashOf('pass:word')}\n\n`);
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  function open(file = path) {
    return createAuthenticator({
      settings: loadSettings({
        env: {
          KUROGANE_DEFAULT__AUTH_STRATEGY: 'http_basic',
          KUROGANE_DEFAULT__HTTP_BASIC_AUTH_USER_FILE: file,
        },
      }),
      log: createLogger({ level: 'debug', destination: { write: (line) => log_lines.push(line) } }),
      clock,
    });
  }

  const basic = (user: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  });

  async function messageOf(promise: Promise<unknown>): Promise<string> {
    try {
      await promise;
    } catch (error) {
      if (!(error instanceof Unauthorized)) throw error;
      expect(error.challenge).to.equal('Basic realm="Baremetal API"');
      return (error.body as { error: { code: number; message: string } }).error.message;
    }
    throw new Error('It was accepted.');
  }

  it('knows users by name and password, and makes them unrestricted', async () => {
    const caller = await open().authenticate(basic('admin', 'pass:word'), 'req-1');
    expect(caller).to.include({
      user_id: 'admin',
      project_id: null,
      unrestricted: true,
      system_scope: false,
    });
    expect(caller.roles).to.deep.equal([]);
  });

  it('refuses wrong passwords and unknown users with the same words', async () => {
    const authenticator = open();
    await authenticator.authenticate(basic('admin', 'pass:word'), 'req-1');
    for (const headers of [basic('admin', 'pass:wor'), basic('admin', ''), basic('nobody', 'pass:word')]) {
      expect(await messageOf(authenticator.authenticate(headers, 'req-1'))).to.equal(
        'Incorrect username or password',
      );
    }
  });

  it('refuses what is no Basic login', async () => {
    const authenticator = open();
    const odd = ['', 'Basic', 'Basic !!!', 'Bearer abc', `Basic ${Buffer.from('admin').toString('base64')}`];
    for (const authorization of [...odd, `Basic ${'A'.repeat(5000)}`, `Basic ${btoa('admin:a\0b')}`]) {
      expect(await messageOf(authenticator.authenticate({ authorization }, 'req-1'))).to.equal(
        'Authorization required',
      );
    }
    expect(await messageOf(authenticator.authenticate({ 'x-user': 'admin' }, 'req-1'))).to.contain(
      'required',
    );
  });

  it('sees a changed file within a second, and forgets the old password', async () => {
    const authenticator = open();
    await authenticator.authenticate(basic('admin', 'pass:word'), 'req-1');
    writeFileSync(path, `admin:${hashOf('new')}\nsecond:${hashOf('two')}\n`);
    clock.advance(1);
    await messageOf(authenticator.authenticate(basic('admin', 'pass:word'), 'req-1'));
    await authenticator.authenticate(basic('admin', 'new'), 'req-1');
    await authenticator.authenticate(basic('second', 'two'), 'req-1');
  });

  it('keeps the former content when the changed file is wrong or gone, and says so', async () => {
    const authenticator = open();
    writeFileSync(path, 'admin:plain-hunter2\n');
    clock.advance(1);
    await authenticator.authenticate(basic('admin', 'pass:word'), 'req-1');
    rmSync(path);
    clock.advance(1);
    await authenticator.authenticate(basic('admin', 'pass:word'), 'req-1');
    expect(log_lines.filter((line) => line.includes('former content'))).to.have.length(2);
    expect(log_lines.join('')).not.to.contain('hunter2');
  });

  it('does not start with a missing or wrong file', () => {
    expect(() => open(join(folder, 'none'))).to.throw('ENOENT');
    expect(() => open('')).to.throw('http_basic_auth_user_file');
  });

  it('takes bcrypt entries only and names the wrong lines, not what they hold', () => {
    const md5 = '$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00';
    const hash = hashOf('x');
    expect(() =>
      parseHtpasswd(`a:${hash}\nb:${md5}\nhunter2\n:${hash}\nc:$2y$31$${'a'.repeat(53)}`),
    ).to.throw(/: 2, 3, 4, 5\.$/);
    expect([...parseHtpasswd(`a:${hash}\r\n`).hashes]).to.deep.equal([['a', hash]]);
  });
});
