import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadOpenApi } from '../../api/http/operations.ts';
import { COMMANDS } from '../../cli/command-table.ts';
import { projectRoot } from '../../config/project-root.ts';
import { importsOf, withoutComments } from '../source-imports.ts';
import { PAGES, WITHOUT_PAGE } from './operation-pages.ts';

const SOURCES = join(projectRoot, 'portal/src');
const ENTRY = 'main.tsx';

/** A file of the portal and all that it imports, paths below portal/src. */
function reached(file: string, found: Set<string> = new Set()): Set<string> {
  if (found.has(file) || !existsSync(join(SOURCES, file))) return found;
  found.add(file);
  for (const { target, type_only } of importsOf(SOURCES, file)) if (!type_only) reached(target, found);
  return found;
}

const textOf = (file: string): string => withoutComments(readFileSync(join(SOURCES, file), 'utf8'));

describe('what the life-cycle API can', () => {
  let operations: string[];
  before(async () => {
    operations = (await loadOpenApi('lifecycle')).operations.map(({ id }) => id);
  });

  it('can the portal, each operation on its page, apart from some that are said', () => {
    const known = [...Object.keys(PAGES), ...Object.keys(WITHOUT_PAGE)];
    expect(known.toSorted()).to.deep.equal(operations.toSorted());
    const all = reached(ENTRY);
    const texts = new Map<string, string>();
    const wrong = Object.entries(PAGES).flatMap(([operation, { page, by }]) => {
      if (!all.has(page)) return [`${operation}: the portal has no ${page}`];
      const text = texts.get(page) ?? [...reached(page)].map(textOf).join('\n');
      texts.set(page, text);
      return text.includes(by) ? [] : [`${operation}: nothing of ${page} says ${by}`];
    });
    expect(wrong).to.deep.equal([]);
  });

  it('can the command line', () => {
    const commanded = new Set(COMMANDS.map(({ operation }) => operation));
    expect(operations.filter((id) => !commanded.has(id))).to.deep.equal([]);
  });
});
