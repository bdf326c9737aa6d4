import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { ImageRecipe } from './recipe.ts';

/** What an image was made of. The same inputs give the same text, whenever and wherever it was made. */
export interface ImageManifest {
  recipe: ImageRecipe;
  /** SHA-256 of every file of the playbook's folder, by its path there. */
  files: Readonly<Record<string, string>>;
  /** `package version architecture` of all that is installed, sorted. */
  packages: readonly string[];
}

const MOST_FILES = 2000;
const MOST_BYTES = 64 * 1024 * 1024;

/** The text of a manifest: keys in order, so that it can be compared. Pure. */
export function manifestText(manifest: ImageManifest): string {
  return `${JSON.stringify(inOrder({ ...manifest, packages: [...manifest.packages].sort() }), null, 2)}\n`;
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, each]) => [key, inOrder(each)]),
  );
}

/** @throws Error when the folder has more than belongs beside a playbook */
export async function playbookFiles(playbook: string | null): Promise<Record<string, string>> {
  if (playbook === null) return {};
  const folder = dirname(playbook);
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  if (paths.length > MOST_FILES)
    throw new Error(`${folder} has more than ${MOST_FILES} files: give the playbook a folder of its own.`);
  const files: Record<string, string> = {};
  let bytes = 0;
  for (const path of paths) {
    const data = await readFile(path);
    bytes += data.length;
    if (bytes > MOST_BYTES)
      throw new Error(`${folder} has more than ${MOST_BYTES} bytes: give the playbook a folder of its own.`);
    files[relative(folder, path)] = createHash('sha256').update(data).digest('hex');
  }
  return files;
}
