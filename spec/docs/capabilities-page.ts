import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../config/project-root.ts';

interface Capability {
  id: string;
  what: string;
}

/** The capabilities, in order: first those of racking, registration and boot, then those of a server's life. */
export function capabilities(): Capability[] {
  const text = readFileSync(join(projectRoot, 'spec/fixtures/capabilities.json'), 'utf8');
  return JSON.parse(text) as Capability[];
}

/** Titles of tests that begin with the number of a capability, and the files that they are in. */
export function namedTests(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const folder = join(projectRoot, 'spec');
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(ts|yaml)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    for (const [, ids = ''] of readFileSync(path, 'utf8').matchAll(TITLE))
      for (const id of ids.split(' ')) {
        const files = found.get(id) ?? new Set();
        found.set(id, files.add(path.slice(projectRoot.length + 1)));
      }
  }
  return found;
}

/** A test called 'S79 …' or 'S8 S9 …', its group, or its row in a table. */
const TITLE = /\b(?:it|describe)(?:\(|: ?)\s*[`'"](S\d+(?: S\d+)*) /g;

/** The text of docs/capabilities.md. */
export function capabilitiesPage(): string {
  const tests = namedTests();
  const rows = capabilities().map(({ id, what }) => {
    const files = [...(tests.get(id) ?? [])].sort().map((file) => `\`${file}\``);
    return `| ${id} | ${what} | ${files.length === 0 ? 'none yet' : files.join(' ')} |`;
  });
  return [
    '# What the system does, and which test shows it',
    'Made by `npm run capabilities`. Do not edit by hand. A test that shows a capability begins with its number.',
    ['| number | capability | tests |', '| --- | --- | --- |', ...rows].join('\n'),
  ]
    .join('\n\n')
    .concat('\n');
}
