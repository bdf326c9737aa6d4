import type { AgentHost } from './agent-host.ts';
import { HttpClient } from './http-client.ts';

const REQUEST_TIMEOUT_MS = 10_000;
const MOST_BYTES = 256 * 1024 * 1024;
const SECTOR = 2048;
const CONFIG = 'isolinux/isolinux.cfg';

/** What a CD boots: a kernel by ISOLINUX, something of its own, or nothing, and why. */
export type CdOutcome =
  | { end: 'kernel'; kernel: string; initrds: readonly string[]; args: string }
  | { end: 'other' }
  | { end: 'failed'; why: string };

/** Boots as a BIOS does from the CD that a BMC has fetched. Rejects only when `signal` ends it. */
export async function cdBoot(host: AgentHost, url: string, signal: AbortSignal): Promise<CdOutcome> {
  const image = await fetchImage(url, signal).catch(() => null);
  signal.throwIfAborted();
  host.note('cd', `${image === null ? 'missing' : 'loaded'} ${url}`);
  if (image === null) return { end: 'failed', why: 'The BMC could not fetch the CD.' };
  // El Torito 2.0: the boot record is in the second descriptor.
  if (image.toString('latin1', 17 * SECTOR + 7, 17 * SECTOR + 30) !== 'EL TORITO SPECIFICATION')
    return { end: 'failed', why: 'The CD is not bootable.' };
  const config = fileOf(image, CONFIG)?.toString('latin1');
  if (config === undefined) return { end: 'other' };
  const kernel = /^\s*KERNEL \/(\S+)$/m.exec(config)?.[1] ?? '';
  const [, initrd = '', args = ''] = /^\s*APPEND initrd=\/(\S+) ?(.*)$/m.exec(config) ?? [];
  for (const path of [kernel, initrd])
    if (fileOf(image, path) === null) return { end: 'failed', why: `The CD has no /${path}.` };
  return { end: 'kernel', kernel: `cd:/${kernel}`, initrds: [`cd:/${initrd}`], args };
}

async function fetchImage(url: string, signal: AbortSignal): Promise<Buffer> {
  await using http = new HttpClient(signal, REQUEST_TIMEOUT_MS);
  const { status, chunks } = await http.stream(url);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error('The CD is too large for a virtual server.');
    parts.push(chunk);
  }
  if (status !== 200) throw new Error(`${url} was answered ${status}.`);
  return Buffer.concat(parts);
}

/** A file by its path in the plain hierarchy; null: there is none. ECMA-119 8.4.18, 9.1 */
function fileOf(image: Buffer, path: string): Buffer | null {
  let at = extentOf(image.subarray(16 * SECTOR + 156));
  for (const name of path.split('/')) {
    const found = recordsOf(image.subarray(at.first, at.first + at.length)).find((record) => {
      const identifier = record.toString('latin1', 33, 33 + (record[32] ?? 0)).replace(/\.?;1$/, '');
      return identifier === name;
    });
    if (found === undefined) return null;
    at = extentOf(found);
  }
  return image.subarray(at.first, at.first + at.length);
}

function extentOf(record: Buffer): { first: number; length: number } {
  return { first: record.readUInt32LE(2) * SECTOR, length: record.readUInt32LE(10) };
}

function recordsOf(folder: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < folder.length; ) {
    const length = folder[at] ?? 0;
    // No record crosses a sector.
    if (length === 0) at += SECTOR - (at % SECTOR);
    else {
      records.push(folder.subarray(at, at + length));
      at += length;
    }
  }
  return records;
}
