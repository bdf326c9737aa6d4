import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../lifecycle/clock.ts';
import { type Fill, type FillSource, startFill } from './image-fill.ts';
import type { Readable } from './sender.ts';

/** What an image's bytes are: a hash as Node names it, its value in lower-case hexadecimal, and how many. */
export interface ImageKey {
  algorithm: string;
  value: string;
  size: number;
}

/** An image that is read, whole or as it comes. To be disposed of after the last read. */
export interface CachedImage extends AsyncDisposable, Readable {}

export interface ImageCache extends AsyncDisposable {
  /**
   * The image, from the folder or, for all who want it at once, by one download.
   *
   * @param source begins the download.
   * @returns null: it cannot be kept: no strong hash is known, or it is larger than what those that are read now leave.
   * @throws what `source` throws.
   */
  open(key: ImageKey, source: FillSource): Promise<CachedImage | null>;
}

export interface ImageCacheOptions {
  /** One process's own. */
  folder: string;
  most_bytes: number;
  clock: Pick<Clock, 'now' | 'monotonic'>;
  log: { info(facts: object, message: string): void; warn(facts: object, message: string): void };
}

/** A file of the folder, or one that will be. */
interface Entry {
  name: string;
  size: number;
  /** Who reads it now: it stays meanwhile. */
  readers: number;
  /** While it is downloaded. */
  filling: { part: string; fill: Promise<Fill> } | null;
}

/** After the disk refused: images are passed on meanwhile. */
const PAUSE_MS = 60_000;
const REFUSALS: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EACCES', 'ENOENT']);

/** By a weaker hash one image could pass for another. */
const WHOLE = /^sha(256-[0-9a-f]{64}|384-[0-9a-f]{96}|512-[0-9a-f]{128})$/;

const nameOf = ({ algorithm, value }: ImageKey): string => `${algorithm}-${value}`;

/**
 * Keeps images in a folder that does not grow beyond `most_bytes`: the one that was asked for the longest ago goes first. A file has its
 * name only when its bytes had the right hash; what a process before left half-written is removed.
 */
export async function openImageCache({
  clock,
  folder,
  log,
  most_bytes,
}: ImageCacheOptions): Promise<ImageCache> {
  const place = (name: string): string => join(folder, name);
  /** In the order in which they were asked for last. */
  const entries = await entriesOf(folder);
  const ending = new AbortController();
  const fills = new Set<Promise<void>>();
  let removed: Promise<void> = removeAll(claimRoom(0) ?? []);
  let parts = 0;
  let paused_until = Number.NEGATIVE_INFINITY;
  await removed;

  /** Takes entries out until so many bytes fit; null: what is in use leaves no room. */
  function claimRoom(size: number): Entry[] | null {
    const idle = [...entries.values()].filter(({ filling, readers }) => filling === null && readers === 0);
    const total = (list: Iterable<Entry>): number => [...list].reduce((sum, each) => sum + each.size, 0);
    let over = total(entries.values()) + size - most_bytes;
    if (over > total(idle)) return null;
    const out: Entry[] = [];
    for (const entry of idle) {
      if (over <= 0) break;
      over -= entry.size;
      entries.delete(entry.name);
      out.push(entry);
    }
    return out;
  }

  async function removeAll(out: readonly Entry[]): Promise<void> {
    for (const { name, size } of out) {
      await rm(place(name), { force: true });
      log.info({ image: name, bytes: size }, 'An image has left the cache.');
    }
  }

  function begin(key: ImageKey, source: FillSource): Entry | null {
    const out = clock.monotonic() < paused_until ? null : claimRoom(key.size);
    if (out === null) return null;
    removed = removed.then(() => removeAll(out));
    const part = `${nameOf(key)}.${++parts}.part`;
    const fill = removed.then(() => startFill({ ...key, path: place(part), source, signal: ending.signal }));
    const entry: Entry = { name: nameOf(key), size: key.size, readers: 0, filling: { part, fill } };
    entries.set(entry.name, entry);
    const ended = finish(entry, part, fill).finally(() => fills.delete(ended));
    fills.add(ended);
    return entry;
  }

  async function finish(entry: Entry, part: string, fill: Promise<Fill>): Promise<void> {
    const { name, size } = entry;
    try {
      await (await fill).whole;
      await rename(place(part), place(name));
      entry.filling = null;
      log.info({ image: name, bytes: size }, 'An image is in the cache.');
    } catch (error) {
      // Nobody else is to wait for it.
      entries.delete(name);
      await rm(place(part), { force: true });
      if (REFUSALS.has((error as NodeJS.ErrnoException).code ?? ''))
        paused_until = clock.monotonic() + PAUSE_MS;
      if (!ending.signal.aborted) log.warn({ image: name, err: error }, 'An image was not kept.');
    }
  }

  async function read(entry: Entry): Promise<CachedImage> {
    entry.readers++;
    try {
      const { filling } = entry;
      const fill = filling === null ? null : await filling.fill;
      // It may get its name meanwhile.
      const file = await open(place(filling?.part ?? entry.name)).catch(() => open(place(entry.name)));
      return {
        async read(buffer, offset, length, position) {
          const most = fill === null ? length : (await fill.readable(position)) - position;
          return file.read(buffer, offset, Math.min(length, most), position);
        },
        async [Symbol.asyncDispose]() {
          entry.readers--;
          await file.close();
        },
      };
    } catch (error) {
      entry.readers--;
      throw error;
    }
  }

  async function fromFolder(entry: Entry): Promise<CachedImage | null> {
    try {
      const image = await read(entry);
      const now = new Date(clock.now());
      await utimes(place(entry.name), now, now).catch(() => {});
      return image;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      // Somebody has tidied up.
      entries.delete(entry.name);
      return null;
    }
  }

  return {
    async open(key, source) {
      const name = nameOf(key);
      if (!WHOLE.test(name) || key.size < 1) return null;
      const known = entries.get(name);
      if (known !== undefined) {
        entries.delete(name);
        entries.set(name, known);
        if (known.filling !== null) return read(known);
        const image = await fromFolder(known);
        if (image !== null) return image;
      }
      const entry = entries.get(name) ?? begin(key, source);
      return entry === null ? null : read(entry);
    },
    async [Symbol.asyncDispose]() {
      ending.abort(new Error('The boot service ends.'));
      await Promise.all(fills);
      await removed;
    },
  };
}

/** What an earlier process kept, the longest unused first. */
async function entriesOf(folder: string): Promise<Map<string, Entry>> {
  await mkdir(folder, { recursive: true });
  const found: { entry: Entry; used_at: number }[] = [];
  for (const name of await readdir(folder)) {
    if (name.endsWith('.part')) await rm(join(folder, name), { force: true });
    if (!WHOLE.test(name)) continue;
    const { mtimeMs, size } = await stat(join(folder, name));
    found.push({ entry: { name, size, readers: 0, filling: null }, used_at: mtimeMs });
  }
  found.sort((a, b) => a.used_at - b.used_at);
  return new Map(found.map(({ entry }) => [entry.name, entry]));
}
