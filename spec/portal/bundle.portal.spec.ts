import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../config/project-root.ts';

interface Chunk {
  file: string;
  imports?: string[];
  css?: string[];
}

const LIMIT_BYTES = 350 * 1024;
const folder = join(projectRoot, 'dist/portal');

/** What the first load of a page fetches: its chunk, the entry, and what they import. */
function firstLoad(page: string): string[] {
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Record<string, Chunk>;
  const found = new Set<string>();
  const add = (key: string): void => {
    const chunk = manifest[key];
    if (chunk === undefined) throw new Error(`The build has no ${key}.`);
    if (found.has(chunk.file)) return;
    found.add(chunk.file);
    for (const one of chunk.imports ?? []) add(one);
  };
  add('index.html');
  add(page);
  return [...found];
}

describe("the portal's build", () => {
  it('loads at most 350 KiB of JavaScript, gzipped, for the stage page', () => {
    const bytes = firstLoad('src/pages/servers/stage-page.tsx').map(
      (file) => readFileSync(join(folder, `${file}.gz`)).length,
    );
    const sum = bytes.reduce((one, other) => one + other, 0);
    expect(sum).to.be.greaterThan(10_000).and.at.most(LIMIT_BYTES);
  });

  it('has no script and no style in its page', () => {
    const html = readFileSync(join(folder, 'index.html'), 'utf8');
    expect(html).to.match(/<script type="module" crossorigin src="\/portal\/assets\/[^"]+"><\/script>/);
    expect(html).to.not.match(/<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=/);
  });
});
