import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { EXIT_CODES, type ExitName } from '../../cli/exit-codes.ts';
import { selfSignedCertificate } from '../../rack/certificate.ts';
import { freePort } from '../services/free-port.ts';
import { run, startChild } from '../services/process.ts';
import { temporaryFolder } from '../services/temporary-folder.ts';
import { runClient } from './client-bench.ts';
import { type ClientService, startClientService } from './client-service.ts';
import { PROGRAM } from './kurogane-command.ts';

describe('S62 how a client command ends', function () {
  this.timeout(60_000);
  let service: ClientService;
  before(async () => {
    service = await startClientService();
    await Promise.all([
      service.addServer('good', { owner: 'team-a' }),
      service.addServer('slow', { driver_info: { fake_power_delay: '3' } }),
      service.addServer('bad', {}),
    ]);
    await service.request('PATCH', '/v1/nodes/bad', [
      { op: 'add', path: '/driver_info/fake_power_failure', value: 'rejected' },
    ]);
  });
  after(() => service?.[Symbol.asyncDispose]());

  const as = (who: 'operator' | 'tenant', ...args: string[]) => runClient(args, service[who]);

  const rows: [when: string, exit: ExitName, who: 'operator' | 'tenant', args: string[], told: RegExp][] = [
    ['it was done', 'done', 'tenant', ['server', 'list'], /^$/],
    ['work was waited for', 'done', 'operator', ['server', 'power-on', 'good', '--wait'], /^good: /m],
    [
      'the password is wrong',
      'unauthenticated',
      'operator',
      ['stage', 'counts'],
      /refused \(HTTP 401\)\.\nSee/,
    ],
    ['it is not allowed', 'forbidden', 'tenant', ['server', 'set', 'good', '--rack', 'A'], /HTTP 403/],
    ['there is no such server', 'missing', 'operator', ['server', 'show', 'nobody'], /nobody could not be/],
    ['a name is nowhere', 'missing', 'operator', ['order', 'show', 'x'], /no order x: kurogane order list/],
    [
      'the stage forbids it',
      'conflict',
      'operator',
      ['server', 'rebuild', 'good', '--yes'],
      /not possible in/,
    ],
    ['a value is refused', 'invalid', 'operator', ['trail', 'list', '--since', 'noon'], /since/],
    ['nothing is to be changed', 'usage', 'operator', ['server', 'set', 'good'], /--rack/],
    ['nobody confirms', 'usage', 'operator', ['server', 'return', 'good'], /say so with --yes/],
    [
      'the work failed',
      'work_failed',
      'operator',
      ['server', 'power-on', 'bad', '--wait'],
      /bad: .*rejected/,
    ],
    [
      'some failed',
      'partly_failed',
      'operator',
      ['server', 'power-on', 'bad', 'good', '--wait'],
      /1 of 2 failed/,
    ],
    ['several fail alike', 'missing', 'operator', ['server', 'reboot', 'x', 'y'], /2 of 2 failed/],
    [
      'it takes too long',
      'timed_out',
      'operator',
      ['server', 'power-on', 'slow', '--wait', '--timeout', '0.1'],
      /goes on\. To see how it goes on:\n {2}kurogane server show slow/,
    ],
  ];
  for (const [when, exit, who, args, told] of rows)
    it(`with ${EXIT_CODES[exit].code} when ${when}`, async () => {
      const wrong = exit === 'unauthenticated' ? { OS_PASSWORD: 'wrong' } : {};
      const { code, stderr } = await runClient(args, { ...service[who], ...wrong });
      expect(code, stderr).to.equal(EXIT_CODES[exit].code);
      expect(stderr).to.match(told);
    });

  it('with 130 when Ctrl-C ends the waiting, and says how to go on', async () => {
    const interrupt = new AbortController();
    const { code, stderr } = await runClient(['server', 'power-off', 'slow', '--wait'], service.operator, {
      signal: interrupt.signal,
      seen: () => interrupt.abort(),
    });
    // Or the server is still busy with what the row above began.
    if (code !== EXIT_CODES.conflict.code) {
      expect(code).to.equal(EXIT_CODES.interrupted.code);
      expect(stderr).to.contain('the work goes on').and.contain('kurogane server show slow');
    }
  });

  it('shows each of several servers with its result, by names from standard input too', async () => {
    const { stdout, code } = await runClient(
      ['server', 'set', '-', '--rack', 'R7', '-o', 'json'],
      service.operator,
      {
        stdin: 'good\nbad nobody\n',
      },
    );
    expect(code).to.equal(EXIT_CODES.partly_failed.code);
    const { results } = JSON.parse(stdout) as { results: { server: string; result: string; code: number }[] };
    expect(results.map(({ server, result, code: own }) => [server, result, own])).to.deep.equal([
      ['good', 'done', 0],
      ['bad', 'done', 0],
      ['nobody', 'missing', 5],
    ]);
  });

  it('logs in once more when its token has expired, and not for a token that it was given', async () => {
    const { OS_AUTH_URL = '' } = service.operator;
    const origin = new URL(OS_AUTH_URL).origin;
    let expired = 1;
    let logins = 0;
    // What comes between: it says of the first token that it has expired.
    const { createServer: createPlain } = await import('node:http');
    const between = createPlain(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      if (request.url?.endsWith('/auth/tokens')) logins += 1;
      else if (expired > 0) {
        expired -= 1;
        response.writeHead(401).end('{}');
        return;
      }
      const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
      const reply = await fetch(`${origin}${request.url}`, {
        method: request.method ?? 'GET',
        headers: headers as Record<string, string>,
        ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
      });
      const token = reply.headers.get('x-subject-token');
      response.writeHead(reply.status, token === null ? {} : { 'x-subject-token': token });
      response.end(await reply.text());
    });
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(between.address() as AddressInfo).port}`;
      const env = { ...service.operator, OS_AUTH_URL: `${url}/identity/v3`, OS_ENDPOINT: `${url}/lifecycle` };
      const { code, stderr } = await runClient(['stage', 'counts'], env);
      expect([code, logins], stderr).to.deep.equal([0, 2]);
      expired = 1;
      const token = { OS_AUTH_TYPE: 'token', OS_TOKEN: 'gAAAA', OS_ENDPOINT: `${url}/lifecycle` };
      const refused = await runClient(['stage', 'counts'], token);
      expect([refused.code, logins]).to.deep.equal([EXIT_CODES.unauthenticated.code, 2]);
      expect(refused.stderr).to.contain('openstack token issue');
    } finally {
      between.closeAllConnections();
      between.close();
    }
  });

  it('with 8 and what to do when the service is not there, or not believed', async () => {
    const away = { OS_AUTH_TYPE: 'none', OS_ENDPOINT: `http://127.0.0.1:${await freePort()}` };
    const nobody = await runClient(['server', 'list'], away);
    expect([nobody.code, nobody.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 8 && text.includes('see that the service runs'),
    );
    const { cert, key } = await selfSignedCertificate('127.0.0.1', Date.now());
    const tls = createServer({ cert, key }, (_request, response) => response.end('{}'));
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    const folder = await temporaryFolder('kurogane-exits-');
    try {
      const { port } = tls.address() as AddressInfo;
      const env = { OS_AUTH_TYPE: 'none', OS_ENDPOINT: `https://127.0.0.1:${port}` };
      const unknown = await runClient(['stage', 'counts'], env);
      expect(unknown.code).to.equal(8);
      expect(unknown.stderr).to.contain('set OS_CACERT to a PEM file');
      const file = join(folder.path, 'ca.pem');
      await writeFile(file, cert);
      const known = await runClient(['api', 'document', '-o', 'json'], { ...env, OS_CACERT: file });
      expect([known.code, known.stdout]).to.deep.equal([0, '{}\n']);
      const plain = { ...env, OS_ENDPOINT: `http://127.0.0.1:${port}` };
      expect((await runClient(['stage', 'counts'], plain)).code).to.be.oneOf([7, 8]);
    } finally {
      tls.closeAllConnections();
      tls.close();
      await folder.remove();
    }
  });

  it('quietly when its reader has enough, and by Ctrl-C in a process', async () => {
    const environment = { PATH: process.env.PATH ?? '', ...service.operator };
    const script = `"$0" api document -o json | head -c 10; echo " \${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await run({
      command: 'bash',
      args: ['--norc', '-c', script, PROGRAM],
      env: environment,
    });
    expect(stderr).to.equal('');
    expect(stdout).to.match(/^\{\n {2}"opena 141\n$/);
    await service.addServer('slower', { driver_info: { fake_power_delay: '3' } });
    const child = await startChild({
      command: PROGRAM,
      args: ['server', 'power-on', 'slower', '--wait'],
      env: environment,
    });
    try {
      await child.waitForOutput(/^slower: /m);
      process.kill(child.pid, 'SIGINT');
      expect((await child.exited).code).to.equal(EXIT_CODES.interrupted.code);
      expect(child.output()).to.contain('kurogane server show slower');
    } finally {
      await child.stop();
    }
  });

  it('asks a person to type the name of what cannot be undone', async () => {
    const args = ['server', 'return', 'good'];
    const other = await runClient(args, service.operator, { answers: ['bad'] });
    expect([other.code, other.stderr]).to.satisfy(
      ([code, text]: [number, string]) =>
        code === 2 && /erases the disks.*\nType good to go on: That is/s.test(text),
    );
    const meant = await runClient(args, service.operator, { answers: ['good'] });
    expect(meant.code).to.equal(EXIT_CODES.conflict.code);
  });

  it('are told by kurogane exit-codes', async () => {
    const { stdout } = await as('operator', 'exit-codes');
    for (const { code, meaning } of Object.values(EXIT_CODES))
      expect(stdout).to.match(new RegExp(`\\| ${code} +\\| ${meaning.replace(/[()]/g, '\\$&')}`));
  });
});
