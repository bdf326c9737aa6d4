/** One file of an archive. Mode as in stat(2), with the type. */
export interface CpioEntry {
  /** Without a leading slash. */
  path: string;
  mode: number;
  data: Uint8Array;
  /** Major and minor number of a device. */
  device?: readonly [number, number];
}

export const FOLDER = 0o040755;
export const PROGRAM = 0o100755;
export const PLAIN = 0o100644;
export const LINK = 0o120777;
export const CHARACTER_DEVICE = 0o020600;

/**
 * A cpio archive of the form `newc`, as the kernel takes it (Documentation/driver-api/early-userspace/buffer-format.rst). All
 * belongs to root and has no time, and the order is that of the paths: the same files give the same bytes. Folders above an
 * entry are added.
 */
export function cpioArchive(entries: Iterable<CpioEntry>): Uint8Array {
  const by_path = new Map<string, CpioEntry>();
  for (const entry of entries) {
    const parts = entry.path.split('/');
    for (let i = 1; i < parts.length; i += 1) {
      const path = parts.slice(0, i).join('/');
      if (!by_path.has(path)) by_path.set(path, { path, mode: FOLDER, data: NO_DATA });
    }
    by_path.set(entry.path, entry);
  }
  const sorted = [...by_path.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  const chunks: Uint8Array[] = [];
  sorted.forEach((entry, index) => {
    chunks.push(...record(entry, index + 1));
  });
  chunks.push(...record({ path: 'TRAILER!!!', mode: 0, data: NO_DATA }, 0));
  return Buffer.concat(chunks);
}

const NO_DATA: Uint8Array = new Uint8Array(0);

function record({ path, mode, data, device = [0, 0] }: CpioEntry, inode: number): Uint8Array[] {
  const name = Buffer.from(`${path}\0`);
  const links = (mode & 0o170000) === 0o040000 ? 2 : 1;
  const fields = [inode, mode, 0, 0, links, 0, data.length, 0, 0, device[0], device[1], name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return [header, name, padding(header.length + name.length), data, padding(data.length)];
}

function padding(length: number): Uint8Array {
  return new Uint8Array((4 - (length % 4)) % 4);
}
