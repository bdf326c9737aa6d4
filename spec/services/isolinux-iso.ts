import { readFile } from 'node:fs/promises';
import { systemClock } from '../../config/system-clock.ts';
import { createIso } from '../../iso/iso9660.ts';
import { ISOLINUX, LDLINUX } from './packages.ts';

/** A CD that boots with ISOLINUX. @param config of ISOLINUX @param files what else is on it, by path */
export async function isolinuxIso(
  name: string,
  config: string,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<Buffer> {
  const loader = await readFile(ISOLINUX);
  const contents: Record<string, Uint8Array> = {
    'isolinux/isolinux.bin': loader,
    'isolinux/ldlinux.c32': await readFile(LDLINUX),
    'isolinux/isolinux.cfg': Buffer.from(config),
    ...files,
  };
  const listed = Object.entries(contents).map(([path, content]) => ({ path, content }));
  return createIso(name, listed, systemClock.now(), { bios: loader });
}

/** A CD that boots a kernel, whose messages of the loader come on the serial port too. */
export async function linuxIso(
  name: string,
  { kernel, initrd }: { kernel: string; initrd: string },
  params: readonly string[],
): Promise<Buffer> {
  const config = `SERIAL 0\nDEFAULT linux\nPROMPT 0\nLABEL linux\n  KERNEL /vmlinuz\n  APPEND initrd=/initrd ${params.join(' ')}\n`;
  return await isolinuxIso(name, config, {
    vmlinuz: await readFile(kernel),
    initrd: await readFile(initrd),
  });
}
