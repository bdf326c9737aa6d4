import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { projectRoot } from '../../../config/project-root.ts';
import { run } from '../../services/process.ts';
import { type TemporaryFolder, temporaryFolder } from '../../services/temporary-folder.ts';

const AGENT = join(projectRoot, 'boot', 'ramdisk', 'root', 'usr', 'bin', 'kurogane-agent');
const MB = 1024 ** 2;
const IMAGE = randomBytes(3 * MB);
const SHA256 = createHash('sha256').update(IMAGE).digest('hex');
const UUID = '4c4c4544-0034-4d10-8051-b7c04f4b4231';

/** Runs the agent's own command with a file for a disk. */
const DRIVER = `
import importlib.machinery, importlib.util, json, os, sys
loader = importlib.machinery.SourceFileLoader("agent", sys.argv[1])
agent = importlib.util.module_from_spec(importlib.util.spec_from_loader("agent", loader))
loader.exec_module(agent)
disk = sys.argv[2]
agent.disks = lambda: [{"name": disk, "size": os.path.getsize(disk)}]
try:
    print(json.dumps({"result": agent.write_image({"image_info": json.loads(sys.argv[3])})}))
except agent.AgentError as error:
    print(json.dumps({"kind": error.kind, "message": str(error)}))
`;

describe('bad input to the agent of the ramdisk', () => {
  let server: Server;
  let url: string;
  let folder: TemporaryFolder;
  let profile: Record<string, string | null>;
  const told: string[] = [];

  before(async () => {
    const packed = gzipSync(IMAGE);
    server = createServer((request, response) => {
      const path = new URL(request.url ?? '', url).pathname;
      if (request.method === 'POST') {
        request.on('data', (chunk) => told.push(`${path} ${chunk}`));
        request.on('end', () => response.end('{}'));
      } else if (path === '/image') response.end(IMAGE);
      else if (path === '/image.qcow2')
        response.end(Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), IMAGE]));
      else if (path === '/image.gz') response.end(packed);
      else if (path === '/profile') response.end(JSON.stringify(profile));
      else if (path === '/dies') {
        // The image server goes away in mid-stream.
        response.writeHead(200, { 'content-length': IMAGE.length });
        response.write(IMAGE.subarray(0, 2 * MB), () => setTimeout(() => request.socket.destroy(), 50));
      } else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(async () => {
    folder = await temporaryFolder('kurogane-agent-image-');
    told.length = 0;
  });
  afterEach(() => folder.remove());

  /** Writes an image to a disk that held something; @return what the agent said, and the disk. */
  async function write(
    info: object,
    disk_bytes = 4 * MB,
  ): Promise<{ said: Record<string, string>; disk: Buffer }> {
    const disk = join(folder.path, 'disk');
    await writeFile(disk, Buffer.alloc(disk_bytes, 'before'));
    const given = JSON.stringify({ id: 'os', os_hash_algo: 'sha256', os_hash_value: SHA256, ...info });
    const { stdout, stderr } = await run({
      command: '/usr/bin/python3',
      args: ['-c', DRIVER, AGENT, disk, given],
      env: { PATH: '/usr/bin:/bin', PYTHONDONTWRITEBYTECODE: '1' },
    });
    const last = stdout.trim().split('\n').at(-1) ?? '';
    if (last === '') throw new Error(stderr);
    return { said: JSON.parse(last) as Record<string, string>, disk: await readFile(disk) };
  }

  const IMAGES = { plain: '/image', packed: '/image.gz' } as const;
  for (const [name, path] of Object.entries(IMAGES))
    it(`writes an image that is right, ${name}`, async () => {
      const packed = createHash('sha256').update(gzipSync(IMAGE)).digest('hex');
      const { disk, said } = await write({
        urls: [url + path],
        os_hash_value: name === 'packed' ? packed : SHA256,
      });
      expect(said.result).to.contain('written to device');
      expect(disk.subarray(0, IMAGE.length).equals(IMAGE)).to.equal(true);
    });

  const WRONG = '0'.repeat(64);
  for (const [what, path, info, disk_bytes, kind, words] of [
    ['of another checksum', '/image', { os_hash_value: WRONG }, 4 * MB, 'ImageChecksumError', WRONG],
    ['that is larger than the disk', '/image', {}, 2 * MB, 'ImageWriteError', 'the image is larger'],
    [
      'whose server dies in mid-stream',
      '/dies',
      {},
      4 * MB,
      'ImageDownloadError',
      `broke off: ${MB} bytes are missing`,
    ],
  ] as const)
    it(`an image ${what}: ${kind}, and nothing is left that could boot`, async () => {
      const { disk, said } = await write({ urls: [url + path], ...info }, disk_bytes);
      expect(said).to.include({ kind });
      expect(said.message).to.contain(words);
      expect(disk.subarray(0, MB).some((byte) => byte !== 0)).to.equal(false);
      expect(disk.subarray(-MB).some((byte) => byte !== 0)).to.equal(false);
    });

  for (const [what, info, kind] of [
    ['that is not there', { urls: ['/nothing'] }, 'ImageDownloadError'],
    ['in a form that is not converted', { disk_format: 'qcow2' }, 'ImageWriteError'],
    ['in such a form of which nobody said it', { urls: ['/image.qcow2'] }, 'ImageWriteError'],
    ['of a partition', { image_type: 'partition' }, 'ImageWriteError'],
    ['without a checksum', { os_hash_value: null }, 'InvalidCommandParamsError'],
    ['with a checksum that is too weak', { os_hash_algo: 'md5', os_hash_value: 'ab' }, 'ImageDownloadError'],
  ] as const)
    it(`an image ${what}: ${kind}, and the disk is as it was`, async () => {
      const urls = 'urls' in info ? info.urls.map((path) => url + path) : [`${url}/image`];
      const { disk, said } = await write({ disk_format: null, ...info, urls });
      expect(said).to.include({ kind });
      expect(disk.equals(Buffer.alloc(4 * MB, 'before'))).to.equal(true);
    });

  for (const [what, given, words] of [
    ['has no initrd', { kernel: '/image', initrd: null }, 'has no initrd'],
    ['names a kernel that is not there', { kernel: '/nothing', initrd: '/image' }, 'status 404'],
    ['names a kernel whose server dies in mid-stream', { kernel: '/dies', initrd: '/image' }, 'broke off'],
    ['names a kernel that is none', { kernel: '/image', initrd: '/image' }, 'kexec: no kernel'],
  ] as const)
    it(`a profile that ${what}: the service is told why, and the server stays as it is`, async () => {
      profile = { name: 'odd', cmdline: '', squashfs: null, ...given };
      const files = {
        'sys/class/dmi/id/product_uuid': UUID,
        'bin/kexec': '#!/bin/sh\necho "no kernel" >&2\nexit 255\n',
      };
      for (const each of ['sys/class/dmi/id', 'bin', 'run'])
        await mkdir(join(folder.path, each), { recursive: true });
      for (const [name, text] of Object.entries(files))
        await writeFile(join(folder.path, name), text, { mode: 0o755 });
      const { code, stdout } = await run({
        command: '/usr/bin/python3',
        args: [AGENT, 'kexec', url],
        env: {
          PATH: `${folder.path}/bin:/usr/bin:/bin`,
          KUROGANE_AGENT_ROOT: folder.path,
          PYTHONDONTWRITEBYTECODE: '1',
        },
      });
      expect(code, stdout).to.equal(1);
      expect(told.join('\n'))
        .to.match(/^\/failed The profile could not be started: /)
        .and.contain(words);
    });
});
