import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type BootLimits, type BootServer, startBoot } from '../../boot/server.ts';
import { systemClock } from '../../config/system-clock.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import { eventually } from '../services/eventually.ts';

/** More than several chunks of either size, and a last one that is not whole. */
const BYTES = 3 * 1024 * 1024 + 77;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('downloads from the boot service', () => {
  let folder: string;
  let image: Buffer;
  let warnings: string[];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-sender-'));
    image = randomBytes(BYTES);
    await writeFile(join(folder, 'disk.raw'), image);
  });
  after(() => rm(folder, { recursive: true }));
  beforeEach(() => {
    warnings = [];
  });

  const start = (limits: Partial<BootLimits> = {}, clock: Pick<Clock, 'monotonic' | 'sleep'> = systemClock) =>
    startBoot({
      ...{ host_ip: '127.0.0.1', port: 0, image_path: folder, glance: null, allowed_paths: [], clock },
      limits: { calls_per_minute: 0, rack_bandwidth_mib_s: 0, rack_prefix: 24, ...limits },
      facts: { api_url: '', kernel_append_params: '', deploy_kernel: '', deploy_ramdisk: '' },
      store: { nodes: { get: async () => null }, ports: { nodeOf: async () => null } },
      log: { info() {}, warn: (_facts, message) => void warnings.push(message) },
    });
  const download = async (server: BootServer, headers: Record<string, string> = {}) =>
    Buffer.from(await (await fetch(`${server.url}/images/disk.raw`, { headers })).arrayBuffer());

  it('are whole, many at once, also those beyond the ones with big chunks', async () => {
    await using server = await start();
    const all = await Promise.all(Array.from({ length: 40 }, () => download(server)));
    expect(new Set(all.map(sha256))).to.deep.equal(new Set([sha256(image)]));
  });

  it('are a part where a part is asked for', async () => {
    await using server = await start();
    const part = await download(server, { range: `bytes=1000000-${BYTES - 2}` });
    expect(sha256(part)).to.equal(sha256(image.subarray(1_000_000, BYTES - 1)));
  });

  it('wait for the share of their rack, and are whole then', async () => {
    let now = 0;
    const clock = {
      monotonic: () => now,
      sleep: async (ms: number) => {
        now += ms;
      },
    };
    await using server = await start({ rack_bandwidth_mib_s: 1 }, clock);
    expect(sha256(await download(server))).to.equal(sha256(image));
    expect(now).to.be.within(2900, 3100);
  });

  it('of a client that goes away end there', async () => {
    await using server = await start();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write('GET /images/disk.raw HTTP/1.1\r\nhost: a\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    expect(sha256(await download(server))).to.equal(sha256(image));
    expect(warnings).to.deep.equal([]);
  });

  it('of a file that becomes shorter meanwhile are cut off, not ended', async () => {
    const path = join(folder, 'shrinks.raw');
    await writeFile(path, image);
    await using server = await start(
      { rack_bandwidth_mib_s: 1 },
      {
        ...systemClock,
        sleep: () => truncate(path, 1000),
      },
    );
    const reply = await fetch(`${server.url}/images/shrinks.raw`);
    const end = await reply.arrayBuffer().then(
      () => 'ended',
      () => 'cut off',
    );
    expect(end).to.equal('cut off');
    await eventually(() => expect(warnings).to.deep.equal(['A boot request failed.']));
  });

  it('are not counted as questions; who asks too often is told to come later', async () => {
    await using server = await start({ calls_per_minute: 2 }, { ...systemClock, monotonic: () => 0 });
    const ask = async (path: string) => (await fetch(server.url + path)).status;
    expect(await ask('/boot.ipxe')).to.equal(200);
    expect(await ask('/ipxe?mac=52-54-00-00-00-01')).to.equal(200);
    const refused = await fetch(`${server.url}/boot.ipxe`);
    expect([refused.status, refused.headers.get('retry-after')]).to.deep.equal([429, '10']);
    expect(await ask('/images/disk.raw')).to.equal(200);
  });
});
