import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../config/project-root.ts';
import { stagesPage } from './stages-page.ts';
import { statesPage } from './states-page.ts';

// A program: makes docs/states.md and docs/stages.md anew.
writeFileSync(join(projectRoot, 'docs/states.md'), statesPage());
writeFileSync(join(projectRoot, 'docs/stages.md'), stagesPage());
