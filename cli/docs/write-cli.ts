import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../config/project-root.ts';
import { cliPage } from './cli-page.ts';

// A program: makes docs/cli.md anew.
writeFileSync(join(projectRoot, 'docs/cli.md'), cliPage());
