import { inspect } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { needsRotation, newKeyLine, openJson, parseKeyRing, sealJson } from '../../db/secrets.ts';
import type { Json } from '../../lifecycle/json.ts';
import { testKeys } from '../builders/records.ts';

const PLACE = { table: 'nodes', uuid: '5e9f2f10-6d8c-4c6b-9d4b-0a3c8a1f0f11', column: 'driver_info' };

describe('secrets at rest', () => {
  it('round-trip any JSON', () => {
    const keys = testKeys();
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // What JSON itself does to a value (-0) is not ours.
        const json = JSON.parse(JSON.stringify(value)) as Json;
        expect(openJson(keys, PLACE, sealJson(keys, PLACE, json))).to.deep.equal(json);
      }),
    );
  });

  it('round-trip objects whose keys are secret-looking, marks or of the prototype', () => {
    const keys = testKeys();
    const key = fc.constantFrom('password', '$secret', '__proto__', 'constructor', 'Some_TOKEN', 'plain', '');
    const tree = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.constant(null),
        fc.boolean(),
        fc.integer(),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 3 }),
      ),
    })).value;
    fc.assert(
      fc.property(tree, (value) => {
        const json = JSON.parse(JSON.stringify(value)) as Json;
        expect(JSON.stringify(openJson(keys, PLACE, sealJson(keys, PLACE, json)))).to.equal(
          JSON.stringify(json),
        );
      }),
    );
  });

  it('differ with each writing', () => {
    const seal = () => sealJson(testKeys(), PLACE, { password: 'x' });
    expect(seal()).to.not.equal(seal());
  });

  it('are encrypted by the first key, and read with any', () => {
    const [old, both, young] = [testKeys(1), testKeys(2, 1), testKeys(2)];
    const text = sealJson(old, PLACE, { password: 'x' });
    expect(openJson(both, PLACE, text)).to.deep.equal({ password: 'x' });
    expect(needsRotation(both, text)).to.equal(true);
    expect(needsRotation(old, text)).to.equal(false);
    expect(() => openJson(young, PLACE, text)).to.throw(`key ${old.current.id}: this key is not configured`);
    expect(openJson(young, PLACE, sealJson(both, PLACE, { password: 'x' }))).to.deep.equal({ password: 'x' });
  });
});

describe('parseKeyRing', () => {
  const [one, two] = [newKeyLine(), newKeyLine()];

  it('reads one key per line', () => {
    const ring = parseKeyRing(`# keys\n\n  ${one}\r\n${two}\n`);
    expect(ring.by_id.size).to.equal(2);
    expect(ring.current.id).to.equal(parseKeyRing(one).current.id);
  });

  for (const [what, text] of Object.entries({
    nothing: '# only a comment\n',
    'a short key': Buffer.alloc(16, 1).toString('base64'),
    'a long key': Buffer.alloc(48, 1).toString('base64'),
    'a passphrase': 'correct horse battery staple correct horse!',
  }))
    it(`refuses ${what} without repeating it`, () => {
      const error = (() => {
        try {
          return parseKeyRing(`${text}`);
        } catch (refused) {
          return refused as Error;
        }
      })();
      expect(error).to.be.instanceOf(Error);
      expect((error as Error).message).to.not.include(text);
    });

  it('shows no key when it is printed', () => {
    const shown =
      inspect(parseKeyRing(one), { depth: 9, showHidden: true }) + JSON.stringify(parseKeyRing(one));
    expect(shown).to.not.include(one).and.not.include(Buffer.from(one, 'base64').toString('hex'));
  });
});
