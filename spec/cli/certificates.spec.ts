import { generateKeyPairSync, sign } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createCertifier } from '../../conductor/certificates/certifier.ts';
import { type TemporaryFolder, temporaryFolder } from '../services/temporary-folder.ts';
import { kurogane } from './kurogane-command.ts';

const DOCUMENT = '{"disks":[],"type":"kurogane erase certificate"}';

describe('kurogane certificates make-key and verify-certificate', () => {
  let folder: TemporaryFolder;
  let key_file: string;
  let public_file: string;
  before(async () => {
    folder = await temporaryFolder('kurogane-certificates-');
    key_file = join(folder.path, 'sign.key');
    public_file = join(folder.path, 'public.pem');
  });
  after(() => folder.remove());

  async function certificateFile(changes: object): Promise<string> {
    const certifier = createCertifier(await readFile(key_file, 'utf8'));
    const genuine = { document: DOCUMENT, signature: certifier.sign(DOCUMENT), key_id: certifier.key_id };
    const path = join(folder.path, 'certificate.json');
    await writeFile(path, JSON.stringify({ ...genuine, ...changes }));
    return path;
  }

  const verify = async (changes: object) =>
    kurogane(['verify-certificate', await certificateFile(changes), '--key', public_file]);

  it('makes a key that only its owner reads, and prints what to publish', async () => {
    const { code, stdout } = await kurogane(['certificates', 'make-key', '--key-file', key_file]);
    expect(code).to.equal(0);
    expect(stdout).to.not.contain('PRIVATE');
    const [pem = ''] = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/.exec(stdout) ?? [];
    await writeFile(public_file, pem);
    expect((await stat(key_file)).mode & 0o777).to.equal(0o600);
  });

  it('does not replace a key', async () => {
    const { code, stderr } = await kurogane(['certificates', 'make-key', '--key-file', key_file]);
    expect(code).to.equal(1);
    expect(stderr).to.contain('must not be lost');
  });

  it('S97 knows a genuine certificate', async () => {
    const { code, stdout } = await verify({});
    expect(stdout).to.match(/^Genuine\./);
    expect(code).to.equal(0);
  });

  const other = generateKeyPairSync('ed25519').privateKey;
  for (const [what, changes, said] of [
    ['was changed', { document: DOCUMENT.replace('[]', '[1]') }, /signature does not fit/],
    [
      'was signed by somebody else',
      { signature: sign(null, Buffer.from(DOCUMENT), other).toString('base64') },
      /signature does not fit/,
    ],
    ['names another key', { key_id: '0'.repeat(16) }, /names the key/],
    ['has no real signature', { signature: '!' }, /signature does not fit/],
  ] as const)
    it(`tells one that ${what}`, async () => {
      const { code, stdout } = await verify(changes);
      expect(stdout).to.match(said);
      expect(code).to.equal(1);
    });

  it('says what a certificate looks like when the file is none', async () => {
    const { code, stderr } = await kurogane(['verify-certificate', key_file, '--key', public_file]);
    expect(code).to.equal(1);
    expect(stderr).to.contain('is no erase certificate');
    expect(stderr).to.not.contain('PRIVATE');
  });
});
