import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { SMTPServer } from 'smtp-server';
import { addNotice } from '../../conductor/notices/add-notice.ts';
import { endOfLifeNotices } from '../../conductor/periodic/end-of-life-notices.ts';
import { faultNotices } from '../../conductor/periodic/fault-notices.ts';
import { noticeDelivery } from '../../conductor/periodic/notice-delivery.ts';
import type { Periodic } from '../../conductor/periodic/periodic.ts';
import { repairNotices } from '../../conductor/periodic/repair-notices.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { Notice, NoticeSubscriptionRecord } from '../../lifecycle/notice.ts';
import type { NoticeRecord } from '../../lifecycle/registration-records.ts';
import { selfSignedCertificate } from '../../rack/certificate.ts';
import { eventually } from '../services/eventually.ts';
import { type ConductorBench, startConductorBench } from './conductor-bench.ts';

const SECRET = 'sixteen or more letters';
const DAY_MS = 86_400_000;
const often = (task: Periodic): Periodic => ({ ...task, interval_s: () => 0.02 });

const NOTICE: Notice = {
  ...{ event: 'server.fault', severity: 'error', project: 'p1', subject_key: 'k' },
  ...{ text: 'The fan <3> stands still.', facts: { server_uuid: 'u' } },
};

describe('notices', () => {
  const got: { headers: IncomingHttpHeaders; body: string }[] = [];
  let answer = 200;
  let url: string;
  let bench: ConductorBench;
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      got.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(answer).end();
    });
  });
  before(async () => {
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  });
  after(() => {
    receiver.close();
    receiver.closeAllConnections();
  });

  async function start(notices: object, tasks: readonly Periodic[] = [noticeDelivery]): Promise<void> {
    got.length = 0;
    answer = 200;
    bench = await startConductorBench({ notices: { allowed_networks: ['127.0.0.0/8'], ...notices } });
    for (const name of ['a', 'b']) await bench.start(name, { periodics: tasks.map(often) });
  }
  afterEach(() => bench[Symbol.asyncDispose]());

  const subscribe = (fields: Partial<NoticeSubscriptionRecord>) =>
    bench.store.notice_subscriptions.create({
      ...{ name: 's', outlet: 'webhook', target: url, severity: 'info', project: 'p1' },
      ...{ secrets: { secret: SECRET }, ...fields },
    });
  const tell = (changes: Partial<Notice> = {}) =>
    bench.store.transaction(async (tables) =>
      addNotice(tables, bench.settings, await tables.now(), { ...NOTICE, ...changes }),
    );
  const settled = (state: NoticeRecord['state'], count = 1): Promise<NoticeRecord[]> =>
    eventually(async () => {
      const notices = await bench.store.notices.list();
      if (notices.length < count || notices.some((one) => one.state !== state))
        throw new Error(JSON.stringify(notices));
      return notices;
    }, 8000);

  it('are signed for a webhook as anybody can check with openssl, and sent once though told twice', async () => {
    await start({});
    await subscribe({});
    await tell();
    await tell();
    const [notice] = await settled('sent');
    expect(got).to.have.length(1);
    const [{ headers, body } = { headers: {}, body: '' }] = got;
    expect(JSON.parse(body)).to.deep.include({ event: 'server.fault', server_uuid: 'u' });
    expect(headers['x-kurogane-delivery']).to.equal(notice?.uuid);
    const at = String(headers['x-kurogane-timestamp']);
    expect(Math.abs(Number(at) * 1000 - Date.now())).to.be.below(60_000);
    const input = `${at}.${body}`;
    const said = execFileSync('openssl', ['dgst', '-sha256', '-hmac', SECRET, '-r'], { input });
    expect(headers['x-kurogane-signature']).to.equal(`v1=${String(said).split(' ')[0]}`);
  });

  it('go to whoever asked for them: by project, severity and event', async () => {
    await start({});
    const names: Record<string, string> = {};
    for (const [name, fields] of Object.entries({
      all_of_p1: {},
      p2: { project: 'p2' },
      provider: { project: null },
      off: { enabled: false },
      nothing_else: { events: ['registration.'] },
      servers: { events: ['server.'] },
      errors: { severity: 'error' as const },
    }))
      names[(await subscribe({ name, ...fields })).uuid] = name;
    const heard = async (changes: Partial<Notice>) => {
      await tell(changes);
      const found = await bench.store.notices.list();
      for (const { uuid } of found) await bench.store.notices.delete(uuid);
      return found.map(({ subscription_uuid }) => names[subscription_uuid ?? '']);
    };
    expect(await heard({})).to.deep.equal(['all_of_p1', 'provider', 'servers', 'errors']);
    expect(await heard({ severity: 'info' })).to.deep.equal(['all_of_p1', 'provider', 'servers']);
    expect(await heard({ project: null })).to.deep.equal(['provider']);
    expect(await heard({ to: 'project' })).to.deep.equal(['all_of_p1', 'servers', 'errors']);
  });

  it('are tried again, and given up in the end', async () => {
    await start({ attempts: 2, timeout: 1 });
    await subscribe({});
    answer = 503;
    await tell();
    const [notice] = await eventually(async () => {
      const found = await bench.store.notices.list();
      if (found[0]?.attempts !== 1 || found[0].last_error === null) throw new Error('not yet');
      return found;
    });
    expect(notice?.last_error).to.equal('HTTP status 503');
    await bench.store.notices.update(notice?.uuid ?? '', { next_at: 0 });
    expect(await settled('dead')).to.have.length(1);
    expect(got).to.have.length(2);
  });

  for (const { target, why } of [
    { target: 'http://169.254.169.254/latest', why: 'not one that notices may be sent to' },
    { target: 'http://[::ffff:10.0.0.5]/', why: 'not one that notices may be sent to' },
    { target: 'http://localhost:8099/', why: 'not one that notices may be sent to' },
  ])
    it(`of a project do not reach ${target}`, async () => {
      await start({ attempts: 1, allowed_networks: [] });
      await subscribe({ target });
      await tell();
      const [notice] = await settled('dead');
      expect(notice?.last_error).to.contain(why);
    });

  it('of a project do not reach the networks of BMCs, wherever those are', async () => {
    await start({ attempts: 1 });
    await bench.store.ip_pools.create({ name: 'bmc', purpose: 'bmc', network: '203.0.113.0/24', ranges: [] });
    await subscribe({ target: 'http://203.0.113.9/redfish/v1' });
    await tell();
    const [notice] = await settled('dead');
    expect(notice?.last_error).to.contain('203.0.113.9');
  });

  describe('by e-mail', () => {
    const mails: { to: string[]; text: string; secure: boolean; user: string }[] = [];
    let folder: string;
    let smtp: SMTPServer;
    let settings: object;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kurogane-smtp-'));
      const { key, cert } = await selfSignedCertificate('127.0.0.1', Date.now());
      await writeFile(join(folder, 'ca.pem'), cert);
      smtp = new SMTPServer({
        ...{ key, cert, logger: false },
        onAuth: ({ username, password }, _session, done) =>
          password === 'planted' ? done(null, { user: username }) : done(new Error('Wrong password')),
        onData: (stream, session, done) => {
          const chunks: Buffer[] = [];
          stream.on('data', (chunk: Buffer) => chunks.push(chunk));
          stream.on('end', () => {
            const to = session.envelope.rcptTo.map(({ address }) => address);
            const text = Buffer.concat(chunks).toString();
            mails.push({ to, text, secure: session.secure, user: String(session.user) });
            done();
          });
        },
      });
      await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
      const { port } = smtp.server.address() as AddressInfo;
      settings = {
        ...{ smtp_host: '127.0.0.1', smtp_port: port, smtp_user: 'kurogane', smtp_password: 'planted' },
        ...{ smtp_cafile: join(folder, 'ca.pem'), email_from: 'kurogane@example.org', attempts: 1 },
      };
    });
    after(async () => {
      await new Promise<void>((resolve) => smtp.close(() => resolve()));
      await rm(folder, { recursive: true });
    });
    beforeEach(() => {
      mails.length = 0;
    });

    it('go out by TLS with a login, to the operators and to those who asked', async () => {
      await start({ ...settings, email_to: ['ops@example.org'] });
      await subscribe({ outlet: 'email', target: 'mori@tenant.example' });
      await tell();
      await settled('sent', 2);
      expect(mails.map(({ to }) => to).sort()).to.deep.equal([['mori@tenant.example'], ['ops@example.org']]);
      for (const { secure, user, text } of mails) {
        expect({ secure, user }).to.deep.equal({ secure: true, user: 'kurogane' });
        expect(text).to.contain('Subject: [error] server.fault').and.to.contain('The fan <3> stands still.');
      }
    });

    it('do not go out where the server’s certificate is not believed', async () => {
      await start({ ...settings, smtp_cafile: '', email_to: ['ops@example.org'] });
      await tell();
      const [notice] = await settled('dead');
      expect(notice?.last_error).to.match(/certificate|self-signed/i);
      expect(mails).to.deep.equal([]);
    });
  });

  it('S99 of faults reach the customer who has the server, and no other', async () => {
    await start({}, [faultNotices]);
    for (const project of ['p1', 'p2', null]) await subscribe({ project });
    const node = await bench.node({
      provision_state: 'active',
      lessee: 'p1',
      owner: 'p2',
      power_state: 'power on',
    });
    await bench.node({ provision_state: 'active', lessee: 'p2' });
    const told = () =>
      eventually(async () => {
        const found = await bench.store.notices.list({ where: { state: 'queued' } });
        if (found.length < 2) throw new Error('not yet');
        for (const { uuid } of found) await bench.store.notices.update(uuid, { state: 'sent' });
        return found.map(({ event, audience }) => `${event} ${audience}`).sort();
      });
    await bench.store.nodes.change(node.uuid, { health: 'Critical' });
    expect(await told()).to.deep.equal(['server.fault null', 'server.fault p1']);
    await bench.store.nodes.change(node.uuid, { health: 'OK' });
    expect(await told()).to.deep.equal(['server.recovered null', 'server.recovered p1']);
    await bench.store.nodes.change(node.uuid, { fault: 'power failure', maintenance: true });
    expect(await told()).to.deep.equal(['server.fault null', 'server.fault p1']);
    expect((await bench.store.notices.list()).map(({ payload }) => payload.server_uuid)).to.deep.equal(
      Array(6).fill(node.uuid),
    );
  });

  it('S99 tell the project that has a server, and no other, of the dates of its repair: proposed, agreed, cancelled, once each', async () => {
    await start({ slack_url: url }, [repairNotices]);
    for (const project of ['p1', 'p2', null]) await subscribe({ project });
    const { uuid } = await bench.node({ provision_state: 'active', lessee: 'p1', owner: 'p2' });
    const { work_orders, notices } = bench.store;
    const from = await bench.store.now();
    const dates = { proposed_from: from, proposed_until: from + 3_600_000 };
    const told = async (count: number) => {
      await eventually(async () => expect(await notices.count()).to.be.at.least(count));
      // Whoever tells twice does it meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 150));
      return (await notices.list()).map(({ event, audience }) => `${event} ${audience}`);
    };
    // Without dates it is no repair that concerns the customer.
    await work_orders.create({ kind: 'swap', what: 'a fan', server_uuid: uuid });
    const order = await work_orders.create({
      kind: 'swap',
      what: 'a disk',
      server_uuid: uuid,
      hot: true,
      ...dates,
    });
    const news = ['repair.proposed p1'];
    expect(await told(1)).to.deep.equal(news);
    const [{ payload } = { payload: {} as JsonObject }] = await notices.list();
    expect(payload).to.deep.include({ server_uuid: uuid, repair_uuid: order.uuid, hot: true });
    expect(payload.text).to.contain(new Date(from).toISOString()).and.to.contain('goes on running');
    const agreed = {
      agreed_from: from,
      agreed_until: dates.proposed_until,
      agreed_at: from,
      agreed_by: 'mori',
    };
    await work_orders.update(order.uuid, agreed);
    expect(await told(2)).to.deep.equal(news.concat('repair.agreed p1'));
    // Other dates are news again.
    const anew = { agreed_from: null, agreed_until: null, agreed_at: null, agreed_by: null };
    await work_orders.update(order.uuid, { ...anew, proposed_until: dates.proposed_until + 1 });
    expect(await told(3)).to.deep.equal(news.concat('repair.agreed p1', 'repair.proposed p1'));
    await work_orders.update(order.uuid, { state: 'cancelled' });
    expect(await told(4)).to.deep.equal(
      news.concat('repair.agreed p1', 'repair.proposed p1', 'repair.cancelled p1'),
    );
  });

  it('S98 S99 come so many days before support or warranty ends: once each, to owner and customer of those servers alone', async () => {
    await start({}, [endOfLifeNotices]);
    for (const project of ['owner', 'tenant', 'stranger', null]) await subscribe({ project });
    const now = await bench.store.now();
    const model = await bench.store.models.create({
      ...{ vendor: 'ACME', name: 'R1', end_of_support: now + 29 * DAY_MS },
    });
    const mine = await bench.node({
      name: 'mine',
      provision_state: 'active',
      owner: 'owner',
      lessee: 'tenant',
    });
    const theirs = await bench.node({ name: 'theirs', provision_state: 'active', owner: 'owner' });
    await bench.node({ name: 'other', provision_state: 'active', owner: 'stranger' });
    await bench.store.servers.update(mine.uuid, { manufacturer: 'ACME', product_name: 'R1' });
    await bench.store.servers.update(theirs.uuid, { model_uuid: model.uuid });
    const told = async (count: number) => {
      await eventually(async () => expect(await bench.store.notices.count()).to.be.at.least(count));
      // Whoever tells twice does it meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 150));
      const found = await bench.store.notices.list();
      return found
        .map(({ audience, payload }) => [audience, payload.what, payload.days, payload.count].join(' '))
        .sort();
    };
    const first = ['null support 30 2', 'owner support 30 2', 'tenant support 30 1'];
    expect(await told(3)).to.deep.equal(first.map((line) => line.replace('null', '')));
    await bench.store.models.update(model.uuid, { end_of_support: null });
    await bench.store.servers.update(mine.uuid, { warranty_until: now + 2 * DAY_MS });
    const then = [' warranty 7 1', 'owner warranty 7 1', 'tenant warranty 7 1'];
    expect(await told(6)).to.have.members([...first.map((line) => line.replace('null', '')), ...then]);
  });
});
