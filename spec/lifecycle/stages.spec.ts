import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { projectRoot } from '../../config/project-root.ts';
import { attentionReasons } from '../../lifecycle/attention.ts';
import { stagesPage } from '../../lifecycle/docs/stages-page.ts';
import { clientEvents } from '../../lifecycle/machine.ts';
import { needsAttention, STAGE_OF_STATE, STAGES, stageOf } from '../../lifecycle/stages.ts';
import { PROVISION_STATES } from '../../lifecycle/states.ts';
import { refusalOf, TOOL_NAMES, TOOLS, type ToolFacts, toolsOf } from '../../lifecycle/tools.ts';

const facts = fc.record({
  provision_state: fc.constantFrom(...PROVISION_STATES),
  maintenance: fc.boolean(),
  maintenance_side: fc.constantFrom('customer' as const, 'provider' as const, null),
  returning: fc.boolean(),
  order_uuid: fc.constantFrom(null, 'o'),
  quarantined: fc.boolean(),
  stalled_at: fc.constantFrom(null, 1_800_000_000_000),
  disposed_at: fc.constantFrom(null, 1),
  fault: fc.constantFrom(null, 'power failure' as const),
  health: fc.constantFrom(null, 'OK' as const, 'Warning' as const, 'Critical' as const),
  troubled: fc.boolean(),
});

const server = facts.chain((given) =>
  fc.record({
    ...Object.fromEntries(Object.entries(given).map(([name, value]) => [name, fc.constant(value)])),
    stage: fc.constant(stageOf(given)),
    busy: fc.boolean(),
    maintenance_by: fc.constantFrom(null, 'Mori'),
    maintenance_reason: fc.constantFrom(null, 'fan 3'),
    maintenance_until: fc.constantFrom(null, 1_800_000_000_000),
  }),
) as fc.Arbitrary<ToolFacts>;

describe('stages', () => {
  it('are docs/stages.md (npm run states makes it anew)', () => {
    expect(readFileSync(join(projectRoot, 'docs/stages.md'), 'utf8')).to.equal(stagesPage());
  });

  it('S71 cover every provision state, and every stage but the last has one', () => {
    expect(Object.keys(STAGE_OF_STATE)).to.have.members([...PROVISION_STATES]);
    expect([...new Set(Object.values(STAGE_OF_STATE))]).to.have.members(
      STAGES.filter((stage) => stage !== 'disposed'),
    );
  });

  it('name what needs attention exactly when something does', () => {
    fc.assert(
      fc.property(facts, (given) => attentionReasons(given).length > 0 === needsAttention(given)),
      { numRuns: 2000 },
    );
  });
});

describe('S73 tools of a stage', () => {
  const all = (check: (given: ToolFacts) => boolean): void =>
    fc.assert(fc.property(server, check), { numRuns: 3000 });

  it('say of each tool whether it may be used, or why not', () => {
    all((given) =>
      (['customer', 'provider'] as const).every((side) =>
        toolsOf(given, side).every(
          ({ tool, allowed, refusal }) =>
            allowed === (refusalOf(tool, given, side) === null) &&
            (refusal === null || refusal.text.includes(tool)),
        ),
      ),
    );
  });

  it('are never offered out of their stages, nor where the node cannot take their event', () => {
    all((given) =>
      (['customer', 'provider'] as const).every((side) =>
        toolsOf(given, side)
          .filter(({ allowed }) => allowed)
          .every(({ tool, stages }) => {
            const { event } = { event: undefined, ...TOOLS[tool] };
            const can = event === undefined || clientEvents(given.provision_state).includes(event);
            return stages.includes(given.stage) && can;
          }),
      ),
    );
  });

  it('name the stage that allows them when the stage is wrong', () => {
    for (const tool of TOOL_NAMES) {
      const given = { ...IN_USE, stage: 'inventory', provision_state: 'available' } as const;
      const reason = refusalOf(tool, given, 'customer');
      for (const stage of TOOLS[tool].customer) expect(reason?.text).to.contain(stage);
    }
  });

  it('S87 that restart the server are the customer’s in maintenance only', () => {
    all((given) =>
      toolsOf(given, 'customer').every(
        ({ tool, reboots, allowed }) =>
          !(reboots && allowed) || given.stage === 'maintenance' || tool === 'return',
      ),
    );
    expect(refusalOf('firmware-update', IN_USE, 'customer')?.code).to.equal('stage-maintenance-first');
    expect(refusalOf('firmware-update', IN_USE, 'customer')?.text)
      .to.contain('possible in maintenance')
      .and.contain('enter-maintenance');
  });

  it('S86 are barred for the customer while the provider maintains the server, with who, why and until when', () => {
    all((given) => {
      const providers =
        given.maintenance_side === 'provider' || (given.maintenance && given.maintenance_side === null);
      return !providers || toolsOf(given, 'customer').every(({ allowed }) => !allowed);
    });
    const given: ToolFacts = {
      ...IN_USE,
      stage: 'maintenance',
      maintenance_side: 'provider',
      maintenance_by: 'Mori',
      maintenance_reason: 'fan 3',
      maintenance_until: Date.UTC(2027, 0, 2),
    };
    expect(refusalOf('power-on', given, 'customer')?.text)
      .to.contain('Mori')
      .and.contain('fan 3')
      .and.contain('2027-01-02T00:00:00.000Z');
    expect(refusalOf('power-on', given, 'provider')).to.equal(null);
  });

  it('S110 are none on a server that was disposed of', () => {
    all(
      (given) =>
        given.stage !== 'disposed' ||
        [...toolsOf(given, 'customer'), ...toolsOf(given, 'provider')].every(({ allowed }) => !allowed),
    );
  });
});

const IN_USE: ToolFacts = {
  stage: 'in-use',
  provision_state: 'active',
  maintenance: false,
  maintenance_side: null,
  maintenance_by: null,
  maintenance_reason: null,
  maintenance_until: null,
  busy: false,
};
