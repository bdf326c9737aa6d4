import { expect } from 'chai';
import fc from 'fast-check';
import { type Check, CheckSyntaxError, parseCheck } from '../../../../api/openstack/policy/parse-check.ts';
import { RULES } from '../../../../api/openstack/policy/rules.ts';

describe('parseCheck', () => {
  /** The tree with every parenthesis written. */
  function shown(check: Check): string {
    if (check.type === 'always') return '@';
    if (check.type === 'never') return '!';
    if (check.type === 'rule') return `rule:${check.name}`;
    if (check.type === 'not') return `(not ${shown(check.of)})`;
    if (check.type === 'match') {
      return `${check.left}:${'literal' in check.right ? check.right.literal : `%(${check.right.attribute})s`}`;
    }
    return `(${check.of.map(shown).join(` ${check.type} `)})`;
  }

  const GOOD: [string, string][] = [
    ['', '@'],
    ['  ', '@'],
    ['@', '@'],
    ['!', '!'],
    ['role:admin', 'role:admin'],
    ['rule:baremetal:node:get', 'rule:baremetal:node:get'],
    ['project_id:%(node.owner)s', 'project_id:%(node.owner)s'],
    ['(project_id:%(node.owner)s)', 'project_id:%(node.owner)s'],
    ['role:a or role:b and role:c', '(role:a or (role:b and role:c))'],
    ['role:a and role:b or role:c', '((role:a and role:b) or role:c)'],
    ['(role:a or role:b) and role:c', '((role:a or role:b) and role:c)'],
    ['not role:a and role:b', '((not role:a) and role:b)'],
    ['not (role:a and role:b)', '(not (role:a and role:b))'],
    ['role:a AND NOT role:b', '(role:a and (not role:b))'],
    ['((role:a))', 'role:a'],
  ];
  for (const [text, tree] of GOOD) {
    it(`reads "${text}"`, () => expect(shown(parseCheck(text))).to.equal(tree));
  }

  const BAD = [
    'role',
    ':x',
    'role:a role:b',
    'and role:a',
    'role:a or',
    'not',
    '()',
    '(role:a',
    'role:a)',
    'a:x%(b)s',
  ];
  for (const text of BAD) {
    it(`refuses "${text}"`, () => expect(() => parseCheck(text)).to.throw(CheckSyntaxError));
  }

  it('reads every built-in rule', () => {
    for (const { check } of Object.values(RULES)) expect(() => parseCheck(check), check).not.to.throw();
  });

  it('reads any tree back from its text, and never fails otherwise than by CheckSyntaxError', () => {
    const { tree } = fc.letrec<{ tree: Check }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<Check>(
          { type: 'always' },
          { type: 'never' },
          { type: 'rule', name: 'x:y' },
          { type: 'match', left: 'role', right: { literal: 'a' } },
          { type: 'match', left: 'project_id', right: { attribute: 'node.owner' } },
        ),
        fc.record({ type: fc.constant<'not'>('not'), of: tie('tree') }),
        fc.record({
          type: fc.constantFrom<'and' | 'or'>('and', 'or'),
          of: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }),
        }),
      ),
    }));
    fc.assert(
      fc.property(tree, (check) => {
        expect(parseCheck(shown(check))).to.deep.equal(check);
      }),
    );
    const word = fc.constantFrom('(', ')', 'and', 'or', 'not', 'role:a', '@', 'x', '%(a)s', ' ');
    fc.assert(
      fc.property(fc.array(word), (words) => {
        try {
          parseCheck(words.join(' '));
        } catch (error) {
          expect(error).to.be.instanceOf(CheckSyntaxError);
        }
      }),
    );
    expect(() => parseCheck('('.repeat(5000))).to.throw(CheckSyntaxError);
  });
});
