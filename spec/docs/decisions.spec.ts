import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../config/project-root.ts';

const folder = join(projectRoot, 'docs/decisions');

describe('docs/decisions', () => {
  const pages = readdirSync(folder).filter((name) => name !== 'README.md');

  it('are numbered, each number once', () => {
    expect(pages.filter((name) => !/^\d{4}-[a-z0-9-]+\.md$/.test(name))).to.deep.equal([]);
    expect(new Set(pages.map((name) => name.slice(0, 4))).size).to.equal(pages.length);
  });

  it('all stand in the index', () => {
    const index = readFileSync(join(folder, 'README.md'), 'utf8');
    const linked = [...index.matchAll(/\]\((\d{4}-[^)]+)\)/g)].map((match) => match[1]);
    expect(linked).to.have.members(pages);
  });
});
