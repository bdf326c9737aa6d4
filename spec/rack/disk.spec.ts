import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Disk, DiskFull } from '../../rack/disk.ts';

describe('rack/disk', () => {
  let folder: string;
  let disk: Disk;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-disk-'));
    disk = new Disk(
      { name: '/dev/sda', model: 'm', serial: 's', size_bytes: 4 * 1024 * 1024 },
      join(folder, 'd.img'),
    );
  });
  afterEach(async () => {
    await disk[Symbol.asyncDispose]();
    expect(existsSync(join(folder, 'd.img')), 'its file is left behind').to.equal(false);
    await rm(folder, { recursive: true });
  });

  async function* chunks(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
    yield* parts;
  }

  it('has nothing to boot when it is blank', async () => {
    expect(await disk.contents()).to.equal(null);
    expect(disk.empty).to.equal(true);
  });

  it('tells what was written', async () => {
    const [a, b] = [randomBytes(2_000_000), randomBytes(700)];
    await disk.write(chunks(a, b));
    disk.setConfigdrive(Buffer.from('cd'));
    const sha256 = createHash('sha256').update(a).update(b).digest('hex');
    expect(await disk.contents()).to.deep.equal({ sha256, bytes: 2_000_700, configdrive: Buffer.from('cd') });
  });

  it('holds the last image only', async () => {
    await disk.write(chunks(randomBytes(5000)));
    const image = randomBytes(1000);
    await disk.write(chunks(image));
    expect((await disk.contents())?.sha256).to.equal(createHash('sha256').update(image).digest('hex'));
  });

  it('boots nothing from zeros', async () => {
    await disk.write(chunks(new Uint8Array(4096)));
    expect(await disk.contents()).to.equal(null);
  });

  it('loses boot sector and config drive with its metadata, and the data only when it is erased', async () => {
    await disk.write(chunks(randomBytes(3 * 1024 * 1024)));
    disk.setConfigdrive(Buffer.from('cd'));
    await disk.wipeMetadata();
    expect(await disk.contents()).to.equal(null);
    expect(disk.empty).to.equal(false);
    await disk.wipe();
    expect(disk.empty).to.equal(true);
  });

  it('refuses an image that is larger than itself', async () => {
    const error = await disk
      .write(chunks(new Uint8Array(3_000_000), new Uint8Array(3_000_000)))
      .catch((e) => e);
    expect(error).to.be.instanceOf(DiskFull);
  });
});
