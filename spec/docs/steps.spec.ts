import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { HARDWARE_STEPS, type StepArea } from '../../conductor/requests/hardware-steps.ts';
import { projectRoot } from '../../config/project-root.ts';

describe('docs/steps.md', () => {
  const rows = readFileSync(join(projectRoot, 'docs/steps.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()));

  for (const [name, { areas, args }] of Object.entries(HARDWARE_STEPS))
    it(`tells where ${name} may be asked for, and its required arguments`, () => {
      const row = rows.find((cells) => cells[1]?.includes(`\`${name}\``)) ?? [];
      const told = (['clean', 'deploy', 'service'] as const).filter((_, i) => row[i + 2] === 'yes');
      expect(told).to.deep.equal((Object.keys(areas) as StepArea[]).sort());
      for (const [key, { required }] of Object.entries(args)) if (required) expect(row[5]).to.contain(key);
    });
});
