import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadDriverPackages } from '../../drivers/packages.ts';
import { INTERFACE_KINDS } from '../../lifecycle/records.ts';
import { recordingContext } from '../contract/driver-bench.ts';

const LISTS = JSON.stringify(Object.fromEntries(INTERFACE_KINDS.map((kind) => [kind, [`no-${kind}`]])));
const driver = (changes = '') => `
  export const driver_api = 1;
  export const createDriver = ({ clock }) => ({
    name: 'from-afar', properties: {}, interfaces: ${LISTS},
    parse: () => ({ info: {} }), connect: async () => ({ at: clock.now() }),
    [Symbol.asyncDispose]: async () => {}, ${changes}
  });`;

describe('S103 drivers of npm packages', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-packages-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const install = async (name: string, code: string): Promise<string> => {
    const home = join(folder, 'node_modules', name);
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'package.json'), JSON.stringify({ name, type: 'module', main: 'index.js' }));
    await writeFile(join(home, 'index.js'), code);
    return home;
  };
  const load = (names: string[]) => loadDriverPackages(names, recordingContext().context, folder);
  const refusal = (names: string[]) =>
    load(names).then(
      () => 'loaded',
      (error: Error) => error.message,
    );

  it('are found by name and by path', async () => {
    const home = await install('kurogane-driver-afar', driver());
    for (const name of ['kurogane-driver-afar', home]) {
      const [found] = await load([name]);
      expect(found?.name).to.equal('from-afar');
      expect(found?.parse({})).to.deep.equal({ info: {} });
    }
  });

  const WRONG: [string, string, string][] = [
    ['exports nothing', 'export {};', 'version undefined of the driver contract'],
    ['is for another contract', driver().replace('driver_api = 1', 'driver_api = 7'), 'version 7'],
    ['makes nothing', 'export const driver_api = 1;', 'exports no function createDriver'],
    ['breaks', 'throw new Error("no licence");', 'cannot be loaded: no licence'],
    ['has no way in', driver('connect: null'), 'no method connect'],
    ['has a wrong name', driver('name: "Far Away"'), 'lower-case'],
    ['forgets a kind of interface', driver('interfaces: { power: ["x"] }'), 'kinds bios, boot'],
  ];
  for (const [what, code, words] of WRONG)
    it(`are refused with the package's name where one ${what}`, async () => {
      await install('kurogane-driver-wrong', code);
      expect(await refusal(['kurogane-driver-wrong']))
        .to.contain(words)
        .and.contain('kurogane-driver-wrong');
    });

  it('that are not installed are named, with what to do', async () => {
    expect(await refusal(['kurogane-driver-nowhere'])).to.contain('npm install kurogane-driver-nowhere');
  });
});
