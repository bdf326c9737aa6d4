import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../config/project-root.ts';
import { statesPage } from './states-page.ts';

// A program: makes docs/states.md anew.
writeFileSync(join(projectRoot, 'docs/states.md'), statesPage());
