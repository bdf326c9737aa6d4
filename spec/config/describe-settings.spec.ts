import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describeSettings, settingsChapter, withSettingsChapter } from '../../config/describe-settings.ts';
import { OPTIONS } from '../../config/options.ts';
import { projectRoot } from '../../config/project-root.ts';

describe('the description of the settings', () => {
  it('names every option in both forms', () => {
    const [help, chapter] = [describeSettings(), settingsChapter()];
    for (const [group, options] of Object.entries(OPTIONS)) {
      for (const key of Object.keys(options)) {
        expect(help).to.contain(`KUROGANE_${group}__${key}`.toUpperCase());
        expect(chapter).to.contain(`| \`${key}\` |`);
      }
    }
  });

  it('is what docs/operating.md has (npm run settings makes it anew)', () => {
    const page = readFileSync(join(projectRoot, 'docs/operating.md'), 'utf8');
    expect(page).to.equal(withSettingsChapter(page));
    expect(page).to.contain(settingsChapter());
  });

  it('keeps the rest of the page and refuses half a pair of markers', () => {
    const page = withSettingsChapter('# Title\n\ntext\n');
    expect(withSettingsChapter(page)).to.equal(page);
    expect(withSettingsChapter(page.replace('default', 'old'))).to.equal(page);
    expect(() => withSettingsChapter('<!-- settings: end -->')).to.throw('markers');
  });
});
