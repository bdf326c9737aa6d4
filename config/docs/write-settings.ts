import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withSettingsChapter } from '../describe-settings.ts';
import { projectRoot } from '../project-root.ts';

// A program: makes the settings chapter of docs/operating.md anew.
const path = join(projectRoot, 'docs/operating.md');
writeFileSync(
  path,
  withSettingsChapter(existsSync(path) ? readFileSync(path, 'utf8') : '# Operating Kurogane\n'),
);
