import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { configdriveFor } from '../../../conductor/configdrive/configdrive.ts';
import { createIso } from '../../../iso/iso9660.ts';

const AT = Date.UTC(2026, 1, 3, 4, 5, 6);
const NODE = { uuid: 'b1f1ac3c-1f9f-4d60-8d77-8b0d7d0b8a3e', name: null };

async function built(configdrive: Record<string, unknown>): Promise<Buffer> {
  const text = await configdriveFor(NODE, configdrive as never, AT);
  expect(text).to.match(/^[A-Za-z0-9+/]+=*$/);
  return gunzipSync(Buffer.from(text ?? '', 'base64'));
}

describe('a config drive', () => {
  it('is passed on when it is text, and is null when there is none', async () => {
    for (const text of ['http://192.0.2.1/drive', 'H4sIAAAA'])
      expect(await configdriveFor(NODE, text, AT)).to.equal(text);
    for (const none of [undefined, null, 7, []]) expect(await configdriveFor(NODE, none, AT)).to.equal(null);
  });

  it('of nothing tells at least whose it is', async () => {
    const image = await built({});
    expect(image.includes(`{"uuid":"${NODE.uuid}"}`)).to.equal(true);
    expect(image.includes('user_data')).to.equal(false);
    expect(image.includes('network_data.json')).to.equal(false);
  });

  it('keeps a uuid that the client gave', async () => {
    const image = await built({ meta_data: { uuid: 'mine' } });
    expect(image.includes('{"uuid":"mine"}')).to.equal(true);
    expect(image.includes(NODE.uuid)).to.equal(false);
  });

  it('writes user data that is no text as JSON', async () => {
    expect(
      (await built({ user_data: { ignition: { version: '3.0.0' } } })).includes('{"ignition":'),
    ).to.equal(true);
  });

  it('holds each content once', async () => {
    const image = await built({ user_data: 'only-once' });
    const text = image.toString('latin1');
    expect(text.split('only-once')).to.have.length(2);
  });

  it('is the same for the same input', async () => {
    const drive = { user_data: 'x', meta_data: { a: 1 } };
    expect((await built(drive)).equals(await built(drive))).to.equal(true);
  });
});

describe('createIso', () => {
  it('refuses names and labels that do not fit', () => {
    const content = Buffer.from('x');
    for (const path of ['a/../b', 'b c', 'x'.repeat(31), 'a//b', 'ü'])
      expect(() => createIso('label', [{ path, content }], AT), path).to.throw('does not fit');
    expect(() => createIso('x'.repeat(17), [], AT)).to.throw('longer than 16');
  });
});
