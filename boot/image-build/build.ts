import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { manifestText, playbookFiles } from './manifest.ts';
import { type ImageRecipe, parseRecipe } from './recipe.ts';

const run = promisify(execFile);
const TIMEOUT_MS = 1_800_000;
const MOST_OUTPUT = 64 * 1024 * 1024;

/** What Ansible needs in the image. */
const FOR_ANSIBLE = 'python3';
/** What differs from build to build, and is made anew by the first boot. */
const PASSING = [
  'var/log',
  'var/cache',
  'var/lib/apt/lists',
  'tmp',
  'root/.ansible',
  'var/lib/dbus/machine-id',
];

export interface BuiltImage {
  folder: string;
  kernel: string;
  initrd: string;
  rootfs: string;
  manifest: string;
}

/**
 * Makes kernel, initramfs and root file system (squashfs) of an OS as its recipe says, without a server: Debian's packages by
 * mmdebstrap, then Ansible in a chroot. Needs root, because a chroot does.
 *
 * @param file the recipe.
 * @param output a folder of the image's name is made in it, or replaced.
 * @param say hears what is done.
 * @throws Error that says what failed, with the end of what the program said
 */
export async function buildImage(
  file: string,
  output: string,
  say: (text: string) => void,
): Promise<BuiltImage> {
  if (process.getuid?.() !== 0)
    throw new Error('kurogane image build needs root: Ansible works in a chroot.');
  const recipe = parseRecipe(await readFile(file, 'utf8'));
  const playbook = recipe.playbook === null ? null : resolve(dirname(file), recipe.playbook);
  const files = await playbookFiles(playbook);
  await mkdir(output, { recursive: true });
  const work = await mkdtemp(join(output, `.${recipe.name}-`));
  try {
    const root = join(work, 'root');
    const env = environment(recipe, work);
    say(`packages of ${recipe.base.release}`);
    await bootstrap(recipe, root, env);
    if (playbook !== null) {
      say(`playbook ${recipe.playbook}`);
      await play(recipe, playbook, root, env);
    }
    const packages = await installed(root, env);
    await forget(root);
    const made = join(work, 'out');
    await mkdir(made);
    await copyFile(await newest(root, /^vmlinuz-/), join(made, 'kernel'));
    await copyFile(await newest(root, /^initrd\.img-/), join(made, 'initrd'));
    say('root file system');
    const rootfs = join(made, 'rootfs.squashfs');
    await command(
      'mksquashfs',
      [root, rootfs, '-noappend', '-no-progress', '-comp', 'zstd', '-Xcompression-level', '6', '-quiet'],
      env,
    );
    await writeFile(join(made, 'manifest.json'), manifestText({ recipe, files, packages }));
    await writeFile(join(made, 'SHA256SUMS'), await sums(made));
    await chmod(made, 0o755);
    const folder = join(output, recipe.name);
    await rm(folder, { recursive: true, force: true });
    await rename(made, folder);
    return {
      ...{ folder, kernel: join(folder, 'kernel'), initrd: join(folder, 'initrd') },
      ...{ rootfs: join(folder, 'rootfs.squashfs'), manifest: join(folder, 'manifest.json') },
    };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Nothing of the caller's but where programs are: what it has set would be an input that no manifest names. */
function environment(recipe: ImageRecipe, work: string): NodeJS.ProcessEnv {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: work,
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    DEBIAN_FRONTEND: 'noninteractive',
    SOURCE_DATE_EPOCH: String(recipe.source_date_epoch),
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_RETRY_FILES_ENABLED: '0',
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

async function bootstrap(
  { base, packages, playbook }: ImageRecipe,
  root: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const include = [...packages, ...(playbook === null ? [] : [FOR_ANSIBLE])].join(',');
  const options = ['--mode=root', '--variant=minbase', '--format=directory', `--include=${include}`];
  await command('mmdebstrap', [...options, base.release, root, ...(await sources(base))], env);
}

/** A mirror, or the files of this machine's apt. */
async function sources({ mirror }: ImageRecipe['base']): Promise<string[]> {
  if (mirror !== null) return [mirror];
  const folder = '/etc/apt/sources.list.d';
  const parts = (await readdir(folder).catch(() => []))
    .filter((name) => /\.(list|sources)$/.test(name))
    .sort();
  const all = ['/etc/apt/sources.list', ...parts.map((name) => join(folder, name))];
  const texts = await Promise.all(
    all.map(async (path) => [path, await readFile(path, 'utf8').catch(() => '')] as const),
  );
  const found = texts.filter(([, text]) => /^\s*(deb\s|URIs:)/m.test(text)).map(([path]) => path);
  if (found.length === 0) throw new Error('This machine’s apt has no sources: name a mirror in base.mirror.');
  return found;
}

/** No daemon is started in the chroot: Debian's own way to forbid it. */
async function play(
  recipe: ImageRecipe,
  playbook: string,
  root: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const policy = join(root, 'usr/sbin/policy-rc.d');
  await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const variables = { ansible_python_interpreter: '/usr/bin/python3', ...recipe.variables };
  await command(
    'ansible-playbook',
    ['-i', `${root},`, '-c', 'community.general.chroot', '-e', JSON.stringify(variables), playbook],
    env,
  );
  await rm(policy);
}

async function installed(root: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholders.
  const format = '${Package} ${Version} ${Architecture}\n';
  const text = await command(
    'dpkg-query',
    [`--admindir=${join(root, 'var/lib/dpkg')}`, '-W', '-f', format],
    env,
  );
  return text.split('\n').filter(Boolean);
}

async function forget(root: string): Promise<void> {
  for (const path of PASSING)
    for (const name of await readdir(join(root, path)).catch(() => []))
      await rm(join(root, path, name), { recursive: true, force: true });
  // systemd makes one of its own at the first boot of an empty file.
  await writeFile(join(root, 'etc/machine-id'), '');
}

async function newest(root: string, pattern: RegExp): Promise<string> {
  const [found] = (await readdir(join(root, 'boot')))
    .filter((name) => pattern.test(name))
    .sort()
    .reverse();
  if (found === undefined) throw new Error(`The packages brought no ${pattern.source} to /boot.`);
  return join(root, 'boot', found);
}

async function sums(folder: string): Promise<string> {
  const lines: string[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(join(folder, name))) hash.update(chunk as Buffer);
    lines.push(`${hash.digest('hex')}  ${name}\n`);
  }
  return lines.join('');
}

async function command(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  try {
    const options = { env, timeout: TIMEOUT_MS, maxBuffer: MOST_OUTPUT };
    return (await run(program, args, options)).stdout;
  } catch (error) {
    const {
      code,
      stderr = '',
      stdout = '',
    } = error as { code?: string | number; stderr?: string; stdout?: string };
    if (code === 'ENOENT')
      throw new Error(`${program} is not there: apt-get install mmdebstrap ansible squashfs-tools.`, {
        cause: error,
      });
    const end = `${stdout}\n${stderr}`.trim().split('\n').slice(-15).join('\n');
    throw new Error(`${program} failed (${code ?? 'killed'}):\n${end}`, { cause: error });
  }
}
