import { createHash } from 'node:crypto';
import { type FileHandle, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../db/store.ts';
import { type IsoFile, layIso } from '../iso/iso9660.ts';
import { bootIsoNode } from '../lifecycle/image-source.ts';
import { download } from '../net/download.ts';
import { openRegular, sendFile } from './images.ts';
import { type BootFacts, type BootNode, type BootPlan, bootPlan, placeOf } from './script.ts';
import { notFound } from './send-source.ts';
import type { Sender } from './sender.ts';

/** Programs that load a kernel from a CD, as paths; '': there is none. */
export interface IsoLoaders {
  /** ISOLINUX and the part of it that it loads, for BIOS. */
  isolinux_bin: string;
  ldlinux_c32: string;
  /** An EFI system partition whose loader reads /boot/grub/grub.cfg of the CD, for UEFI. */
  esp_image: string;
}

/** The boot service's CDs of what nodes are to boot now. */
export interface BootIsos extends AsyncDisposable {
  /** Answers GET and HEAD of `/boot-iso/{uuid}.iso`. False: the path is none of these. */
  send(path: string, sender: Sender, request: IncomingMessage, response: ServerResponse): Promise<boolean>;
}

type KernelPlan = Extract<BootPlan, { kernel: string }>;

const MOST_BYTES = 4 * 1024 ** 3;
const FETCH_TIMEOUT_MS = 600_000;
/** CDs that are kept; the oldest one goes. */
const MOST_KEPT = 8;
/** What ISOLINUX takes on one line. */
const LONGEST_PARAMS = 2000;

/**
 * Makes CDs when they are asked for, and keeps a few: BMCs read them in many parts.
 *
 * @param options.own_url where this boot service itself is reached.
 */
export function createBootIsos(options: {
  store: { nodes: Pick<Store['nodes'], 'get'> };
  facts: BootFacts;
  loaders: IsoLoaders;
  own_url: () => string;
}): BootIsos {
  const ended = new AbortController();
  const folder = mkdtemp(join(tmpdir(), 'kurogane-iso-'));
  folder.catch(() => {}); // told to whoever asks
  /** By what is in them, the oldest first: paths of files. */
  const kept = new Map<string, Promise<string>>();

  function isoOf(node: BootNode, plan: KernelPlan): Promise<string> {
    const facts = JSON.stringify([plan, options.loaders]);
    const key = createHash('sha256').update(facts).digest('hex').slice(0, 32);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = (async () => {
      const path = join(await folder, key);
      await make(path, node, plan);
      return path;
    })();
    kept.set(key, made);
    // What failed is tried again by who asks next.
    made.catch(() => kept.delete(key));
    for (const [oldest, path] of kept) {
      if (kept.size <= MOST_KEPT) break;
      kept.delete(oldest);
      // Who reads it has it open.
      void path.then((file) => rm(file, { force: true })).catch(() => {});
    }
    return made;
  }

  async function make(path: string, node: BootNode, plan: KernelPlan): Promise<void> {
    const part = async (file: 'kernel' | 'ramdisk') => {
      const url = new URL(placeOf(node, file, plan[file]), options.own_url()).href;
      const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]);
      const to = `${path}.${file}`;
      return { path: to, length: await download(url, to, { most_bytes: MOST_BYTES, signal }) };
    };
    try {
      const [kernel, ramdisk] = await Promise.all([part('kernel'), part('ramdisk')]);
      const files = await loaderFiles(options.loaders, plan.params);
      const layout = layIso<{ path: string; length: number }>(
        'kurogane-boot',
        [...files.files, { path: 'vmlinuz', content: kernel }, { path: 'initrd', content: ramdisk }],
        0,
        files.boot,
      );
      await using image = await open(path, 'w');
      await image.truncate(layout.size);
      for (const { at, content } of layout.pieces)
        if (content instanceof Uint8Array) await image.write(content, 0, content.length, at);
        else await copyInto(image, at, content.path);
    } finally {
      for (const file of ['kernel', 'ramdisk']) await rm(`${path}.${file}`, { force: true });
    }
  }

  return {
    async send(path, sender, request, response) {
      const node_uuid = bootIsoNode(path);
      if (node_uuid === null) return false;
      const node = await options.store.nodes.get(node_uuid);
      const plan = node === null ? null : bootPlan(node, options.facts, null);
      if (node === null || plan === null || !('kernel' in plan)) notFound(response);
      else {
        const file = await openRegular(await isoOf(node, { ...plan, params: forCd(plan.params) }));
        if (file === null) notFound(response);
        else {
          await using handle = file;
          await sendFile(handle, sender, request, response);
        }
      }
      return true;
    },
    async [Symbol.asyncDispose]() {
      ended.abort();
      await Promise.allSettled(kept.values());
      await rm(await folder, { recursive: true, force: true });
    },
  };
}

/** The address that a server booted from is iPXE's to say. */
function forCd(params: string): string {
  return params.replace(/(^| )BOOTIF=\S+/, '').trim();
}

async function loaderFiles(
  { isolinux_bin, ldlinux_c32, esp_image }: IsoLoaders,
  params: string,
): Promise<{ files: IsoFile[]; boot: { bios?: Uint8Array; efi?: Uint8Array } }> {
  if (params.length > LONGEST_PARAMS)
    throw new Error(`Kernel parameters of ${params.length} characters are too long for a CD.`);
  const files: IsoFile[] = [];
  const boot: { bios?: Uint8Array; efi?: Uint8Array } = {};
  if (isolinux_bin !== '') {
    boot.bios = await readFile(isolinux_bin);
    const config = `SERIAL 0\nPROMPT 0\nDEFAULT linux\nLABEL linux\n  KERNEL /vmlinuz\n  APPEND initrd=/initrd ${params}\n`;
    files.push(
      { path: 'isolinux/isolinux.bin', content: boot.bios },
      { path: 'isolinux/ldlinux.c32', content: await readFile(ldlinux_c32) },
      { path: 'isolinux/isolinux.cfg', content: Buffer.from(config) },
    );
  }
  if (esp_image !== '') {
    boot.efi = await readFile(esp_image);
    const config = `set default=0\nset timeout=0\nmenuentry linux {\n  linux /vmlinuz ${params}\n  initrd /initrd\n}\n`;
    files.push(
      { path: 'boot/esp.img', content: boot.efi },
      { path: 'boot/grub/grub.cfg', content: Buffer.from(config) },
    );
  }
  if (files.length === 0)
    throw new Error('No loader for CDs is configured: set [DEFAULT]isolinux_bin or esp_image.');
  return { files, boot };
}

async function copyInto(image: FileHandle, at: number, path: string): Promise<void> {
  await using file = await open(path);
  let position = at;
  for await (const chunk of file.createReadStream({ autoClose: false })) {
    const bytes = chunk as Buffer;
    await image.write(bytes, 0, bytes.length, position);
    position += bytes.length;
  }
}
