import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type CachedImage, type ImageCache, type ImageKey, openImageCache } from '../../boot/image-cache.ts';
import { systemClock } from '../../config/system-clock.ts';
import { SILENT } from '../conductor/conductor-bench.ts';
import { eventually } from '../services/eventually.ts';

const SIZE = 1000;

interface Image {
  key: ImageKey;
  bytes: Buffer;
}

function image(size = SIZE): Image {
  const bytes = randomBytes(size);
  return {
    bytes,
    key: { algorithm: 'sha256', value: createHash('sha256').update(bytes).digest('hex'), size },
  };
}

/** A download whose bytes come when the test says so. */
function download() {
  let started = 0;
  let wake: (() => void) | null = null;
  const sent: (Buffer | Error | null)[] = [];
  const send = (...chunks: (Buffer | Error | null)[]): void => {
    sent.push(...chunks);
    wake?.();
  };
  async function* bytes(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (sent.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      signal.throwIfAborted();
      const next = sent.shift();
      if (next === null) return;
      if (next instanceof Error) throw next;
      if (next !== undefined) yield next;
    }
  }
  const source = async (signal: AbortSignal) => {
    started++;
    return bytes(signal);
  };
  return { source, send, started: () => started };
}

const at_once = (bytes: Buffer) => async () =>
  (async function* () {
    yield bytes.subarray(0, 300);
    yield bytes.subarray(300);
  })();
const never = async (): Promise<never> => {
  throw new Error('It was asked for again.');
};

async function readAll(cached: CachedImage | null, size = SIZE): Promise<Buffer> {
  if (cached === null) throw new Error('It is not kept.');
  await using each = cached;
  const buffer = Buffer.alloc(size);
  for (let at = 0; at < size; ) at += (await each.read(buffer, at, size - at, at)).bytesRead;
  return buffer;
}

