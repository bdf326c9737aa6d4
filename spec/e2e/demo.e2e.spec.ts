import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { run, startChild } from '../services/process.ts';
import { openstackOnce } from './openstack-shell.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/demo.js', import.meta.url));

describe('the demo', function () {
  this.timeout(180_000);
  /** Temporary files of the demo: all of them must be gone when it has ended. */
  let folder: string;
  let env: NodeJS.ProcessEnv;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-demo-spec-'));
    env = { PATH: process.env.PATH, TMPDIR: folder };
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('with --once: takes a server into service and back, and ends with 0', async () => {
    const { code, stdout, stderr } = await run({
      command: process.execPath,
      args: [PROGRAM, '--once'],
      env,
      timeout_ms: 120_000,
    });
    expect(code, stdout + stderr).to.equal(0);
    expect(stderr).to.equal('');
    // The states between these pass too quickly for every one to be seen.
    for (const [step, state] of [
      ['manage', 'manageable'],
      ['provide', 'available'],
      ['active', 'active'],
      ['deleted', 'available'],
    ])
      expect(stdout).to.match(new RegExp(`^  ${step} +\\d+\\.\\d s  ${state}$`, 'm'));
    expect(stdout).to.match(/runs demo\.raw from its disk/);
    expect(stdout).to.match(/The first server was in service \d+\.\d s after the tour began/);
    expect(stdout).to.not.contain('FAILED');
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('stays up, lets the stock client in as it says, and removes everything at SIGINT', async () => {
    await using demo = await startChild({ command: process.execPath, args: [PROGRAM], env });
    await demo.waitForOutput(/Ctrl-C ends the demo/, 120_000);
    const exported = Object.fromEntries(
      [...demo.output().matchAll(/^ {2}export (OS_\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]),
    ) as Record<string, string>;
    const { code, stdout, stderr } = await run({
      command: 'openstack',
      args: ['baremetal', 'node', 'list', '-f', 'json'],
      env: { PATH: process.env.PATH, HOME: '/nonexistent', ...exported },
    });
    expect(code, stderr).to.equal(0);
    const nodes = JSON.parse(stdout) as { Name: string; 'Provisioning State': string }[];
    expect(nodes).to.have.length(8);
    // Those between the tour's and the one for whoever looks are on their way.
    expect([nodes[0], nodes[7]].map((node) => node?.['Provisioning State'])).to.deep.equal([
      'available',
      'enroll',
    ]);
    await demo.waitForOutput(/The servers have moved in/, 60_000);
    const tenant = /OS_USERNAME=(\S+) OS_PASSWORD=(\S+) OS_PROJECT_NAME=(\S+)/.exec(demo.output()) ?? [];
    const [, username = '', password = '', project_name = ''] = tenant;
    const auth_url = exported.OS_AUTH_URL ?? '';
    const own = await openstackOnce({ auth_url, username, password, project_name }, [
      ...['baremetal', 'node', 'list', '-f', 'value', '-c', 'Name'],
    ]);
    expect(own.stdout.trim().split('\n')).to.include(nodes[1]?.Name).and.to.not.include(nodes[2]?.Name);
    process.kill(demo.pid, 'SIGINT');
    const { code: ended } = await demo.exited;
    expect(ended, demo.output()).to.equal(0);
    expect(await readdir(folder)).to.deep.equal([]);
  });
});
