/** A file of an image; folders come from its path. */
export interface IsoFile<C = Uint8Array> {
  /** `openstack/latest/meta_data.json`: each name of 1 to 30 letters, digits and `-._`. */
  path: string;
  content: C;
}

/** A content that is somewhere else, of so many bytes. */
export interface Elsewhere {
  readonly length: number;
}

/** An image as pieces, to be written in their order; what is between them is zeros. */
export interface IsoLayout<C extends Elsewhere> {
  size: number;
  pieces: readonly { at: number; content: Uint8Array | C }[];
}

/** What firmware loads and runs of an image (El Torito 1.0): contents of files that are in it. */
export interface IsoBoot {
  /** The loader of a BIOS: 2 KiB of it are loaded, and ISOLINUX is told where it lies (the boot information table). */
  bios?: Uint8Array;
  /** An EFI system partition. */
  efi?: Uint8Array;
}

interface Folder {
  name: string;
  parent: Folder | null;
  folders: Folder[];
  files: { name: string; content: Elsewhere }[];
}

/** Where the extents of one hierarchy lie. */
interface Layout {
  folders: Folder[];
  at: Map<Folder, { sector: number; size: number }>;
}

/** How names look in one of the two hierarchies. */
interface Naming {
  /** A name as a record's identifier. */
  encode(name: string, kind?: 'folder' | 'file'): Buffer;
  /** What follows a record's identifier. */
  extend(entry: { name: string; folder: boolean; links: number; root: boolean }): Buffer;
}

const SECTOR = 2048;
const VALID_NAME = /^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,30}$/;
const SELF = Buffer.from([0]);
const PARENT = Buffer.from([1]);

/**
 * A read-only CD image (ECMA-119) of a few files, with the names of Rock Ridge for Unix and of Joliet for Windows. In the
 * plain hierarchy names keep lower case and several dots, as genisoimage's `-allow-lowercase -allow-multidot` does: that is
 * what config drives look like everywhere.
 *
 * @param label at most 16 characters.
 * @param at time of the files, in milliseconds since 1970; the same input makes the same image.
 * @param boot null: nothing boots from it.
 * @throws Error for names that do not fit.
 */
export function createIso(
  label: string,
  files: readonly IsoFile[],
  at: number,
  boot: IsoBoot | null = null,
): Buffer {
  const { size, pieces } = layIso(label, files, at, boot);
  const image = Buffer.alloc(size);
  for (const piece of pieces) image.set(piece.content, piece.at);
  return image;
}

