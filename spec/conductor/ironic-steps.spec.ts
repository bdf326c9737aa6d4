import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { HARDWARE_STEPS, type StepArea } from '../../conductor/requests/hardware-steps.ts';
import { PRIORITIES } from '../../conductor/work/deploy.ts';
import { projectRoot } from '../../config/project-root.ts';

interface IronicStep extends Partial<Record<StepArea, number>> {
  name: string;
  deployment?: number;
  ramdisk?: StepArea[];
  args?: string[];
  ours_too?: StepArea[];
  absent?: string;
}

const AREAS = ['clean', 'deploy', 'service'] as const;

describe("Ironic's steps", () => {
  const text = readFileSync(join(projectRoot, 'spec/fixtures/ironic-steps.yaml'), 'utf8');
  const { steps, ours, by_drives } = parse(text) as {
    steps: IronicStep[];
    ours: string[];
    by_drives: string[];
  };

  for (const step of steps.filter(({ absent }) => absent === undefined))
    it(`has ${step.name} as Ironic has it`, () => {
      if (step.deployment !== undefined) {
        expect(PRIORITIES[step.name]).to.equal(step.deployment);
        return;
      }
      const found = HARDWARE_STEPS[step.name];
      const { areas = {}, requires_ramdisk, args = {} } = found ?? {};
      for (const area of AREAS)
        expect(areas[area], area).to.equal(step.ours_too?.includes(area) ? 0 : step[area]);
      expect(requires_ramdisk).to.have.members(step.ramdisk ?? []);
      const told = Object.entries(args).map(([name, { required }]) => (required ? `${name}!` : name));
      expect(told).to.have.members(step.args ?? []);
    });

  it('has no step that is neither in Ironic nor known to be ours', () => {
    const known = [...steps.map(({ name }) => name), ...ours, ...by_drives];
    expect(known).to.include.members(Object.keys(HARDWARE_STEPS));
    for (const name of [...ours, ...by_drives]) expect(HARDWARE_STEPS, name).to.have.property(name);
    for (const { name, absent } of steps)
      if (absent !== undefined) expect(HARDWARE_STEPS, name).not.to.have.property(name);
  });
});
