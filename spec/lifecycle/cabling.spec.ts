import { expect } from 'chai';
import { cablingVerdicts, isWrong, type SeenPort } from '../../lifecycle/cabling.ts';

const PLAN = [{ port: 'eno1', switch_name: 'leaf1', switch_port: 'Eth1/7' }];
const KNOWN = new Set(['leaf1', 'leaf2']);

const port = (changes: Partial<SeenPort>): SeenPort => ({
  ...{ name: 'eno1', mac: '52:54:00:00:00:01', carrier: true, optic: null },
  neighbour: { switch_name: 'leaf1', switch_port: 'Eth1/7' },
  ...changes,
});

const at = (switch_name: string, switch_port: string) => ({ neighbour: { switch_name, switch_port } });

describe('S17 S18 cablingVerdicts', () => {
  const ROWS: readonly [name: string, seen: SeenPort[], verdict: string, cause: RegExp | null][] = [
    ['the right switch and port', [port({})], 'right', null],
    ['names in another case', [port(at('LEAF1', 'eth1/7'))], 'right', null],
    [
      'the wrong port',
      [port(at('leaf1', 'Eth1/8'))],
      'wrong-port',
      /eno1.*expected leaf1 Eth1\/7.*leaf1 Eth1\/8/,
    ],
    [
      'the wrong switch',
      [port(at('leaf2', 'Eth1/7'))],
      'wrong-switch',
      /expected leaf1 Eth1\/7.*leaf2 Eth1\/7/,
    ],
    ['a foreign switch', [port(at('desk', '3'))], 'foreign-switch', /no plan names.*expected leaf1/],
    [
      'nothing plugged in',
      [port({ carrier: false, neighbour: null })],
      'no-light',
      /no light.*leaf1 Eth1\/7/,
    ],
    [
      'optics without a link',
      [port({ carrier: false, optic: true, neighbour: null })],
      'no-link',
      /polarity/,
    ],
    [
      'no empty cage taken for optics',
      [port({ carrier: false, optic: false, neighbour: null })],
      'no-light',
      /no light/,
    ],
    ['a link that hears nothing', [port({ neighbour: null })], 'no-neighbour', /LLDP/],
    ['a port that is not there', [], 'missing-port', /has no port eno1/],
  ];
  for (const [name, seen, verdict, cause] of ROWS)
    it(`tells ${name}`, () => {
      const [told] = cablingVerdicts(PLAN, seen, KNOWN);
      expect(told?.verdict).to.equal(verdict);
      if (cause === null) expect(told?.cause).to.equal(null);
      else expect(told?.cause).to.match(cause);
      expect(told === undefined ? null : isWrong(told)).to.equal(cause !== null);
    });

  it('finds a port of the plan by its MAC address', () => {
    const plan = [{ port: '52:54:00:00:00:01', switch_name: 'leaf1', switch_port: 'Eth1/7' }];
    expect(cablingVerdicts(plan, [port({})], KNOWN).map(({ verdict }) => verdict)).to.deep.equal(['right']);
  });

  it('has nothing against ports that no plan names', () => {
    const [, other] = cablingVerdicts(
      PLAN,
      [port({}), port({ name: 'eno2', mac: 'x', carrier: false })],
      KNOWN,
    );
    expect(other).to.include({ port: 'eno2', verdict: 'not-planned', cause: null });
  });
});