/** The same as pieces, of which large ones need not be in memory. */
export function layIso<C extends Elsewhere>(
  label: string,
  files: readonly IsoFile<C | Uint8Array>[],
  at: number,
  boot: IsoBoot | null,
): IsoLayout<C> {
  if (label.length > 16) throw new Error(`The label ${label} is longer than 16 characters.`);
  const root = treeOf(files);
  const folders = breadthFirst(root);
  // The boot record has its place: El Torito 2.0.
  const descriptors = boot === null ? [16, 17, 18] : [16, 18, 19];
  let next = (descriptors[2] ?? 0) + 1;
  const take = (bytes: number): number => {
    const first = next;
    next += Math.max(1, Math.ceil(bytes / SECTOR));
    return first;
  };
  const catalog = boot === null ? 0 : take(SECTOR);
  const hierarchies = [PLAIN, JOLIET].map((naming) => {
    const table_size = pathTable(folders, naming, () => 0, 'LE').length;
    const little = take(table_size);
    const big = take(table_size);
    const layout: Layout = { folders, at: new Map() };
    for (const folder of folders) {
      const bytes = folderExtent(folder, naming, { ...NOWHERE, at });
      layout.at.set(folder, { sector: take(bytes.length), size: bytes.length });
    }
    return { naming, layout, table_size, little, big };
  });
  const head_sectors = next;
  // One copy of each content, however many files have it.
  const contents = new Map<unknown, { sector: number; content: Uint8Array | C }>();
  const keyOf = (content: Elsewhere): unknown =>
    content instanceof Uint8Array ? Buffer.from(content).toString('base64') : content;
  for (const { content } of files)
    if (!contents.has(keyOf(content)))
      contents.set(keyOf(content), { sector: take(content.length), content });
  const placeOf = (content: Elsewhere): number => contents.get(keyOf(content))?.sector ?? 0;

  const head = Buffer.alloc(head_sectors * SECTOR);
  for (const [index, { naming, layout, table_size, little, big }] of hierarchies.entries()) {
    const sectorOf = (folder: Folder) => layout.at.get(folder)?.sector ?? 0;
    const place: Places = {
      at,
      folder: (folder) => layout.at.get(folder) ?? { sector: 0, size: SECTOR },
      file: placeOf,
    };
    const top = record(SELF, { ...place.folder(root), folder: true, at }, Buffer.alloc(0));
    descriptor({ joliet: index === 1, label, sectors: next, table_size, little, big, root: top, at }).copy(
      head,
      (descriptors[index] ?? 0) * SECTOR,
    );
    pathTable(folders, naming, sectorOf, 'LE').copy(head, little * SECTOR);
    pathTable(folders, naming, sectorOf, 'BE').copy(head, big * SECTOR);
    for (const folder of folders) folderExtent(folder, naming, place).copy(head, sectorOf(folder) * SECTOR);
  }
  // ECMA-119 8.3: the end of the descriptors.
  head.write('\xffCD001\x01', (descriptors[2] ?? 0) * SECTOR, 'latin1');
  if (boot !== null) {
    bootRecord(catalog).copy(head, 17 * SECTOR);
    bootCatalog(boot, placeOf).copy(head, catalog * SECTOR);
  }
  const pieces = [...contents.values()].map(({ sector, content }) => ({ at: sector * SECTOR, content }));
  const told: { at: number; content: Uint8Array }[] = [];
  if (boot?.bios !== undefined) {
    const sector = placeOf(boot.bios);
    told.push({ at: sector * SECTOR + 8, content: bootInformation(boot.bios, sector) });
  }
  return { size: next * SECTOR, pieces: [{ at: 0, content: head }, ...pieces, ...told] };
}

/** El Torito 2.0, figure 7. */
function bootRecord(catalog: number): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes.write('\0CD001\x01EL TORITO SPECIFICATION', 0, 'latin1');
  bytes.writeUInt32LE(catalog, 0x47);
  return bytes;
}

/** El Torito 2.1 to 2.4: nothing is emulated. */
function bootCatalog({ bios, efi }: IsoBoot, sectorOf: (content: Elsewhere) => number): Buffer {
  const bootable = (content: Uint8Array, sectors: number): Buffer => {
    const entry = Buffer.alloc(32);
    entry[0] = 0x88;
    entry.writeUInt16LE(sectors, 6);
    entry.writeUInt32LE(sectorOf(content), 8);
    return entry;
  };
  const validation = Buffer.alloc(32);
  validation[0] = 1;
  validation[1] = bios === undefined ? EFI : 0;
  validation.writeUInt16LE(0xaa55, 30);
  let sum = 0;
  for (let at = 0; at < 32; at += 2) sum += validation.readUInt16LE(at);
  validation.writeUInt16LE(-sum & 0xffff, 28);
  const parts: Buffer[] = [validation];
  if (bios !== undefined) parts.push(bootable(bios, 4));
  if (efi !== undefined) {
    // The last section of one entry, where the first entry is the BIOS'.
    const header = Buffer.alloc(32);
    header[0] = 0x91;
    header[1] = EFI;
    header.writeUInt16LE(1, 2);
    const entry = bootable(efi, Math.min(0xffff, Math.ceil(efi.length / 512)));
    parts.push(...(bios === undefined ? [entry] : [header, entry]));
  }
  return Buffer.concat(parts);
}

const EFI = 0xef;

/** What ISOLINUX reads of itself, at its byte 8: where the image's descriptor and it lie, its length and its sum. */
function bootInformation(loader: Uint8Array, sector: number): Buffer {
  const bytes = Buffer.alloc(56);
  let sum = 0;
  const padded = Buffer.concat([loader, Buffer.alloc(3)]);
  for (let at = 64; at < loader.length; at += 4) sum = (sum + padded.readUInt32LE(at)) >>> 0;
  for (const [index, value] of [16, sector, loader.length, sum].entries())
    bytes.writeUInt32LE(value, index * 4);
  return bytes;
}

