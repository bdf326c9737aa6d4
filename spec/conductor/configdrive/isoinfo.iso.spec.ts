import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { configdriveFor } from '../../../conductor/configdrive/configdrive.ts';
import { createIso } from '../../../iso/iso9660.ts';
import { run } from '../../services/process.ts';
import { type TemporaryFolder, temporaryFolder } from '../../services/temporary-folder.ts';

const AT = Date.UTC(2026, 1, 3, 4, 5, 6);
const NODE = { uuid: 'b1f1ac3c-1f9f-4d60-8d77-8b0d7d0b8a3e', name: 'node-7' };

/** Config drives as a foreign reader sees them: isoinfo of cdrkit. */
describe('a config drive, read by isoinfo', () => {
  let folder: TemporaryFolder;
  let image: string;

  before(async () => {
    folder = await temporaryFolder('kurogane-iso-');
    image = join(folder.path, 'drive.iso');
    const text = await configdriveFor(
      NODE,
      {
        meta_data: { 'public-keys': { me: 'ssh-ed25519 AAAA' }, name: 'kumo' },
        user_data: '#!/bin/sh\necho Grüße\n',
        network_data: { links: [], networks: [], services: [] },
        vendor_data: { rack: 7 },
      },
      AT,
    );
    await writeFile(image, gunzipSync(Buffer.from(text ?? '', 'base64')));
  });
  after(() => folder.remove());

  const isoinfo = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run({ command: 'isoinfo', args: ['-i', image, ...args] });
    expect(code, stderr).to.equal(0);
    return stdout;
  };
  const paths = (listing: string) => listing.split('\n').filter((line) => line !== '');

  it('has the label that readers look for, and the names of Unix and of Windows', async () => {
    const facts = await isoinfo('-d');
    expect(facts).to.match(/^Volume id: config-2$/m);
    expect(facts).to.match(/^Logical block size is: 2048$/m);
    expect(facts).to.match(/^Joliet with UCS level 3 found/m);
    expect(facts).to.match(/^Rock Ridge signatures version 1 found/m);
  });

  it('has every file in both versions, under every kind of name', async () => {
    const names = ['meta_data.json', 'network_data.json', 'user_data', 'vendor_data2.json'];
    const folders = ['/openstack', '/openstack/2012-08-10', '/openstack/latest'];
    const all = [
      ...folders,
      ...folders.slice(1).flatMap((one) => names.map((name) => `${one}/${name}`)),
    ].sort();
    expect(paths(await isoinfo('-f', '-R')).sort()).to.deep.equal(all);
    expect(paths(await isoinfo('-f', '-J')).sort()).to.deep.equal(all);
    const plain = paths(await isoinfo('-f')).map((path) => path.replace(/\.?;1$/, ''));
    expect(plain.sort()).to.deep.equal(all);
  });

  it('has the right contents', async () => {
    const read = (path: string) => isoinfo('-R', '-x', path);
    expect(await read('/openstack/latest/user_data')).to.equal('#!/bin/sh\necho Grüße\n');
    expect(JSON.parse(await read('/openstack/2012-08-10/meta_data.json'))).to.deep.equal({
      ...{ uuid: NODE.uuid, name: 'kumo' },
      'public-keys': { me: 'ssh-ed25519 AAAA' },
    });
    expect(JSON.parse(await read('/openstack/latest/vendor_data2.json'))).to.deep.equal({ rack: 7 });
    expect(JSON.parse(await isoinfo('-J', '-x', '/openstack/latest/network_data.json'))).to.deep.equal({
      ...{ links: [], networks: [], services: [] },
    });
  });

  it('has files that all may read and none may change', async () => {
    const listing = await isoinfo('-l', '-R');
    expect(listing).to.match(/^-r--r--r--.* user_data\s*$/m);
    expect(listing).to.match(/^dr-xr-xr-x.* Feb\s+3 2026 .* latest\s*$/m);
  });

  it('holds folders larger than a sector', async () => {
    const files = Array.from({ length: 60 }, (_, index) => ({
      path: `many/file-${String(index).padStart(3, '0')}.txt`,
      content: Buffer.from(`content ${index}`),
    }));
    await writeFile(image, createIso('many', files, AT));
    expect(paths(await isoinfo('-f', '-R'))).to.deep.equal(['/many', ...files.map(({ path }) => `/${path}`)]);
    expect(await isoinfo('-R', '-x', '/many/file-059.txt')).to.equal('content 59');
    expect(await isoinfo('-J', '-x', '/many/file-031.txt')).to.equal('content 31');
  });
});
