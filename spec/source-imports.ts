import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

/** One import of one source file. */
export interface SourceImport {
  /** Path of the importing file from the project's root: `api/openstack/server.ts`. */
  file: string;
  /** What it names: a path from the project's root, or a package (`node:net`, `knex`). */
  target: string;
  /** True: erased by the compiler. */
  type_only: boolean;
}

/** Paths of the TypeScript sources under `folders`, from `root`. */
export function sourceFiles(root: string, folders: readonly string[]): string[] {
  return folders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** The static and dynamic imports, and re-exports, of one file. */
export function importsOf(root: string, file: string): SourceImport[] {
  const text = withoutComments(readFileSync(join(root, file), 'utf8'));
  const statements = text.matchAll(/^(import|export)\s+([^;'"]*?)\s*(?:from\s*)?['"]([^'"]+)['"]/gm);
  const dynamic = text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g);
  return [
    ...[...statements]
      .filter(([, keyword, clause]) => keyword === 'import' || /^(type\s+)?[{*]/.test(clause ?? ''))
      .map(([, , clause = '', target = '']) => ({ target, type_only: isTypeOnly(clause) })),
    ...[...dynamic].map(([, target = '']) => ({ target, type_only: false })),
  ].map(({ target, type_only }) => ({ file, target: resolve(file, target), type_only }));
}

function resolve(file: string, target: string): string {
  return target.startsWith('.') ? normalize(join(dirname(file), target)) : target;
}

function isTypeOnly(clause: string): boolean {
  if (clause.startsWith('type ')) return true;
  const names = /^\{([^}]*)\}$/
    .exec(clause)?.[1]
    ?.split(',')
    .map((name) => name.trim());
  return names?.filter((name) => name !== '').every((name) => name.startsWith('type ')) ?? false;
}

/** The text with comments blanked. Good enough for sources that the formatter has laid out. */
export function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}
