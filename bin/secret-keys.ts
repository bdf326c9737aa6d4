import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Settings } from '../config/options.ts';
import { type KeyRing, newKeyLine, parseKeyRing } from '../db/secrets.ts';
import { StartError } from './start-error.ts';

/**
 * The keys for secrets at rest, from `[secrets]key` or `key_file`: the first encrypts, all decrypt.
 *
 * @param make_missing embedded mode: a key is made in `state_path` when the settings name none.
 * @throws StartError that says how to make one.
 */
export async function secretKeys(settings: Settings, make_missing: boolean): Promise<KeyRing> {
  const { key, key_file } = settings.secrets;
  if (key !== '') return parse(key, '[secrets]key');
  if (key_file !== '') return await readKeys(key_file);
  const own = join(settings.DEFAULT.state_path, 'secrets.key');
  if (!make_missing)
    throw new StartError(
      'No key for secrets at rest is set. Make one with\n' +
        `  kurogane db add-key --key-file ${own}\n` +
        `and set [secrets]key_file (KUROGANE_SECRETS__KEY_FILE) to ${own} for every API, conductor and boot service.`,
    );
  try {
    await mkdir(dirname(own), { recursive: true, mode: 0o700 });
    await writeFile(own, `${newKeyLine()}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(own, error);
  }
  return await readKeys(own);
}

/**
 * Puts a new key in front of a key file, which is made when missing (mode 0600). Replaced in one step: a reader sees
 * the old file or the new one. Resolves with the number of keys in it.
 */
export async function addKey(key_file: string): Promise<number> {
  const old = await readFile(key_file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new StartError(`The key file ${key_file} cannot be read (${error.code ?? error.message}).`);
  });
  const old_keys = old.trim() === '' ? 0 : parse(old, key_file).by_id.size;
  const next = `${key_file}.new`;
  try {
    await mkdir(dirname(key_file), { recursive: true, mode: 0o700 });
    const file = await open(next, 'w', 0o600);
    try {
      await file.writeFile(`${newKeyLine()}\n${old}`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, key_file);
  } catch (error) {
    throw unwritable(key_file, error);
  }
  return old_keys + 1;
}

async function readKeys(path: string): Promise<KeyRing> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new StartError(
      `The key file ${path} cannot be read (${error.code ?? error.message}). Make it with\n` +
        `  kurogane db add-key --key-file ${path}\nor copy it from another machine.`,
    );
  });
  return parse(text, path);
}

function parse(text: string, place: string): KeyRing {
  try {
    return parseKeyRing(text);
  } catch (error) {
    throw new StartError(`${place}: ${(error as Error).message}`);
  }
}

function unwritable(path: string, error: unknown): StartError {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return new StartError(`${path} cannot be written (${code}). Choose another folder or run as its owner.`);
}
