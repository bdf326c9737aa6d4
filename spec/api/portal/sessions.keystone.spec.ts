import { createSecretKey, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import { keystoneDoor } from '../../../api/portal/keystone-door.ts';
import { createSessionSeal } from '../../../api/portal/session-cookie.ts';
import { portalSessions } from '../../../api/portal/sessions.ts';
import { createLogger } from '../../../config/logger.ts';
import { systemClock } from '../../../config/system-clock.ts';
import { type JsonHttp, openJsonHttp } from '../../../net/json-http.ts';
import { type KeystoneServer, startKeystone } from '../../services/keystone.ts';

interface Answer {
  status: number;
  cookie: string | null;
  body: {
    session?: { user: string; system: boolean; project: { id: string; name: string } | null } | null;
    projects?: { name: string }[];
    system?: boolean;
    error?: { message: string };
  };
}

describe('sessions of the portal at a real Keystone', function () {
  this.timeout(120_000);
  let keystone: KeystoneServer;
  let http: JsonHttp;
  let server: Server;

  before(async () => {
    keystone = await startKeystone();
    http = openJsonHttp({ cafile: '', timeout_s: 30, connections: 4, most_bytes: 1_000_000 });
    const log = createLogger({ level: 'error', name: 'spec', destination: { write: () => {} } });
    const seal = createSessionSeal([createSecretKey(randomBytes(32))]);
    const door = { seal, clock: systemClock, secure: false, origins: [] };
    const throttle = { attempts: 6, longest_s: 1 };
    const identity = keystoneDoor({ http, auth_url: keystone.url, throttle, clock: systemClock, log });
    const app = express();
    app.use('/portal/session', portalSessions({ door, identity, log }));
    server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    await new Promise((resolve) => server?.close(resolve));
    await http?.close();
    await keystone?.[Symbol.asyncDispose]();
  });

  async function ask(method: string, path: string, cookie: string | null, body?: object): Promise<Answer> {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/portal/session${path}`, {
      method,
      headers: {
        'x-kurogane-portal': '1',
        connection: 'close',
        ...(cookie === null ? {} : { cookie }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      cookie: response.headers.get('set-cookie')?.split(';')[0] ?? null,
      body: text === '' ? {} : JSON.parse(text),
    };
  }

  const signIn = ({ name, password }: { name: string; password: string }, scope?: object | string) =>
    ask('POST', '', null, { method: 'password', username: name, password, ...(scope && { scope }) });

  it('signs an operator in to the system, switches to a project and back, and revokes the token at the end', async () => {
    const { admin } = keystone;
    const project = await admin.createProject('portal-team');
    const user = await admin.createUser('portal-operator');
    await admin.grant(user.id, 'member', { project_id: project.id });
    await admin.grant(user.id, 'reader', 'system');
    const first = await signIn(user);
    expect(first.status, JSON.stringify(first.body)).to.equal(201);
    expect(first.body.session).to.include({ user: user.name, system: true, project: null });
    const places = await ask('GET', '/places', first.cookie);
    expect(places.body).to.deep.include({ system: true });
    expect(places.body.projects?.map(({ name }) => name)).to.deep.equal([project.name]);
    const moved = await ask('PUT', '', first.cookie, { scope: { project: project.id } });
    expect(moved.body.session).to.deep.include({
      system: false,
      project: { id: project.id, name: project.name },
    });
    const back = await ask('PUT', '', moved.cookie, { scope: 'system' });
    expect(back.body.session).to.include({ system: true });
    expect((await ask('DELETE', '', back.cookie)).status).to.equal(204);
    expect((await ask('GET', '/places', back.cookie)).status).to.equal(401);
  });

  it('signs a tenant in to its project, and refuses the system and a wrong password', async () => {
    const { admin } = keystone;
    const project = await admin.createProject('portal-tenant');
    const user = await admin.createUser('portal-tenant-user');
    await admin.grant(user.id, 'member', { project_id: project.id });
    const { body, cookie } = await signIn(user, 'system');
    expect(body.session).to.deep.include({ system: false, project: { id: project.id, name: project.name } });
    expect((await ask('PUT', '', cookie, { scope: 'system' })).status).to.be.oneOf([401, 403]);
    const wrong = await signIn({ name: user.name, password: 'wrong' });
    expect([wrong.status, wrong.cookie]).to.deep.equal([401, null]);
  });

  it('takes an application credential, whose project is the one that it was made in', async () => {
    const { admin } = keystone;
    const project = await admin.createProject('portal-robot');
    const user = await admin.createUser('portal-robot-user');
    await admin.grant(user.id, 'member', { project_id: project.id });
    const { id, secret } = await admin.createApplicationCredential(user, project.id);
    const answer = await ask('POST', '', null, { method: 'application_credential', id, secret });
    expect(answer.status, JSON.stringify(answer.body)).to.equal(201);
    expect(answer.body.session?.project).to.deep.equal({ id: project.id, name: project.name });
    const wrong = await ask('POST', '', null, { method: 'application_credential', id, secret: 'x' });
    expect(wrong.status).to.equal(401);
  });

  it('answers nobody but pages of the portal', async () => {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/portal/session`, {
      headers: { connection: 'close' },
    });
    expect(response.status).to.equal(403);
    await response.text();
  });
});
