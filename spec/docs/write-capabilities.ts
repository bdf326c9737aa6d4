import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../config/project-root.ts';
import { capabilitiesPage } from './capabilities-page.ts';

// A program: makes docs/capabilities.md anew.
writeFileSync(join(projectRoot, 'docs/capabilities.md'), capabilitiesPage());
