import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createRunTimeScripts, folderOf } from '../../boot/run-time-scripts.ts';
import { type BootServer, parseMac, startBoot } from '../../boot/server.ts';
import { systemClock } from '../../config/system-clock.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';

const UUID = '6f1b0a52-3c1d-4a57-9a0e-1f4d4a7d1c11';
const MAC = '52:54:00:12:34:56';

const node = {
  uuid: UUID,
  provision_state: 'active',
  deploy_interface: 'direct',
  driver_info: {},
  instance_info: {},
} as unknown as NodeRecord;

describe('boot/server', () => {
  let folder: string;
  let server: BootServer;
  let broken: boolean;
  let warnings: string[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-boot-'));
    await mkdir(join(folder, 'images/sub'), { recursive: true });
    await writeFile(join(folder, 'images/disk.raw'), '0123456789');
    await writeFile(join(folder, 'images/empty'), '');
    await writeFile(join(folder, 'images/.hidden'), 'hidden');
    await writeFile(join(folder, 'images/sub/a b.iso'), 'iso');
    await writeFile(join(folder, 'secret'), 'secret');
    await symlink('../secret', join(folder, 'images/out'));
    await symlink('disk.raw', join(folder, 'images/in'));
    await symlink('loop', join(folder, 'images/loop'));
    broken = false;
    warnings = [];
    server = await startBoot({
      clock: systemClock,
      host_ip: '127.0.0.1',
      port: 0,
      image_path: join(folder, 'images'),
      facts: {
        api_url: 'http://api',
        kernel_append_params: '',
        deploy_kernel: '',
        deploy_ramdisk: '',
      },
      glance: null,
      allowed_paths: [],
      store: {
        nodes: {
          get: async (uuid) => (uuid === UUID ? node : null),
        },
        ports: {
          nodeOf: async (address) => {
            if (broken) throw new Error('the database at db.example is gone');
            return address === MAC ? UUID : null;
          },
        },
      },
      log: { info: () => undefined, warn: (_facts, message) => void warnings.push(message) },
    });
  });

  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const get = async (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    await fetch(server.url + path, { method, headers });

  it('serves the chain script', async () => {
    const reply = await get('/boot.ipxe');
    expect(reply.status).to.equal(200);
    expect(reply.headers.get('content-type')).to.equal('text/plain; charset=utf-8');
    expect(await reply.text()).to.match(/^#!ipxe\n:ask\n/);
  });

  for (const [how, path] of [
    ['the address of a port', `/ipxe/00000000-0000-0000-0000-000000000000?mac=${MAC}`],
    ['an address with hyphens', '/ipxe/?mac=52-54-00-12-34-56'],
    ["iPXE's form of an address", '/ipxe?mac=01-52-54-00-12-34-56'],
    ['its uuid', `/ipxe/${UUID.toUpperCase()}?mac=00:00:00:00:00:01`],
  ] as const)
    it(`finds a node by ${how}`, async () => {
      expect(await (await get(path)).text()).to.contain(`# node ${UUID}, active: disk\n`);
    });

  it('lets a server that nobody knows boot its disk', async () => {
    const reply = await get('/ipxe/00000000-0000-0000-0000-000000000000?mac=nonsense');
    expect(reply.status).to.equal(200);
    expect(await reply.text()).to.contain('No node has a port with this address');
  });

  it('answers 503 without the cause when the database fails', async () => {
    broken = true;
    const reply = await get(`/ipxe/${UUID}?mac=${MAC}`);
    expect(reply.status).to.equal(503);
    expect(await reply.text()).to.equal('Try again.\n');
    expect(warnings).to.deep.equal(['A boot request failed.']);
  });

  it('serves an image whole', async () => {
    const reply = await get('/images/disk.raw');
    expect(reply.status).to.equal(200);
    expect(reply.headers.get('content-length')).to.equal('10');
    expect(reply.headers.get('accept-ranges')).to.equal('bytes');
    expect(await reply.text()).to.equal('0123456789');
  });

  it('serves nothing but the headers to HEAD', async () => {
    const reply = await get('/images/disk.raw', {}, 'HEAD');
    expect(reply.status).to.equal(200);
    expect(reply.headers.get('content-length')).to.equal('10');
    expect(await reply.text()).to.equal('');
  });

  for (const [range, status, content_range, body] of [
    ['bytes=2-4', 206, 'bytes 2-4/10', '234'],
    ['bytes=7-', 206, 'bytes 7-9/10', '789'],
    ['bytes=7-99', 206, 'bytes 7-9/10', '789'],
    ['bytes=-3', 206, 'bytes 7-9/10', '789'],
    ['bytes=-99', 206, 'bytes 0-9/10', '0123456789'],
    ['bytes=10-', 416, 'bytes */10', ''],
    ['bytes=-0', 416, 'bytes */10', ''],
    ['bytes=4-2', 200, null, '0123456789'],
    ['bytes=0-1,3-4', 200, null, '0123456789'],
    ['lines=1-2', 200, null, '0123456789'],
  ] as const)
    it(`answers ${range} with ${status}`, async () => {
      const reply = await get('/images/disk.raw', { range });
      expect(reply.status).to.equal(status);
      expect(reply.headers.get('content-range')).to.equal(content_range);
      expect(await reply.text()).to.equal(body);
    });

  it('knows an image that the client already has', async () => {
    const etag = (await get('/images/disk.raw')).headers.get('etag') ?? '';
    expect((await get('/images/disk.raw', { 'if-none-match': etag })).status).to.equal(304);
    expect((await get('/images/disk.raw', { 'if-none-match': '"other"' })).status).to.equal(200);
    expect((await get('/images/disk.raw', { range: 'bytes=0-0', 'if-range': etag })).status).to.equal(206);
    expect((await get('/images/disk.raw', { range: 'bytes=0-0', 'if-range': '"other"' })).status).to.equal(
      200,
    );
  });

  it('serves files in folders, links inside, and empty files', async () => {
    expect(await (await get('/images/sub/a%20b.iso')).text()).to.equal('iso');
    expect(await (await get('/images/in')).text()).to.equal('0123456789');
    expect(await (await get('/images/empty')).text()).to.equal('');
  });

  for (const path of [
    '/images/',
    '/images/sub',
    '/images/sub/',
    '/images/missing',
    '/images/disk.raw/more',
    '/images/.hidden',
    '/images/out',
    '/images/loop',
    '/images/../secret',
    '/images/..%2fsecret',
    '/images/%2e%2e/secret',
    '/images/sub/../../../secret',
    '/images/..\\secret',
    '/images//etc/passwd',
    '/images/%00',
    '/images/%zz',
    `/images/${'a'.repeat(300)}`,
    '/secret',
    '/',
    '/ipxe/not-a-uuid',
  ])
    it(`refuses ${path.slice(0, 40)} with 404`, async () => {
      const { status, body } = await raw('GET', path);
      expect(status).to.equal(404);
      expect(body).to.not.contain('secret');
    });

  it('refuses other methods', async () => {
    const reply = await raw('POST', '/images/disk.raw');
    expect(reply.status).to.equal(405);
  });

  /** Unlike fetch, sends the path as it is. */
  async function raw(method: string, path: string): Promise<{ status: number | undefined; body: string }> {
    const { port } = new URL(server.url);
    return await new Promise((resolve, reject) => {
      const request = httpRequest({ host: '127.0.0.1', port, method, path, agent: false }, (reply) => {
        let body = '';
        reply.setEncoding('utf8');
        reply.on('data', (chunk: string) => {
          body += chunk;
        });
        reply.on('end', () => resolve({ status: reply.statusCode, body }));
      });
      request.on('error', reject);
      request.end();
    });
  }

  describe('S8 S12 S13 with registration', () => {
    const SCRIPT = 'exec kurogane-agent register\n';
    const registered = new Set<string>();
    let target: string | null = '192.0.2.1:6387';
    let ours: BootServer;
    let logged: object[];
    beforeEach(async () => {
      await mkdir(join(folder, 'scripts'));
      await writeFile(join(folder, 'scripts/register.sh'), SCRIPT);
      registered.clear();
      target = '192.0.2.1:6387';
      logged = [];
      const scripts = createRunTimeScripts(folderOf(join(folder, 'scripts')), {
        info: (facts) => void logged.push(facts),
        warn: () => undefined,
      });
      ours = await startBoot({
        clock: systemClock,
        scripts,
        ...{
          host_ip: '127.0.0.1',
          port: 0,
          image_path: join(folder, 'images'),
          glance: null,
          allowed_paths: [],
        },
        facts: {
          ...{ api_url: 'http://api', kernel_append_params: 'console=ttyS0' },
          ...{ deploy_kernel: 'http://k/vmlinuz', deploy_ramdisk: 'http://k/initrd' },
        },
        store: {
          nodes: {
            get: async (uuid) => (uuid === UUID ? { ...node, provision_state: 'enroll' } : null),
          },
          ports: { nodeOf: async () => null },
        },
        registration: {
          ...{ target: () => target, certificate_sha256: 'ab12', token: 'kg-boot', http_url: '' },
          scripts,
          store: {
            registrations: { count: async (where) => (registered.has(String(where?.node_uuid)) ? 1 : 0) },
          },
        },
        log: { info: () => undefined, warn: () => undefined },
      });
    });
    afterEach(() => ours[Symbol.asyncDispose]());
    const ask = async (path: string): Promise<string> => await (await fetch(ours.url + path)).text();
    const UNKNOWN = '/ipxe/11111111-2222-4333-8444-555555555555?mac=01-52-54-00-00-00-09';

    it('has a server that nobody knows register, by the script that is there now', async () => {
      const sha256 = createHash('sha256').update(SCRIPT).digest('hex');
      expect(await ask(UNKNOWN)).to.equal(`#!ipxe
# a new server: registration
kernel --name kernel http://k/vmlinuz initrd=initrd BOOTIF=01-52-54-00-00-00-09 kurogane.script=${ours.url}/scripts/${sha256}/register.sh kurogane.script_sha256=${sha256} kurogane.registration=192.0.2.1:6387 kurogane.registration_sha256=ab12 kurogane.token=kg-boot console=ttyS0 || goto failed
initrd --name initrd http://k/initrd || goto failed
boot || goto failed
:failed
echo The boot files could not be loaded; rebooting in 30 seconds.
sleep 30
reboot
`);
      expect(await ask('/scripts/register.sh')).to.equal(SCRIPT);
      await writeFile(join(folder, 'scripts/register.sh'), 'echo changed\n');
      const changed = createHash('sha256').update('echo changed\n').digest('hex');
      expect(await ask(UNKNOWN))
        .to.contain(`kurogane.script_sha256=${changed}`)
        .and.not.contain(sha256);
      // One that was told of the version before gets that version, and nobody another one under its hash.
      expect(await ask(`/scripts/${sha256}/register.sh`)).to.equal(SCRIPT);
      expect(await ask(`/scripts/${changed}/register.sh`)).to.equal('echo changed\n');
      expect((await fetch(`${ours.url}/scripts/${'0'.repeat(64)}/register.sh`)).status).to.equal(404);
      expect(logged).to.deep.equal([
        { script: 'register.sh', sha256, before: null },
        { script: 'register.sh', sha256: changed, before: sha256 },
      ]);
    });

    it('S46 gives every server the same script', async () => {
      const scripts = await Promise.all(
        [1, 2, 3].map((n) => ask(`/ipxe/11111111-2222-4333-8444-55555555555${n}?mac=52-54-00-00-00-0${n}`)),
      );
      const named = scripts.map((text) => /kurogane\.script=\S+ kurogane\.script_sha256=\S+/.exec(text)?.[0]);
      expect(new Set(named)).to.have.length(1);
    });

    it('answers 503 while there is no script, so that iPXE asks again', async () => {
      await rm(join(folder, 'scripts/register.sh'));
      expect((await fetch(ours.url + UNKNOWN)).status).to.equal(503);
    });

    it('has one register anew whose registration failed, and no other that waits in enroll', async () => {
      expect(await ask(`/ipxe/${UUID}`)).to.contain(': disk');
      registered.add(UUID);
      expect(await ask(`/ipxe/${UUID}`)).to.contain('a new server: registration');
    });

    it('boots from disk while the registration service is not there', async () => {
      target = null;
      expect(await ask(UNKNOWN)).to.contain('booting from disk');
    });

    it('serves nothing else of the folder of scripts', async () => {
      expect((await fetch(`${ours.url}/scripts/..%2fsecret`)).status).to.equal(404);
      expect((await fetch(`${server.url}/scripts/register.sh`)).status).to.equal(404);
    });
  });
});

describe('parseMac', () => {
  for (const [value, mac] of [
    ['52:54:00:AB:cd:ef', '52:54:00:ab:cd:ef'],
    ['52-54-00-ab-cd-ef', '52:54:00:ab:cd:ef'],
    ['01-52-54-00-ab-cd-ef', '52:54:00:ab:cd:ef'],
    ['02-52-54-00-ab-cd-ef', null],
    ['52:54:00:ab:cd', null],
    ['', null],
    [null, null],
  ] as const)
    it(`${value} is ${mac}`, () => {
      expect(parseMac(value)).to.equal(mac);
    });
});