function treeOf(files: readonly IsoFile<Elsewhere>[]): Folder {
  const root: Folder = { name: '', parent: null, folders: [], files: [] };
  for (const { path, content } of files) {
    const names = path.split('/');
    for (const name of names)
      if (!VALID_NAME.test(name)) throw new Error(`The name ${name} does not fit into an image.`);
    const last = names.pop() ?? '';
    let folder = root;
    for (const name of names) {
      const inside: Folder = folder.folders.find((one) => one.name === name) ?? {
        ...{ name, parent: folder, folders: [], files: [] },
      };
      if (!folder.folders.includes(inside)) folder.folders.push(inside);
      folder = inside;
    }
    folder.files.push({ name: last, content });
  }
  return root;
}

/** The order of the path table (ECMA-119 6.9.1): by level, then by parent, then by name. */
function breadthFirst(root: Folder): Folder[] {
  const all = [root];
  for (const folder of all) all.push(...folder.folders.sort((a, b) => (a.name < b.name ? -1 : 1)));
  return all;
}

interface Places {
  at: number;
  folder(folder: Folder): { sector: number; size: number };
  file(content: Elsewhere): number;
}

/** For measuring: sizes do not depend on places. */
const NOWHERE: Omit<Places, 'at'> = { folder: () => ({ sector: 0, size: 0 }), file: () => 0 };

/** A folder's records, none of which crosses a sector (ECMA-119 6.8.1.1). */
function folderExtent(folder: Folder, naming: Naming, { at, folder: where, file }: Places): Buffer {
  const links = (of: Folder) => 2 + of.folders.length;
  const root = folder.parent === null;
  const above = folder.parent ?? folder;
  const self = naming.extend({ name: '.', folder: true, links: links(folder), root });
  const parent = naming.extend({ name: '..', folder: true, links: links(above), root: false });
  const inside = [
    ...folder.folders.map((one) => ({
      ...{ name: one.name, folder: true, links: links(one), root: false, ...where(one) },
      identifier: naming.encode(one.name),
    })),
    ...folder.files.map(({ name, content }) => ({
      ...{ name, folder: false, links: 1, root: false, sector: file(content), size: content.length },
      identifier: naming.encode(name, 'file'),
    })),
  ].sort((a, b) => Buffer.compare(a.identifier, b.identifier));
  const records = [
    record(SELF, { ...where(folder), folder: true, at }, self),
    record(PARENT, { ...where(above), folder: true, at }, parent),
    ...inside.map((one) => record(one.identifier, { ...one, at }, naming.extend(one))),
  ];
  const parts: Buffer[] = [];
  let length = 0;
  for (const bytes of records) {
    const left = SECTOR - (length % SECTOR);
    if (bytes.length > left) parts.push(Buffer.alloc(left));
    parts.push(bytes);
    length += bytes.length + (bytes.length > left ? left : 0);
  }
  parts.push(Buffer.alloc((SECTOR - (length % SECTOR)) % SECTOR));
  return Buffer.concat(parts);
}

/** A directory record: ECMA-119 9.1. */
function record(
  identifier: Buffer,
  entry: { sector: number; size: number; folder: boolean; at: number },
  extension: Buffer,
): Buffer {
  const named = 33 + identifier.length + ((identifier.length + 1) % 2);
  const bytes = Buffer.alloc(named + extension.length + (extension.length % 2));
  bytes[0] = bytes.length;
  both32(entry.sector).copy(bytes, 2);
  both32(entry.size).copy(bytes, 10);
  const date = new Date(entry.at);
  bytes[18] = date.getUTCFullYear() - 1900;
  bytes[19] = date.getUTCMonth() + 1;
  bytes[20] = date.getUTCDate();
  bytes[21] = date.getUTCHours();
  bytes[22] = date.getUTCMinutes();
  bytes[23] = date.getUTCSeconds();
  bytes[25] = entry.folder ? 2 : 0;
  both16(1).copy(bytes, 28);
  bytes[32] = identifier.length;
  identifier.copy(bytes, 33);
  extension.copy(bytes, named);
  return bytes;
}

