import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect } from 'chai';
import { startKeystone } from './keystone.ts';
import { run } from './process.ts';

describe('private Keystone', function () {
  this.timeout(180_000);

  it('serves the stock client, keeps data and port over a crash, and leaves nothing behind', async () => {
    const server = await startKeystone();
    const folder = readlinkSync(`/proc/${server.pid}/cwd`);
    expect(folder).to.contain('kurogane-keystone-');
    try {
      const { admin } = server;
      const project = await admin.createProject('p');
      const user = await admin.createUser('u');
      await admin.grant(user.id, 'manager', { project_id: project.id });
      await admin.createEndpoint('baremetal', 'ironic', 'http://127.0.0.1:6385');

      const issued = await openstack(
        admin.clientEnvironment(user, { project_id: project.id }),
        'token',
        'issue',
      );
      expect(issued).to.include({ project_id: project.id, user_id: user.id });
      const catalogue = await openstack(admin.clientEnvironment(admin.account, 'system'), 'catalog', 'list');
      expect(JSON.stringify(catalogue)).to.contain('http://127.0.0.1:6385');

      const { port, pid } = server;
      await server.kill();
      await server.start();
      expect(server.port).to.equal(port);
      expect(server.pid).to.not.equal(pid);
      await admin.token(user, { project_id: project.id });
    } finally {
      await server[Symbol.asyncDispose]();
    }
    expect(groupMembers(server.pid)).to.deep.equal([]);
    expect(existsSync(folder), folder).to.equal(false);
  });
});

async function openstack(env: Record<string, string>, ...args: string[]): Promise<object> {
  const result = await run({
    command: '/usr/bin/openstack',
    args: [...args, '-f', 'json'],
    env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: tmpdir(), ...env },
  });
  expect(result.code, result.stderr).to.equal(0);
  return JSON.parse(result.stdout) as object;
}

/** Processes of a group: the server's own and all that it started (proc(5), stat: the fifth field). */
function groupMembers(group: number): string[] {
  return readdirSync('/proc').filter((pid) => {
    const file = `/proc/${pid}/stat`;
    if (!/^\d+$/.test(pid) || !existsSync(file)) return false;
    try {
      return Number(readFileSync(file, 'utf8').split(') ')[1]?.split(' ')[2]) === group;
    } catch {
      // It ended meanwhile.
      return false;
    }
  });
}
