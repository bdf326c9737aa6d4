import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../config/project-root.ts';
import { capabilities, namedTests } from './capabilities-page.ts';

describe('docs/capabilities.md', () => {
  it('has every capability, and names only tests that there are (npm run capabilities makes it anew)', () => {
    const page = readFileSync(join(projectRoot, 'docs/capabilities.md'), 'utf8');
    const rows = page.split('\n').filter((line) => /^\| S\d+ /.test(line));
    expect(rows.map((row) => /^\| (S\d+) /.exec(row)?.[1])).to.deep.equal(capabilities().map(({ id }) => id));
    const tests = namedTests();
    const missing = rows.flatMap((row) => {
      const known = tests.get(/^\| (S\d+) /.exec(row)?.[1] ?? '') ?? new Set();
      return [...row.matchAll(/`(spec\/[^`]+)`/g)].filter(([, file = '']) => !known.has(file)).map(() => row);
    });
    expect(missing).to.deep.equal([]);
  });
});
