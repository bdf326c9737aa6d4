import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { keyFromFile, type SigningKey } from '../../../api/identity/signing-key.ts';

describe('keyFromFile', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kurogane-key-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const pem = (key: SigningKey) => key.public_key.export({ type: 'spki', format: 'pem' });

  it('makes a key that only its owner can read, and finds it again', () => {
    const path = join(folder, 'state', 'key.pem');
    const made = keyFromFile(path);
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(pem(keyFromFile(path))).to.equal(pem(made));
    expect(readdirSync(join(folder, 'state'))).to.deep.equal(['key.pem']);
  });

  it('refuses a key that others can read', () => {
    const path = join(folder, 'key.pem');
    keyFromFile(path);
    chmodSync(path, 0o640);
    expect(() => keyFromFile(path)).to.throw('chmod 600');
  });

  it('refuses keys of another kind', () => {
    for (const [name, { privateKey }] of [
      ['rsa', generateKeyPairSync('rsa', { modulusLength: 2048 })],
      ['p384', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ] as const) {
      const path = join(folder, name);
      writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
      expect(() => keyFromFile(path)).to.throw('P-256');
    }
  });
});
