import { expect } from 'chai';
import fc from 'fast-check';
import { applyPatch, readPatch } from '../../../api/openstack/json-patch.ts';
import type { Json, JsonObject } from '../../../lifecycle/json.ts';

const FIELDS = ['extra', 'name'];

function patched(document: JsonObject, operations: Json[], minor = 115): JsonObject {
  return applyPatch(document, readPatch(operations, FIELDS, minor));
}

describe('JSON patch', () => {
  it('applies operations in order and leaves the given document as it was', () => {
    const document = { extra: { a: 1 }, name: 'n' };
    const result = patched(document, [
      { op: 'add', path: '/extra/b', value: { c: [1] } },
      { op: 'add', path: '/extra/b/c/-', value: 2 },
      { op: 'replace', path: '/extra/a', value: 5 },
      { op: 'remove', path: '/name' },
    ]);
    expect(result).to.deep.equal({ extra: { a: 5, b: { c: [1, 2] } } });
    expect(document).to.deep.equal({ extra: { a: 1 }, name: 'n' });
  });

  it('does not let two operations share a value', () => {
    const value = { x: 1 };
    const result = patched({ extra: {} }, [
      { op: 'add', path: '/extra/a', value },
      { op: 'add', path: '/extra/b', value },
      { op: 'replace', path: '/extra/a/x', value: 2 },
    ]);
    expect(result).to.deep.equal({ extra: { a: { x: 2 }, b: { x: 1 } } });
  });

  for (const [name, operations] of [
    ['an index past the end', [{ op: 'replace', path: '/extra/l/1', value: 0 }]],
    ['an index with leading zeros', [{ op: 'add', path: '/extra/l/00', value: 0 }]],
    ['a dash in a removal', [{ op: 'remove', path: '/extra/l/-' }]],
    ['a replacement of what is absent', [{ op: 'replace', path: '/extra/x', value: 0 }]],
    ['a path through null', [{ op: 'add', path: '/extra/n/x', value: 0 }]],
    ['the prototype', [{ op: 'add', path: '/extra/constructor/x', value: 0 }]],
  ] as const) {
    it(`refuses ${name}`, () => {
      const document = { extra: { l: [1], n: null } };
      expect(() => patched(document, operations as unknown as Json[])).to.throw("Couldn't apply patch");
    });
  }

  it('never touches Object.prototype nor throws anything but refusals', () => {
    const segment = fc.constantFrom('a', 'b', '0', '-', '__proto__', 'constructor', '~1', '~0x');
    const operation = fc.record({
      op: fc.constantFrom('add', 'replace', 'remove'),
      path: fc.array(segment, { maxLength: 4 }).map((rest) => ['', 'extra', ...rest].join('/')),
      value: fc.jsonValue({ maxDepth: 2 }),
    });
    const document = fc.dictionary(fc.constantFrom('a', 'b', '0'), fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(document, fc.array(operation, { maxLength: 5 }), (extra, operations) => {
        try {
          patched({ extra } as JsonObject, operations as Json[]);
        } catch (error) {
          expect(error).to.have.property('code', 'PatchError');
        }
        expect(Object.keys(Object.prototype)).to.deep.equal([]);
      }),
      { numRuns: 2000 },
    );
  });
});
