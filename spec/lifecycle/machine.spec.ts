import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../config/project-root.ts';
import { clientEvents, type ProvisionEvent, TRANSITIONS, transition } from '../../lifecycle/machine.ts';
import {
  isProvisionState,
  isStable,
  isUnstable,
  PROVISION_STATES,
  type ProvisionState,
  STATES,
} from '../../lifecycle/states.ts';
import { VERBS } from '../../lifecycle/verbs.ts';

interface Ironic {
  states: Record<string, { kind: string; target: string | null; timeout?: string }>;
  transitions: { from: string; event: string; to: string; target: string | null; by: string[] }[];
  verbs: Record<string, { event: string; since: number }>;
}

const ironic = JSON.parse(
  readFileSync(join(projectRoot, 'spec/fixtures/state-machine.json'), 'utf8'),
) as Ironic;

/** Events whose target is not the new state's own: whoever raises them gives it. */
function givenTarget(from: string, event: string): ProvisionState | undefined {
  return from === 'manageable' && event === 'clean' ? 'manageable' : undefined;
}

describe('the state machine', () => {
  it("has Ironic's 30 states", () => {
    expect(Object.keys(ironic.states)).to.have.length(30);
    expect(STATES).to.deep.equal(ironic.states);
  });

  it("has Ironic's 93 transitions, with their targets and who raises them", () => {
    const ours = TRANSITIONS.map(([from, event, to, , by]) => ({
      from,
      event,
      to,
      target: transition(from, event, givenTarget(from, event))?.target ?? null,
      by: [...by],
    }));
    expect(ironic.transitions).to.have.length(93);
    expect(ours).to.have.deep.members(ironic.transitions);
  });

  it("has Ironic's 15 verbs, with the microversions that brought them", () => {
    expect(Object.keys(ironic.verbs)).to.have.length(15);
    expect(VERBS).to.deep.equal(ironic.verbs);
  });

  it('has each pair of state and event once', () => {
    const pairs = TRANSITIONS.map(([from, event]) => `${from}|${event}`);
    expect(new Set(pairs).size).to.equal(pairs.length);
  });

  it('lets every state be reached from enroll, and left', () => {
    const reached = new Set<string>(['enroll']);
    for (const from of reached) for (const row of TRANSITIONS) if (row[0] === from) reached.add(row[2]);
    expect([...reached]).to.have.members([...PROVISION_STATES]);
    for (const state of PROVISION_STATES)
      expect(
        TRANSITIONS.some((row) => row[0] === state),
        state,
      ).to.equal(true);
  });

  it('starts work with every abort, where a client sends a node to work, and for the clean after a delete', () => {
    for (const [from, event, to, work, by] of TRANSITIONS) {
      const asked = by.some((source) => source === 'api') && isUnstable(to) && event !== 'unhold';
      const expected = event === 'abort' || asked || (from === 'deleting' && event === 'clean');
      expect(work !== null, `${from} ${event}`).to.equal(expected);
    }
  });
});

describe('transition', () => {
  it('is null for an event that the state does not know', () => {
    for (const state of PROVISION_STATES) {
      const known = TRANSITIONS.filter((row) => row[0] === state).map((row): string => row[1]);
      for (const [, event] of TRANSITIONS)
        expect(transition(state, event) === null, `${state} ${event}`).to.equal(!known.includes(event));
    }
  });

  it('does not take part of a name for a name', () => {
    expect(transition('deploy failed|deploy' as ProvisionState, '' as ProvisionEvent)).to.equal(null);
    expect(transition('toString' as ProvisionState, 'done')).to.equal(null);
  });

  it('writes the target that the event brings, and none in a stable state without work', () => {
    expect(transition('cleaning', 'wait', 'manageable')?.target).to.equal('manageable');
    expect(transition('cleaning', 'wait', null)?.target).to.equal('available');
    expect(transition('cleaning', 'done', 'manageable')?.target).to.equal(null);
  });
});

describe('clientEvents', () => {
  it("gives what a client may raise, and none of the service's own events", () => {
    expect(clientEvents('available')).to.have.members(['deploy', 'manage']);
    expect(clientEvents('deploying')).to.deep.equal([]);
    expect(clientEvents('clean wait')).to.deep.equal(['abort']);
  });
});

describe('provision states', () => {
  it('are recognised by their exact spelling', () => {
    for (const state of PROVISION_STATES) expect(isProvisionState(state)).to.equal(true);
    for (const other of ['Active', 'toString', '__proto__', '', null, undefined, 1, ['active']])
      expect(isProvisionState(other)).to.equal(false);
  });

  it('have a target unless they are stable', () => {
    for (const state of PROVISION_STATES) expect(isStable(state)).to.equal(STATES[state].target === null);
  });
});
