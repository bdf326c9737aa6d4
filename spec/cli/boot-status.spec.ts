import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startBoot } from '../../boot/server.ts';
import { systemClock } from '../../config/system-clock.ts';
import { openStore } from '../../db/open-store.ts';
import { newKeyLine, parseKeyRing } from '../../db/secrets.ts';
import { startChild } from '../services/process.ts';
import { kurogane } from './kurogane-command.ts';

describe('S10 kurogane boot status', () => {
  let folder: string;
  let api: Server;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-boot-status-'));
    api = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
  });
  after(async () => {
    api.close();
    await rm(folder, { recursive: true });
  });

  it('is red with what to do for all that is missing, and green when it is there', async () => {
    const images = join(folder, 'images');
    await mkdir(images);
    const keys = newKeyLine();
    await writeFile(join(folder, 'secrets.key'), keys, { mode: 0o600 });
    const database = `sqlite://${join(folder, 'kurogane.sqlite')}`;
    await using store = await openStore({ connection: database, keys: parseKeyRing(keys) });
    await store.upgrade();
    const env: Record<string, string> = {
      KUROGANE_DATABASE__CONNECTION: database,
      KUROGANE_SECRETS__KEY_FILE: join(folder, 'secrets.key'),
      KUROGANE_BOOT__IMAGE_PATH: images,
      KUROGANE_BOOT__SCRIPT_PATH: join(folder, 'none'),
      KUROGANE_BOOT__ENROLMENT_TOKEN: 'kg-never-made',
      KUROGANE_BOOT__PORT: '1',
    };
    const args = ['boot', 'status', '--tftp-root', images, '--pid-file', join(folder, 'dnsmasq.pid')];
    const red = await kurogane(args, { env });
    expect(red.code).to.equal(1);
    for (const words of [
      /^red {4}boot service {3}http:\/\/127\.0\.0\.1:1\/boot\.ipxe does not answer \(.+\): start "kurogane boot"/m,
      /^red {4}API +Agents are not told where the API is: set \[api\]public_endpoint\.$/m,
      /^red {4}ramdisk +There is no \[conductor\]deploy_kernel: npm run ramdisk makes one\.$/m,
      /^red {4}scripts +There is no register\.sh in .+: see \[boot\]script_path\.$/m,
      /^red {4}enrolment +\[boot\]enrolment_token is used up, has expired or was deleted/m,
      /^red {4}dnsmasq +.+ names no process: start dnsmasq with what "kurogane dnsmasq-config" prints/m,
      /^red {4}undionly\.kpxe +.+ cannot be read: it comes with the package ipxe\.$/m,
    ])
      expect(red.stdout).to.match(words);
    expect(red.stdout)
      .to.not.match(/^green/m)
      .and.not.contain('kg-never-made');

    await using boot = await startBoot({
      ...{ host_ip: '127.0.0.1', port: 0, image_path: images, glance: null, allowed_paths: [] },
      facts: { api_url: '', kernel_append_params: '', deploy_kernel: '', deploy_ramdisk: '' },
      ...{ store, clock: systemClock, log: { info() {}, warn() {} } },
    });
    for (const name of ['vmlinuz', 'initrd', 'undionly.kpxe', 'ipxe.efi', 'register.sh'])
      await writeFile(join(images, name), name);
    await store.enrolment_tokens.create({
      ...{ name: 'rack-a', token_hash: createHash('sha256').update('kg-good').digest('hex') },
      ...{ uses_left: 3, expires_at: Date.now() + 3_600_000 },
    });
    // Another program has the number of a dnsmasq that ended.
    await using daemon = await startChild({ command: 'sleep', args: ['600'] });
    await writeFile(join(folder, 'dnsmasq.pid'), `${daemon.pid}\n`);
    const almost = await kurogane([...args, '--url', boot.url], {
      env: {
        ...env,
        KUROGANE_API__PUBLIC_ENDPOINT: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
        KUROGANE_CONDUCTOR__DEPLOY_KERNEL: `${boot.url}/images/vmlinuz`,
        KUROGANE_CONDUCTOR__DEPLOY_RAMDISK: `file://${join(images, 'initrd')}`,
        KUROGANE_BOOT__SCRIPT_PATH: images,
        KUROGANE_BOOT__ENROLMENT_TOKEN: 'kg-good',
      },
    });
    const reds = almost.stdout.split('\n').filter((line) => line.startsWith('red'));
    expect(reds.map((line) => line.slice(7).trim())).to.deep.equal([
      `dnsmasq        Process ${daemon.pid} of ${join(folder, 'dnsmasq.pid')} is no dnsmasq: it has ended. Start it again.`,
    ]);
    expect(almost.stdout).to.contain('new servers register with the token rack-a');
  });
});
