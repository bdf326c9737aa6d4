import { createHash } from 'node:crypto';
import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../config/options.ts';
import { systemClock } from '../config/system-clock.ts';
import type { Store } from '../db/store.ts';
import { parseImageSource } from '../lifecycle/image-source.ts';
import { composeStore } from './compose-base.ts';
import { imagePath, scriptSource } from './compose-boot.ts';

export interface BootStatusOptions {
  /** The boot service as servers reach it. */
  url?: string;
  tftpRoot: string;
  pidFile: string;
}

/** One thing that servers boot with: what is well, or what is wrong and what to do. */
interface Light {
  what: string;
  red: boolean;
  words: string;
}

const TIMEOUT_MS = 5_000;
const COLOURS = { red: '\u001b[31mred\u001b[0m  ', green: '\u001b[32mgreen\u001b[0m' } as const;

/** `kurogane boot status`: a line for each thing. Nothing is changed. */
export async function bootStatus(
  settings: Settings,
  options: BootStatusOptions,
  colours: boolean,
): Promise<{ green: boolean; text: string }> {
  const { host_ip, port } = settings.boot;
  const boot_url = (options.url ?? (settings.deploy.http_url || `http://${host_ip}:${port}`)).replace(
    /\/+$/,
    '',
  );
  const lights = await Promise.all([
    light('boot service', () => bootService(boot_url)),
    light('API', () => api(settings.api.public_endpoint)),
    light('ramdisk', () => ramdisk(settings)),
    light('scripts', () => script(settings)),
    light('enrolment', () => enrolment(settings)),
    light('dnsmasq', () => dnsmasq(options.pidFile)),
    ...PROGRAMS.map(({ file, clients, by }) =>
      light(file, () => program(by === 'tftp' ? options.tftpRoot : imagePath(settings), file, clients, by)),
    ),
  ]);
  const width = Math.max(...lights.map(({ what }) => what.length));
  const text = lights.map(({ what, red, words }) => {
    const word = red ? 'red' : 'green';
    return `${colours ? COLOURS[word] : word.padEnd(5)}  ${what.padEnd(width)}  ${words}`;
  });
  return { green: lights.every(({ red }) => !red), text: text.join('\n') };
}

/** First programs of dnsmasq's configuration (boot/dnsmasq.ts); a site without ARM servers needs none for them. */
const PROGRAMS = [
  { file: 'undionly.kpxe', clients: 'BIOS', by: 'tftp' },
  { file: 'ipxe.efi', clients: 'UEFI', by: 'tftp' },
  { file: 'ipxe.efi', clients: 'UEFI HTTP boot', by: 'http' },
] as const;

/** @param look resolves with what is well. */
async function light(what: string, look: () => Promise<string>): Promise<Light> {
  try {
    return { what, red: false, words: await look() };
  } catch (error) {
    return { what, red: true, words: (error as Error).message };
  }
}

async function bootService(url: string): Promise<string> {
  const text = await fetchText(`${url}/boot.ipxe`, 'start "kurogane boot", or give its address with --url');
  if (!text.startsWith('#!ipxe'))
    throw new Error(`${url}/boot.ipxe is no iPXE script: another program has that address.`);
  return `${url} answers`;
}

async function api(url: string): Promise<string> {
  if (url === '') throw new Error('Agents are not told where the API is: set [api]public_endpoint.');
  await fetchText(`${url.replace(/\/+$/, '')}/`, 'start "kurogane api", or set [api]public_endpoint');
  return `${url} answers`;
}

async function ramdisk({ conductor }: Settings): Promise<string> {
  const { deploy_kernel, deploy_ramdisk } = conductor;
  for (const [name, reference] of Object.entries({ deploy_kernel, deploy_ramdisk })) {
    if (reference === '') throw new Error(`There is no [conductor]${name}: npm run ramdisk makes one.`);
    const source = parseImageSource(reference);
    if ('problem' in source) throw new Error(`[conductor]${name}: ${source.problem}`);
    if (source.kind === 'file') await readable(source.path, `see [conductor]${name}`);
    if (source.kind === 'http') await fetchText(reference, `see [conductor]${name}`, 'HEAD');
  }
  return `${deploy_kernel}, ${deploy_ramdisk}`;
}

async function script(settings: Settings): Promise<string> {
  const source = scriptSource(settings, systemClock);
  const bytes = await source.read('register.sh');
  if (bytes === null) throw new Error(`There is no register.sh in ${source.where}: see [boot]script_path.`);
  return `register.sh of ${source.where}, SHA-256 ${createHash('sha256').update(bytes).digest('hex')}`;
}

async function enrolment(settings: Settings): Promise<string> {
  const { enrolment_token } = settings.boot;
  await using store = await openCurrent(settings);
  if (enrolment_token === '') return 'off: a server that nobody knows boots from its disk';
  const token = await store.enrolment_tokens.valid(
    createHash('sha256').update(enrolment_token).digest('hex'),
  );
  if (token === null)
    throw new Error(
      '[boot]enrolment_token is used up, has expired or was deleted: kurogane enrolment token create.',
    );
  return `new servers register with the token ${token.name}`;
}

async function openCurrent(settings: Settings): Promise<Store> {
  const store = await composeStore(settings, false);
  const pending = await store.pendingMigrations().catch(async (error: unknown) => {
    await store[Symbol.asyncDispose]();
    throw error;
  });
  if (pending.length === 0) return store;
  await store[Symbol.asyncDispose]();
  throw new Error('The database has not the schema of this version: kurogane db upgrade.');
}

async function dnsmasq(pid_file: string): Promise<string> {
  const text = await readFile(pid_file, 'utf8').catch(() => '');
  const pid = Number(text.trim());
  if (!(pid > 0))
    throw new Error(
      `${pid_file} names no process: start dnsmasq with what "kurogane dnsmasq-config" prints, or give --pid-file.`,
    );
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  if (name.trim() !== 'dnsmasq')
    throw new Error(`Process ${pid} of ${pid_file} is no dnsmasq: it has ended. Start it again.`);
  return `process ${pid}`;
}

async function program(folder: string, file: string, clients: string, by: string): Promise<string> {
  await readable(join(folder, file), 'it comes with the package ipxe');
  return `for ${clients}, in ${folder} (${by})`;
}

/** @throws Error that ends with what to do */
async function readable(path: string, advice: string): Promise<void> {
  await access(path, constants.R_OK).catch(() => {
    throw new Error(`${path} cannot be read: ${advice}.`);
  });
}

async function fetchText(url: string, advice: string, method = 'GET'): Promise<string> {
  const failure = (why: string): Error => new Error(`${url} ${why}: ${advice}.`);
  const answer = await fetch(url, { method, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
    (error: Error) => {
      throw failure(`does not answer (${(error.cause as Error | undefined)?.message ?? error.message})`);
    },
  );
  const text = await answer.text();
  if (!answer.ok) throw failure(`answers ${answer.status}`);
  return text;
}
