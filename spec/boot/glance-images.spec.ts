import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadableStream } from 'node:stream/web';
import { expect } from 'chai';
import { type ImageCache, openImageCache } from '../../boot/image-cache.ts';
import { type BootServer, startBoot } from '../../boot/server.ts';
import { systemClock } from '../../config/system-clock.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { GlanceClient, GlanceImage } from '../../net/glance-client.ts';
import { NeighbourError } from '../../net/service-session.ts';
import { SILENT } from '../conductor/conductor-bench.ts';

const IMAGE = randomBytes(2 * 1024 * 1024 + 5);
const ID = '1bea47ed-f6a9-463b-b423-14b9cca9ad27';
const NODE = '4c4c4544-0000-4010-8000-000000000001';
const TOKEN = 'a-token';
const sha512 = (bytes: Uint8Array): string => createHash('sha512').update(bytes).digest('hex');

describe('images of Glance that the boot service keeps', () => {
  let folder: string;
  let cache: ImageCache;
  let server: BootServer;
  let image: GlanceImage;
  let bytes: Buffer;
  let gone: boolean;
  let downloads: (string | undefined)[];
  const glance: GlanceClient = {
    async show() {
      if (gone) throw new NeighbourError('The image could not be found.', 404);
      return image;
    },
    async download(_id, range) {
      downloads.push(range);
      const chunks = [bytes.subarray(0, 700_000), bytes.subarray(700_000)];
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          const next = chunks.shift();
          if (next === undefined) controller.close();
          else controller.enqueue(next);
        },
      });
      return { status: 200, headers: new Headers({ 'content-length': `${bytes.length}` }), body };
    },
  };

  beforeEach(async () => {
    bytes = IMAGE;
    gone = false;
    downloads = [];
    image = {
      ...{ id: ID, size: IMAGE.length, disk_format: 'raw', container_format: 'bare', checksum: null },
      ...{ os_hash_algo: 'sha512', os_hash_value: sha512(IMAGE), tags: [], properties: {} },
    };
    folder = await mkdtemp(join(tmpdir(), 'kurogane-glance-'));
    cache = await openImageCache({ folder, most_bytes: 3 * IMAGE.length, clock: systemClock, log: SILENT });
    const node = {
      uuid: NODE,
      driver_internal_info: { deploy_image: { token: TOKEN, source: ID } },
    } as unknown as NodeRecord;
    server = await startBoot({
      ...{ host_ip: '127.0.0.1', port: 0, image_path: folder, allowed_paths: [], clock: systemClock },
      facts: { api_url: '', kernel_append_params: '', deploy_kernel: '', deploy_ramdisk: '' },
      store: { nodes: { get: async () => node }, ports: { nodeOf: async () => null } },
      ...{ glance, cache, log: SILENT },
    });
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    await cache[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  const get = (headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${server.url}/deploy-images/${NODE}/${TOKEN}`, { method, headers });
  const body = async (reply: Response): Promise<string> => sha512(new Uint8Array(await reply.arrayBuffer()));

  it('come from Glance once, however many servers are written at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 12 }, async () => body(await get())));
    expect(new Set(all)).to.deep.equal(new Set([image.os_hash_value]));
    expect(await body(await get())).to.equal(image.os_hash_value);
    expect(downloads).to.deep.equal([undefined]);
  });

  it('are sent in ranges, also while they come', async () => {
    const [whole, part, last] = await Promise.all([
      get(),
      get({ range: 'bytes=1000000-1000009' }),
      get({ range: 'bytes=-5' }),
    ]);
    expect([whole.status, part.status, last.status]).to.deep.equal([200, 206, 206]);
    expect(part.headers.get('content-range')).to.equal(`bytes 1000000-1000009/${IMAGE.length}`);
    expect(await body(part)).to.equal(sha512(IMAGE.subarray(1_000_000, 1_000_010)));
    expect(await body(last)).to.equal(sha512(IMAGE.subarray(-5)));
    expect(await body(whole)).to.equal(image.os_hash_value);
    expect(downloads).to.have.length(1);
    expect((await get({ range: `bytes=${IMAGE.length}-` })).status).to.equal(416);
    expect((await get({ 'if-none-match': `"${image.os_hash_value}"` })).status).to.equal(304);
  });

  it('are cut off, never ended, when their bytes are not what Glance says; the next one has them right', async () => {
    bytes = Buffer.concat([IMAGE.subarray(1), Buffer.from('!')]);
    const reply = await get();
    expect(reply.headers.get('content-length')).to.equal(`${IMAGE.length}`);
    expect(await body(reply).catch(() => 'cut off')).to.equal('cut off');
    bytes = IMAGE;
    expect(await body(await get())).to.equal(image.os_hash_value);
  });

  it('are asked for by HEAD before: the download begins then', async () => {
    const reply = await get({}, 'HEAD');
    expect([reply.status, reply.headers.get('content-length')]).to.deep.equal([200, `${IMAGE.length}`]);
    expect(await body(await get())).to.equal(image.os_hash_value);
    expect(downloads).to.have.length(1);
  });

  it('are not sent any more when Glance has them no more', async () => {
    await body(await get());
    gone = true;
    expect((await get()).status).to.equal(404);
  });

  it('are passed on as they come when Glance knows no strong hash of them', async () => {
    image = { ...image, os_hash_algo: null, os_hash_value: null };
    expect(await body(await get())).to.equal(sha512(IMAGE));
    expect(await body(await get({ range: 'bytes=0-' }))).to.equal(sha512(IMAGE));
    expect(downloads).to.deep.equal([undefined, 'bytes=0-']);
  });
});