/** ECMA-119 9.4. */
function pathTable(
  folders: readonly Folder[],
  naming: Naming,
  sectorOf: (folder: Folder) => number,
  order: 'LE' | 'BE',
): Buffer {
  return Buffer.concat(
    folders.map((folder) => {
      const identifier = folder.parent === null ? SELF : naming.encode(folder.name);
      const bytes = Buffer.alloc(8 + identifier.length + (identifier.length % 2));
      const parent = folders.indexOf(folder.parent ?? folder) + 1;
      bytes[0] = identifier.length;
      bytes[`writeUInt32${order}`](sectorOf(folder), 2);
      bytes[`writeUInt16${order}`](parent, 6);
      identifier.copy(bytes, 8);
      return bytes;
    }),
  );
}

/** The primary volume descriptor (ECMA-119 8.4), or the supplementary one of Joliet (8.5, UCS-2 level 3). */
function descriptor(facts: {
  joliet: boolean;
  label: string;
  sectors: number;
  table_size: number;
  little: number;
  big: number;
  root: Buffer;
  at: number;
}): Buffer {
  const { joliet } = facts;
  const bytes = Buffer.alloc(SECTOR);
  const text = (value: string, offset: number, length: number) => {
    const spaces = joliet ? ucs2(' '.repeat(Math.floor(length / 2))) : Buffer.alloc(length, ' ');
    spaces.copy(bytes, offset);
    (joliet ? ucs2(value) : Buffer.from(value, 'latin1')).copy(bytes, offset);
  };
  bytes[0] = joliet ? 2 : 1;
  bytes.write('CD001\x01', 1, 'latin1');
  text('LINUX', 8, 32);
  text(facts.label, 40, 32);
  both32(facts.sectors).copy(bytes, 80);
  if (joliet) bytes.write('%/E', 88, 'latin1');
  both16(1).copy(bytes, 120);
  both16(1).copy(bytes, 124);
  both16(SECTOR).copy(bytes, 128);
  both32(facts.table_size).copy(bytes, 132);
  bytes.writeUInt32LE(facts.little, 140);
  bytes.writeUInt32BE(facts.big, 148);
  facts.root.copy(bytes, 156);
  text('', 190, 128);
  text('KUROGANE', 318, 128);
  text('', 446, 128);
  text('', 574, 128);
  for (const offset of [702, 739, 776]) text('', offset, 37);
  const stamp = new Date(facts.at).toISOString().replace(/\D/g, '').slice(0, 16);
  bytes.write(stamp, 813, 'latin1');
  bytes.write(stamp, 830, 'latin1');
  for (const offset of [847, 864]) bytes.fill('0', offset, offset + 16);
  bytes[881] = 1;
  return bytes;
}

/** ECMA-119's own names with the entries of Rock Ridge (SUSP 1.12, RRIP 1.12). */
const PLAIN: Naming = {
  encode: (name, kind) => {
    const version = kind !== 'file' ? '' : name.includes('.') ? ';1' : '.;1';
    return Buffer.from(name + version, 'latin1');
  },
  extend: ({ name, folder, links, root }) => {
    const dots = name === '.' || name === '..';
    const mode = folder ? 0o040555 : 0o100444;
    return Buffer.concat([
      ...(root ? [entry('SP', Buffer.from([0xbe, 0xef, 0]))] : []),
      entry('PX', Buffer.concat([both32(mode), both32(links), both32(0), both32(0)])),
      ...(dots ? [] : [entry('NM', Buffer.concat([Buffer.from([0]), Buffer.from(name, 'latin1')]))]),
      ...(root ? [entry('ER', Buffer.from('\x0a\0\0\x01RRIP_1991A', 'latin1'))] : []),
    ]);
  },
};

const JOLIET: Naming = { encode: (name) => ucs2(name), extend: () => Buffer.alloc(0) };

/** A system use entry of version 1. */
function entry(signature: string, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(signature, 'latin1'), Buffer.from([data.length + 4, 1]), data]);
}

function ucs2(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

/** Both byte orders, one after the other: ECMA-119 7.2.3 and 7.3.3. */
function both16(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(value, 0);
  bytes.writeUInt16BE(value, 2);
  return bytes;
}

function both32(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(value, 0);
  bytes.writeUInt32BE(value, 4);
  return bytes;
}
