import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { readJsonBody } from '../../../api/http/request-body.ts';

function requestOf(chunks: readonly string[]): IncomingMessage {
  const stream = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  return Object.assign(stream, { headers: {} }) as unknown as IncomingMessage;
}

async function refusalOf(chunks: readonly string[], limit: number): Promise<string> {
  return readJsonBody(requestOf(chunks), limit).then(
    () => 'accepted',
    (error: Error) => error.message,
  );
}

describe('readJsonBody', () => {
  it('reads a body that comes in pieces, also within a character', async () => {
    const bytes = Buffer.from('{"a":"é"}');
    const stream = Object.assign(Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]), { headers: {} });
    expect(await readJsonBody(stream as unknown as IncomingMessage, 100)).to.deep.equal({ a: 'é' });
  });

  it('takes an empty body for none', async () => {
    expect(await readJsonBody(requestOf([]), 100)).to.equal(undefined);
  });

  it('stops at the limit though no length was announced', async () => {
    expect(await refusalOf(['"aaaaaaaa', 'bbbbbbbb', 'cccc"'], 16)).to.contain('larger than 16 bytes');
  });

  it('does not count brackets inside of text, nor quotes that are escaped', async () => {
    const tricky = JSON.stringify({ a: `${'['.repeat(50)}\\"${'{'.repeat(50)}`, b: '\\' });
    expect(await readJsonBody(requestOf([tricky]), 1000)).to.be.an('object');
  });

  it('takes 25 levels and no more', async () => {
    expect(await refusalOf(['['.repeat(25) + ']'.repeat(25)], 1000)).to.equal('accepted');
    expect(await refusalOf(['['.repeat(26) + ']'.repeat(26)], 1000)).to.contain('nested deeper than 25');
  });

  it('never repeats what it could not read', async () => {
    expect(await refusalOf(['{"password": "hunter2"'], 1000)).not.to.contain('hunter2');
  });
});
