import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';

/** What a disk says of itself, as in an inventory of the agent. */
export interface DiskFacts {
  name: string;
  model: string;
  serial: string;
  size_bytes: number;
}

/** What lies on a disk that a firmware can boot. */
export interface DiskContents {
  /** Of all that was written, config drive apart. */
  sha256: string;
  bytes: number;
  configdrive: Uint8Array | null;
}

/** The disk has no room for what is written to it. */
export class DiskFull extends Error {}

/** How a disk misbehaves. Absent = it does not. */
export interface DiskFaults {
  /** It reports an erasure that it did not carry out. */
  keeps_data?: true;
}

const SECTOR = 512;
/** What wiping the metadata clears at either end: room for partition tables and signatures. */
const METADATA_BYTES = 1024 * 1024;

/** A disk of a virtual server: a file that exists only while there is something on it. */
export class Disk implements AsyncDisposable {
  readonly facts: DiskFacts;
  faults: DiskFaults = {};
  readonly #path: string;
  #bytes = 0;
  #configdrive: Uint8Array | null = null;

  /** @param path where its file may lie. */
  constructor(facts: DiskFacts, path: string) {
    this.facts = facts;
    this.#path = path;
  }

  /**
   * Writes an image from the first sector on; what was there before is gone.
   *
   * @throws DiskFull; whatever `chunks` throws. The disk then holds what had arrived.
   */
  async write(chunks: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    await this.wipe();
    await using file = await open(this.#path, 'w', 0o600);
    for await (const chunk of chunks) {
      signal?.throwIfAborted();
      if (this.#bytes + chunk.byteLength > this.facts.size_bytes)
        throw new DiskFull(`${this.facts.name} has ${this.facts.size_bytes} bytes; the image is larger.`);
      await file.writeFile(chunk);
      this.#bytes += chunk.byteLength;
    }
  }

  /** Puts a config drive beside the image; null takes it away. */
  setConfigdrive(configdrive: Uint8Array | null): void {
    this.#configdrive = configdrive;
  }

  /** Clears partition tables and signatures, and with them the way to the config drive. The data stay. */
  async wipeMetadata(): Promise<void> {
    this.#configdrive = null;
    if (this.#bytes === 0) return;
    const length = Math.min(METADATA_BYTES, this.#bytes);
    await using file = await open(this.#path, 'r+');
    await file.write(Buffer.alloc(length), 0, length, 0);
    await file.write(Buffer.alloc(length), 0, length, this.#bytes - length);
  }

  /** The erase command of the disk: it says that it has done it. */
  async erase(): Promise<void> {
    if (this.faults.keeps_data !== true) await this.wipe();
  }

  /** Offsets of the `count` blocks, evenly spread over what was ever written and beyond it, that hold something. */
  async dirtyBlocks(count: number, block_bytes: number): Promise<number[]> {
    if (this.#bytes === 0) return [];
    await using file = await open(this.#path, 'r');
    const block = Buffer.alloc(block_bytes);
    const dirty: number[] = [];
    for (let i = 0; i < count; i++) {
      const offset = Math.floor((i * Math.max(0, this.#bytes - block_bytes)) / Math.max(1, count - 1));
      const { bytesRead } = await file.read(block, 0, block_bytes, offset);
      if (block.subarray(0, bytesRead).some((byte) => byte !== 0)) dirty.push(offset);
    }
    return dirty;
  }

  /** Empties it, whatever it would say itself. */
  async wipe(): Promise<void> {
    this.#configdrive = null;
    this.#bytes = 0;
    await rm(this.#path, { force: true });
  }

  /** Reads the disk; null when its first sector has nothing to boot. */
  async contents(): Promise<DiskContents | null> {
    if (this.#bytes < SECTOR) return null;
    await using file = await open(this.#path, 'r');
    const first = Buffer.alloc(SECTOR);
    await file.read(first, 0, SECTOR, 0);
    if (first.every((byte) => byte === 0)) return null;
    const hash = createHash('sha256');
    for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) hash.update(chunk);
    return { sha256: hash.digest('hex'), bytes: this.#bytes, configdrive: this.#configdrive };
  }

  /** True when nothing was written since the last wipe. */
  get empty(): boolean {
    return this.#bytes === 0 && this.#configdrive === null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.wipe();
  }
}
