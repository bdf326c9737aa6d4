import { expect } from 'chai';
import { systemClock } from '../../../config/system-clock.ts';
import { openstackOnce } from '../../e2e/openstack-shell.ts';
import { type RunningIdentity, startIdentity } from './start-identity.ts';

describe('the identity service and the stock openstack client', () => {
  let running: RunningIdentity;
  before(async () => {
    running = await startIdentity(systemClock);
  });
  after(() => running[Symbol.asyncDispose]());

  const account = (username: string, project_name?: string, password = `${username}-pw`) => ({
    auth_url: running.url,
    username,
    password,
    ...(project_name === undefined ? {} : { project_name }),
  });

  async function json(user: ReturnType<typeof account>, ...args: string[]) {
    const { code, stdout, stderr } = await openstackOnce(user, [...args, '-f', 'json']);
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  it('password login with project scope', async () => {
    const token = await json(account('operator', 'racks'), 'token', 'issue');
    expect(token).to.include({ project_id: 'racks' });
    const facts = await running.identity.verify(String(token.id), false);
    expect(facts).to.include({ user_name: 'operator', project_id: 'racks', system_scope: false });
  });

  it('password login with system scope', async () => {
    const token = await json(account('operator'), 'token', 'issue');
    expect(token).to.include({ system: 'all' });
    expect(await running.identity.verify(String(token.id), false)).to.include({ system_scope: true });
  });

  it('refuses a wrong password with 401', async () => {
    const { code, stderr } = await openstackOnce(account('operator', 'racks', 'wrong'), ['token', 'issue']);
    expect(code).not.to.equal(0);
    expect(stderr).to.contain('HTTP 401');
  });

  it('shows catalogue, projects and users', async () => {
    const catalog = JSON.stringify(await json(account('operator'), 'catalog', 'list'));
    expect(catalog).to.contain('baremetal').and.contain('http://127.0.0.1:6385');
    expect(await json(account('operator'), 'project', 'show', 'tenant-racks')).to.include({ name: 'racks' });
    expect(await json(account('operator'), 'user', 'show', 'tenant')).to.include({ domain_id: 'default' });
  });

  it('revokes a token', async () => {
    const token = String((await json(account('operator'), 'token', 'issue')).id);
    const { code, stderr } = await openstackOnce(account('operator'), ['token', 'revoke', token]);
    expect(code, stderr).to.equal(0);
    expect(await running.identity.verify(token, false)).to.equal(null);
  });
});
