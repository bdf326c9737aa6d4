import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../config/project-root.ts';
import { statesPage } from '../../lifecycle/docs/states-page.ts';
import { PROVISION_STATES } from '../../lifecycle/states.ts';

describe('docs/states.md', () => {
  it('is what the tables say (npm run states makes it anew)', () => {
    expect(readFileSync(join(projectRoot, 'docs/states.md'), 'utf8')).to.equal(statesPage());
  });

  it('has a box for every state, each under a name of its own', () => {
    const boxes = [...statesPage().matchAll(/^ {2}(\w+)[([{]+"([^"]+)"/gm)];
    expect(boxes.map((match) => match[2])).to.deep.equal([...PROVISION_STATES]);
    expect(new Set(boxes.map((match) => match[1])).size).to.equal(PROVISION_STATES.length);
  });
});
