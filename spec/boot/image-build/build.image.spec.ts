import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { kurogane } from '../../cli/kurogane-command.ts';
import { run } from '../../services/process.ts';

const RECIPE = `name: tiny
base: {release: bookworm}
packages: [linux-image-cloud-amd64]
playbook: site.yml
variables: {greeting: hello from Ansible}
`;
const PLAYBOOK = `- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.copy: {dest: /etc/greeting, content: "{{ greeting }}", mode: "0644"}
`;

describe('S67 kurogane image build', () => {
  let folder: string;
  before(async function () {
    if (process.getuid?.() !== 0) this.skip();
    folder = await mkdtemp(join(tmpdir(), 'kurogane-image-'));
    await writeFile(join(folder, 'tiny.yaml'), RECIPE);
    await writeFile(join(folder, 'site.yml'), PLAYBOOK);
  });
  after(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  it('makes kernel, initramfs and root file system, with what Ansible did in a chroot', async () => {
    const args = ['image', 'build', join(folder, 'tiny.yaml'), '--output', join(folder, 'out')];
    const { code, stdout, stderr } = await kurogane(args, { timeout_ms: 450_000 });
    expect(code, stderr).to.equal(0);
    const built = JSON.parse(stdout) as Record<'kernel' | 'initrd' | 'rootfs' | 'manifest', string>;
    const kernel = await readFile(built.kernel);
    // The Linux/x86 boot protocol, 3: "HdrS" at 0x202.
    expect(kernel.toString('latin1', 0x202, 0x206)).to.equal('HdrS');
    expect((await readFile(built.initrd)).length).to.be.greaterThan(1_000_000);
    const cat = async (path: string) =>
      (await run({ command: 'unsquashfs', args: ['-cat', built.rootfs, path] })).stdout;
    expect(await cat('etc/greeting')).to.equal('hello from Ansible');
    expect(await cat('etc/machine-id')).to.equal('');
    expect(await cat('usr/sbin/policy-rc.d')).to.equal('');
    const manifest = JSON.parse(await readFile(built.manifest, 'utf8')) as {
      packages: string[];
      files: object;
    };
    expect(manifest.packages.some((line) => line.startsWith('linux-image-cloud-amd64 '))).to.equal(true);
    expect(Object.keys(manifest.files)).to.include.members(['site.yml', 'tiny.yaml']);
  });
});