describe('the cache of images', () => {
  let folder: string;
  let cache: ImageCache;
  let most_bytes: number;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-cache-'));
    most_bytes = 3 * SIZE;
    await open();
  });
  afterEach(async () => {
    await cache[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  const open = async (): Promise<void> => {
    cache = await openImageCache({ folder, most_bytes, clock: systemClock, log: SILENT });
  };
  const kept = () => readdir(folder);
  const name = ({ key }: Image): string => `${key.algorithm}-${key.value}`;
  const keep = async ({ bytes, key }: Image): Promise<void> => {
    expect((await readAll(await cache.open(key, at_once(bytes)), key.size)).equals(bytes)).to.equal(true);
    await eventually(async () => expect(await kept()).to.include(`${key.algorithm}-${key.value}`));
  };

  it('downloads an image once for all who want it at the same time', async () => {
    const one = image();
    const { send, source, started } = download();
    const readers = [cache.open(one.key, source), cache.open(one.key, source), cache.open(one.key, source)];
    send(one.bytes.subarray(0, 400), one.bytes.subarray(400), null);
    for (const reader of readers) expect((await readAll(await reader)).equals(one.bytes)).to.equal(true);
    expect(started()).to.equal(1);
  });

  it('lets what has come be read while the rest comes', async () => {
    const one = image();
    const { send, source } = download();
    await using reading = await cache.open(one.key, source);
    send(one.bytes.subarray(0, 400));
    const part = Buffer.alloc(SIZE);
    const { bytesRead } = (await reading?.read(part, 0, 100, 250)) ?? {};
    expect(bytesRead).to.equal(100);
    expect(part.subarray(0, 100).equals(one.bytes.subarray(250, 350))).to.equal(true);
    const rest = reading?.read(part, 0, 100, 900);
    send(one.bytes.subarray(400), null);
    expect((await rest)?.bytesRead).to.be.greaterThan(0);
  });

  it('asks nobody for what it has, also after a restart', async () => {
    const one = image();
    await keep(one);
    expect((await readAll(await cache.open(one.key, never))).equals(one.bytes)).to.equal(true);
    await cache[Symbol.asyncDispose]();
    await open();
    expect((await readAll(await cache.open(one.key, never))).equals(one.bytes)).to.equal(true);
  });

  for (const [what, spoil, message] of [
    ['has another hash', (bytes: Buffer) => [bytes.subarray(1), Buffer.from('!'), null], /Its sha256 is/],
    ['ends too early', (bytes: Buffer) => [bytes.subarray(0, 500), null], /ended after 500 of 1000 bytes/],
    ['is longer than it should be', (bytes: Buffer) => [bytes, Buffer.from('!'), null], /more than the 1000/],
    ['breaks off', (bytes: Buffer) => [bytes.subarray(0, 999), new Error('reset')], /reset/],
  ] as const)
    it(`gives nobody the whole of an image that ${what}, and does not keep it`, async () => {
      const one = image();
      const { send, source } = download();
      const reading = await cache.open(one.key, source);
      send(...(spoil(one.bytes) as (Buffer | null)[]));
      const failure = await readAll(reading).catch((error: Error) => error);
      expect(failure).to.be.instanceOf(Error);
      expect((failure as Error).message).to.match(message);
      await eventually(async () => expect(await kept()).to.deep.equal([]));
      await keep(one);
    });

  it('tells all who wait why a download did not begin, and begins it anew for the next', async () => {
    const one = image();
    const all = await Promise.allSettled([cache.open(one.key, never), cache.open(one.key, never)]);
    expect(all.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    await keep(one);
  });

  it('gives up the longest unused for a new one', async () => {
    const [one, two, three, four] = [image(), image(), image(), image()];
    for (const each of [one, two, three]) await keep(each);
    await readAll(await cache.open(one.key, never));
    await keep(four);
    expect((await kept()).sort()).to.deep.equal([one, three, four].map(name).sort());
  });

  it('keeps nothing that leaves what is read now no room, nor what is larger than itself', async () => {
    const [one, two] = [image(2 * SIZE), image(2 * SIZE)];
    await keep(one);
    {
      await using reading = await cache.open(one.key, never);
      expect(reading).not.to.equal(null);
      expect(await cache.open(two.key, at_once(two.bytes))).to.equal(null);
    }
    await keep(two);
    expect(await kept()).to.deep.equal([name(two)]);
    expect(await cache.open(image(4 * SIZE).key, never)).to.equal(null);
  });

  it('keeps nothing without a strong hash: a name that is no hash is no file either', async () => {
    for (const [algorithm, value] of [
      ['md5', '0'.repeat(32)],
      ['sha256', '../../../../tmp/x'],
      ['sha512', '0'.repeat(64)],
    ] as const)
      expect(await cache.open({ algorithm, value, size: SIZE }, never)).to.equal(null);
    expect(await kept()).to.deep.equal([]);
  });

  it('tidies up what a process before left, and keeps to a size that was made smaller', async () => {
    const [one, two] = [image(), image()];
    await keep(one);
    await keep(two);
    await utimes(join(folder, name(one)), 1, 1);
    await writeFile(join(folder, `${name(image())}.1.part`), 'half');
    await cache[Symbol.asyncDispose]();
    most_bytes = SIZE;
    await open();
    expect(await kept()).to.deep.equal([name(two)]);
    expect((await readFile(join(folder, name(two)))).equals(two.bytes)).to.equal(true);
  });

  it('downloads again what somebody removed from the folder', async () => {
    const one = image();
    await keep(one);
    await rm(join(folder, name(one)));
    await keep(one);
  });

  it('ends with a download under way', async () => {
    const one = image();
    const { send, source } = download();
    await using reading = await cache.open(one.key, source);
    send(one.bytes.subarray(0, 400));
    await reading?.read(Buffer.alloc(10), 0, 10, 0);
    await cache[Symbol.asyncDispose]();
    expect(await kept()).to.deep.equal([]);
  });
});
