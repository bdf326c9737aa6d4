import { copyFile, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildRamdisk, type Ramdisk } from '../../../boot/ramdisk/build.ts';
import type { Recipe } from '../../../boot/ramdisk/packages.ts';
import { projectRoot } from '../../../config/project-root.ts';
import { run } from '../../services/process.ts';

const MB = 1024 ** 2;
const SECTOR_BYTES = 512;
/** Where the only partition of a disk begins. */
const PARTITION_SECTOR = 2048;
const FAT16 = 0x0e;
const BOOT_CODE_BYTES = 440;

const LIBRARY = /^usr\/lib\/x86_64-linux-gnu\/[^/]+\.so[.\d]*$/;

/** A system of a customer: Debian's kernel for virtual machines, or the one for servers, BusyBox, and an SSH server that nobody starts. */
const recipe = (kernel_meta: string): Recipe => ({
  kernel_meta,
  packages: {
    'busybox-static': [/^usr\/bin\/busybox$/],
    'dropbear-bin': [/^usr\/sbin\/dropbear$/],
    libc6: [/^usr\/lib64\/ld-linux/, /^usr\/lib\/x86_64-linux-gnu\/(ld-linux|lib(c|resolv)\.so)/],
    ...Object.fromEntries(
      ['libtomcrypt1', 'libtommath1', 'libgmp10', 'libcrypt1', 'zlib1g'].map((name) => [name, [LIBRARY]]),
    ),
    // What makes the lists of modules; the system itself has BusyBox's modprobe.
    ...Object.fromEntries(['kmod', 'libzstd1', 'liblzma5', 'libssl3'].map((name) => [name, []])),
  },
  left_out: [],
  modules: ['virtio_pci', 'virtio_net', 'virtio_blk', 'loop', 'squashfs', 'overlay'],
});

/** Kernel and initial ramdisk of a system that stands for a customer's (spec/boot/e2e/system). */
export function buildSystem(kernel_meta: 'linux-image-amd64' | 'linux-image-cloud-amd64'): Promise<Ramdisk> {
  return buildRamdisk(
    join(projectRoot, 'spec', 'boot', 'e2e', 'system'),
    join(projectRoot, '.build', 'ramdisk'),
    recipe(kernel_meta),
  );
}

/** A disk of 64 MiB that boots a system: MBR, FAT16 and SYSLINUX. Made without root. */
export async function buildDisk(folder: string, system: Ramdisk, cmdline: string): Promise<Buffer> {
  const path = join(folder, 'disk.raw');
  await using file = await open(path, 'w+');
  await file.truncate(64 * MB);
  const table = Buffer.alloc(SECTOR_BYTES);
  (await readFile('/usr/lib/SYSLINUX/mbr.bin')).copy(table, 0, 0, BOOT_CODE_BYTES);
  table.writeUInt8(0x80, 446);
  table.writeUInt8(FAT16, 450);
  table.writeUInt32LE(PARTITION_SECTOR, 454);
  table.writeUInt32LE((64 * MB) / SECTOR_BYTES - PARTITION_SECTOR, 458);
  table.writeUInt16LE(0xaa55, 510);
  await file.write(table, 0, SECTOR_BYTES, 0);
  const config = join(folder, 'syslinux.cfg');
  await writeFile(
    config,
    `DEFAULT system\nPROMPT 0\nTIMEOUT 0\nLABEL system\n KERNEL kernel\n INITRD initrd\n APPEND ${cmdline}\n`,
  );
  const partition = `${path}@@${PARTITION_SECTOR * SECTOR_BYTES}`;
  const sectors = String((64 * MB) / SECTOR_BYTES - PARTITION_SECTOR);
  await must('mformat', ['-i', partition, '-T', sectors, '-h', '64', '-s', '32', '::']);
  await must('mcopy', ['-i', partition, system.kernel, '::kernel']);
  await must('mcopy', ['-i', partition, system.initrd, '::initrd']);
  await must('mcopy', ['-i', partition, config, '::syslinux.cfg']);
  await must('syslinux', ['--install', '--offset', String(PARTITION_SECTOR * SECTOR_BYTES), path]);
  return readFile(path);
}

/** A squashfs with the same system as root, which says that it is one. */
export async function buildSquashfs(folder: string, system: Ramdisk, target: string): Promise<void> {
  const root = join(folder, 'squashfs');
  await mkdir(root, { recursive: true });
  await must('sh', ['-c', 'zcat "$0" | (cd "$1" && cpio -idmf --quiet dev/console)', system.initrd, root]);
  await mkdir(join(root, 'etc'), { recursive: true });
  await writeFile(join(root, 'etc', 'squashed'), 'squashfs\n');
  await must('mksquashfs', [
    root,
    target,
    '-all-root',
    '-noappend',
    '-quiet',
    '-no-progress',
    '-comp',
    'gzip',
  ]);
}

/** Puts kernel and initial ramdisk of a system where the boot service has its images, as NAME-kernel and NAME-initrd. */
export async function publish(system: Ramdisk, images: string, name: string): Promise<void> {
  await copyFile(system.kernel, join(images, `${name}-kernel`));
  await copyFile(system.initrd, join(images, `${name}-initrd`));
}

async function must(command: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await run({ command, args });
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}`);
}
