import { expect } from 'chai';
import fc from 'fast-check';
import { TextPieces } from '../../../api/http/text-pieces.ts';

describe('api/http/text-pieces', () => {
  const whole = (texts: readonly string[]): string => {
    const pieces = new TextPieces();
    for (const text of texts) pieces.add(text);
    return String(Buffer.concat(pieces.end()));
  };

  it('are all that was added, in its order, as UTF-8', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    fc.assert(fc.property(fc.array(text), (texts) => whole(texts) === texts.join('')));
  });

  it('take texts that are longer than a piece, and many that fill it', () => {
    const texts = ['é'.repeat(70_000), 'a', ...Array.from({ length: 3000 }, () => '日本語'.repeat(10))];
    expect(whole(texts)).to.equal(texts.join(''));
  });
});
