import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { CHARACTER_DEVICE, type CpioEntry, cpioArchive, LINK, PLAIN, PROGRAM } from './cpio.ts';
import { FIRST_STAGE, type Recipe } from './packages.ts';

const run = promisify(execFile);
const compress = promisify(gzip);
const COMMAND = { timeout: 300_000, maxBuffer: 16 * 1024 * 1024 } as const;

export interface Ramdisk {
  kernel: string;
  initrd: string;
  /** Of the packages and files that it was made from. */
  inputs_sha256: string;
  initrd_sha256: string;
}

/**
 * Builds a ramdisk from Debian packages, without root. The same packages and files give the same bytes; what
 * was built from the same inputs is not built again.
 *
 * @param source the folder with the ramdisk's own files (boot/ramdisk/root).
 * @param folder where results and downloads are kept.
 * @throws when apt-get, dpkg-deb or depmod fails; its message says why.
 */
export async function buildRamdisk(
  source: string,
  folder: string,
  recipe: Recipe = FIRST_STAGE,
): Promise<Ramdisk> {
  await mkdir(join(folder, 'debs'), { recursive: true });
  const own = await ownFiles(source);
  const kernel_package = await newestKernel(recipe.kernel_meta);
  const wished = [kernel_package, ...Object.keys(recipe.packages)];
  const files = await candidates(wished);
  // How it is put together is an input too.
  const inputs = createHash('sha256').update(await readFile(fileURLToPath(import.meta.url)));
  for (const { path, mode, data } of own) inputs.update(`${path} ${mode}\n`).update(data);
  const { left_out, modules, packages } = recipe;
  inputs.update(JSON.stringify([files, modules, left_out.map(String), Object.entries(packages).map(String)]));
  const inputs_sha256 = inputs.digest('hex');
  const target = join(folder, inputs_sha256.slice(0, 16));
  if (!existsSync(join(target, 'manifest.json'))) {
    const work = await mkdtemp(join(folder, 'work-'));
    try {
      await download(join(folder, 'debs'), files);
      await assemble({ debs: join(folder, 'debs'), work, own, files, kernel_package, inputs_sha256, recipe });
      await rm(target, { recursive: true, force: true });
      await rename(join(work, 'out'), target);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  const manifest = JSON.parse(await readFile(join(target, 'manifest.json'), 'utf8')) as {
    initrd_sha256: string;
  };
  return {
    kernel: join(target, 'kernel'),
    initrd: join(target, 'initrd'),
    inputs_sha256,
    initrd_sha256: manifest.initrd_sha256,
  };
}

async function newestKernel(kernel_meta: string): Promise<string> {
  const { stdout } = await run('apt-cache', ['depends', '--important', kernel_meta], COMMAND);
  const found = /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
  if (found === undefined) throw new Error(`apt knows no ${kernel_meta}: run apt-get update first.`);
  return found;
}

/** Package → file name of the archive that apt would fetch, which has the version in it. */
async function candidates(names: readonly string[]): Promise<Record<string, string>> {
  const { stdout } = await run('apt-get', ['download', '--print-uris', ...names], COMMAND);
  const found: Record<string, string> = {};
  for (const line of stdout.split('\n')) {
    const file = /^'[^']*' (\S+\.deb) /.exec(line)?.[1];
    if (file !== undefined) found[file.split('_')[0] ?? ''] = file;
  }
  const lacking = names.filter((name) => found[name] === undefined);
  if (lacking.length > 0) throw new Error(`apt has no package ${lacking.join(', ')}.`);
  return found;
}

async function download(debs: string, files: Readonly<Record<string, string>>): Promise<void> {
  const missing = Object.keys(files).filter((name) => !existsSync(join(debs, files[name] ?? '')));
  if (missing.length > 0) await run('apt-get', ['download', '-q', ...missing], { ...COMMAND, cwd: debs });
}

interface Assembly {
  debs: string;
  work: string;
  own: readonly CpioEntry[];
  files: Readonly<Record<string, string>>;
  kernel_package: string;
  inputs_sha256: string;
  recipe: Recipe;
}

async function assemble(assembly: Assembly): Promise<void> {
  const { debs, work, own, files, kernel_package, inputs_sha256, recipe } = assembly;
  const root = join(work, 'root');
  for (const file of Object.values(files)) await run('dpkg-deb', ['-x', join(debs, file), root], COMMAND);
  const version = kernel_package.replace('linux-image-', '');
  if (existsSync(join(root, PYTHON))) await compilePython(root);
  const kept = Object.values(recipe.packages).flat();
  const entries = [
    ...SKELETON,
    ...(await filesBelow(root)).filter(
      ({ path }) =>
        kept.some((pattern) => pattern.test(path)) && !recipe.left_out.some((out) => out.test(path)),
    ),
    ...(await modules(root, version, recipe.modules)),
    ...own,
  ];
  const out = join(work, 'out');
  await mkdir(out);
  const initrd = await compress(cpioArchive(entries), { level: 6 });
  await writeFile(join(out, 'initrd'), initrd);
  await copyFile(join(root, 'boot', `vmlinuz-${version}`), join(out, 'kernel'));
  const initrd_sha256 = createHash('sha256').update(initrd).digest('hex');
  const manifest = { inputs_sha256, initrd_sha256, packages: files };
  await writeFile(join(out, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Runs a program of the new root with the loader and the libraries that came with it, not those of this system. */
async function runInside(
  root: string,
  name: string,
  program: string,
  args: readonly string[],
): Promise<void> {
  const libraries = ['lib', 'usr/lib'].map((folder) => join(root, folder, 'x86_64-linux-gnu'));
  await run(
    join(root, 'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'),
    ['--argv0', name, '--library-path', libraries.join(':'), join(root, program), ...args],
    { ...COMMAND, env: { PYTHONHOME: join(root, 'usr'), PYTHONDONTWRITEBYTECODE: '1', PYTHONHASHSEED: '0' } },
  );
}

const PYTHON = 'usr/bin/python3.11';

/** Compiled once here and not at each boot. Where the sources lay, and when, is not in the result. */
async function compilePython(root: string): Promise<void> {
  await runInside(root, 'python3.11', PYTHON, [
    ...['-S', '-m', 'compileall', '-q', '-b', '--invalidation-mode', 'unchecked-hash'],
    ...['-x', 'lib2to3|/test/', '-s', root, '-p', '/', join(root, 'usr/lib/python3.11')],
  ]);
}

/** Modules of the kernel that are wished for and what they need. */
async function modules(root: string, version: string, wished: readonly string[]): Promise<CpioEntry[]> {
  const base = join(root, 'lib', 'modules', version);
  await runInside(root, 'depmod', 'bin/kmod', ['-b', root, version]);
  const needs = new Map<string, string[]>();
  for (const line of (await readFile(join(base, 'modules.dep'), 'utf8')).split('\n')) {
    const [file, rest] = line.split(':');
    if (file !== undefined && rest !== undefined) needs.set(file, rest.split(' ').filter(Boolean));
  }
  const kept = new Set<string>();
  for (const [file, needed] of needs)
    if (wished.includes(basename(file, '.ko'))) for (const each of [file, ...needed]) kept.add(each);
  // The lists that modprobe reads are made again, of what is kept.
  const slim = join(root, 'slim');
  const place = join(slim, 'lib', 'modules', version);
  for (const file of [...kept, 'modules.order', 'modules.builtin', 'modules.builtin.modinfo']) {
    await mkdir(dirname(join(place, file)), { recursive: true });
    await copyFile(join(base, file), join(place, file));
  }
  await runInside(root, 'depmod', 'bin/kmod', ['-b', slim, version]);
  return await filesBelow(slim);
}

/** What an empty root needs: Debian's merged /usr, and a console before anything is mounted. */
const SKELETON: readonly CpioEntry[] = [
  ...['bin', 'sbin', 'lib', 'lib64'].map((name) => link(name, `usr/${name}`)),
  ...['proc', 'sys', 'dev', 'run', 'tmp', 'root', 'mnt', 'var/log', 'usr/sbin'].map((path) => ({
    path: `${path}/.keep`,
    mode: PLAIN,
    data: new Uint8Array(0),
  })),
  { path: 'dev/console', mode: CHARACTER_DEVICE, data: new Uint8Array(0), device: [5, 1] },
  link('usr/bin/sh', 'busybox'),
  link('usr/bin/python3', 'python3.11'),
];

function link(path: string, to: string): CpioEntry {
  return { path, mode: LINK, data: Buffer.from(to) };
}

async function ownFiles(source: string): Promise<CpioEntry[]> {
  const entries = await filesBelow(source);
  return entries.map((entry) => ({ ...entry, mode: entry.path.startsWith('etc/') ? PLAIN : PROGRAM }));
}

/** All files and links below a folder, sorted. Programs keep that they are; other modes are made equal. */
async function filesBelow(folder: string): Promise<CpioEntry[]> {
  const found: CpioEntry[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const at = join(entry.parentPath, entry.name);
    const path = at.slice(folder.length + 1).replace(/^(bin|sbin|lib|lib64)\//, 'usr/$1/');
    if (entry.isSymbolicLink()) found.push(link(path, await readlink(at)));
    else if (entry.isFile()) {
      const { mode } = await stat(at);
      found.push({ path, mode: (mode & 0o111) === 0 ? PLAIN : PROGRAM, data: await readFile(at) });
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}
