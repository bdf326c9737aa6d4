import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { manifestText, playbookFiles } from '../../../boot/image-build/manifest.ts';
import { parseRecipe } from '../../../boot/image-build/recipe.ts';

const RECIPE = `name: web
base: {release: bookworm}
packages: [openssh-server, linux-image-amd64]
playbook: site/site.yml
variables: {b: 1, a: {d: 1, c: 2}}
`;

describe('S67 recipes of images', () => {
  it('say what an image is made of', () => {
    expect(parseRecipe(RECIPE)).to.deep.equal({
      ...{ name: 'web', base: { release: 'bookworm', mirror: null }, playbook: 'site/site.yml' },
      packages: ['linux-image-amd64', 'openssh-server'],
      variables: { b: 1, a: { d: 1, c: 2 } },
      source_date_epoch: 1_704_067_200,
    });
  });

  const wrong: readonly [string, RegExp][] = [
    ['[1]', /must be a map/],
    [RECIPE.replace('web', '../etc'), /name: lower-case/],
    [RECIPE.replace('bookworm', '--hook=x'), /base\.release/],
    [`${RECIPE}base_url: x`, /base_url: there is no such field/],
    [RECIPE.replace('{release: bookworm}', '{release: bookworm, mirror: "file:///etc"}'), /base\.mirror/],
    [RECIPE.replace('openssh-server', '"a b"'), /"a b" is no package/],
    [RECIPE.replace('linux-image-amd64', 'bash'), /name a kernel/],
    [RECIPE.replace('site/site.yml', 'a/../../b.yml'), /may not lie outside/],
    [RECIPE.replace('site/site.yml', '/etc/b.yml'), /a path below the folder/],
    [`${RECIPE}source_date_epoch: -1`, /whole seconds/],
  ];
  for (const [text, message] of wrong)
    it(`are refused: ${message.source}`, () => {
      expect(() => parseRecipe(text)).to.throw(message);
    });
});

describe('S68 the manifest of an image', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-recipe-'));
    await mkdir(join(folder, 'roles'));
    await writeFile(join(folder, 'site.yml'), 'a');
    await writeFile(join(folder, 'roles/b.yml'), 'b');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const manifest = async (text: string, packages: readonly string[]) =>
    manifestText({
      recipe: parseRecipe(text),
      files: await playbookFiles(join(folder, 'site.yml')),
      packages,
    });

  it('is the same text for the same inputs, however they are written down and whenever', async () => {
    const one = await manifest(RECIPE, ['b 2 all', 'a 1 amd64']);
    await utimes(join(folder, 'site.yml'), 1, 1);
    const reordered = RECIPE.replace('{b: 1, a: {d: 1, c: 2}}', '{a: {c: 2, d: 1}, b: 1}').replace(
      '[openssh-server, linux-image-amd64]',
      '[linux-image-amd64, openssh-server, openssh-server]',
    );
    expect(await manifest(reordered, ['a 1 amd64', 'b 2 all'])).to.equal(one);
  });

  it('is another one when a file, a variable or a version is', async () => {
    const one = await manifest(RECIPE, ['a 1 amd64']);
    const others = [
      await manifest(RECIPE, ['a 2 amd64']),
      await manifest(RECIPE.replace('b: 1', 'b: 2'), ['a 1 amd64']),
    ];
    await writeFile(join(folder, 'roles/b.yml'), 'changed');
    others.push(await manifest(RECIPE, ['a 1 amd64']));
    expect(new Set([one, ...others])).to.have.length(4);
  });
});
