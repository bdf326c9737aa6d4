import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { loadSettings } from '../config/load-settings.ts';
import type { Settings } from '../config/options.ts';
import { StartError } from './start-error.ts';

/** Read when `--config` is not given and it exists. */
export const DEFAULT_CONFIG = '/etc/kurogane/kurogane.yaml';

/**
 * The settings of this process: from the file, with the environment on top.
 * @throws SettingsError, StartError
 */
export async function readSettings(config: string | undefined): Promise<Settings> {
  const path = config ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined);
  if (path === undefined) return loadSettings({ env: process.env });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    throw new StartError(
      `The settings file ${path} cannot be read (${code}). Name another with --config FILE.`,
    );
  }
  return loadSettings({ file: { path, text }, env: process.env });
}
