import { expect } from 'chai';
import { scriptSource } from '../../bin/compose-boot.ts';
import { bucketOf, createRunTimeScripts } from '../../boot/run-time-scripts.ts';
import { settingsWith } from '../conductor/conductor-bench.ts';

describe('S13 scripts that servers fetch when they boot', () => {
  const objects = new Map<string, string>();
  let away: boolean;
  let reads: number;
  let lines: { message: string; facts: { sha256?: string } }[];
  beforeEach(() => {
    objects.clear();
    away = false;
    reads = 0;
    lines = [];
  });
  const scripts = () => {
    const note = (facts: object, message: string) => void lines.push({ message, facts });
    const store = {
      get: async (key: string) => {
        reads++;
        await new Promise(setImmediate);
        if (away) throw new Error('the store answers 503');
        const text = objects.get(key);
        return text === undefined ? null : Buffer.from(text);
      },
    };
    return createRunTimeScripts(bucketOf(store, 'boot', 'rack-a'), { info: note, warn: note });
  };

  it('are read again each time, and a hundred servers at once are one read', async () => {
    const all = scripts();
    objects.set('rack-a/kexec.sh', 'one');
    const found = await Promise.all(Array.from({ length: 100 }, () => all.current('kexec.sh')));
    expect(new Set(found.map((one) => one?.sha256))).to.have.length(1);
    expect(reads).to.equal(1);
    objects.set('rack-a/kexec.sh', 'two');
    const after = await all.current('kexec.sh');
    expect(String(after?.bytes)).to.equal('two');
    expect(lines.map(({ facts }) => facts.sha256)).to.deep.equal([found[0]?.sha256, after?.sha256]);
  });

  it('are the last ones known while the store is away, and it is said so', async () => {
    const all = scripts();
    objects.set('rack-a/kexec.sh', 'one');
    const before = await all.current('kexec.sh');
    away = true;
    expect(await all.current('kexec.sh')).to.equal(before);
    expect(lines.at(-1)?.message).to.equal('A boot script cannot be read: the last one counts.');
    const error = await all.current('never-read.sh').catch((cause: Error) => cause.message);
    expect(error).to.equal('the store answers 503');
  });

  it('that were taken away are not there any more', async () => {
    const all = scripts();
    objects.set('rack-a/kexec.sh', 'one');
    await all.current('kexec.sh');
    objects.clear();
    expect(await all.current('kexec.sh')).to.equal(null);
  });

  it('are kept in few versions', async () => {
    const all = scripts();
    const hashes: string[] = [];
    for (let n = 0; n < 20; n++) {
      objects.set('rack-a/kexec.sh', `version ${n}`);
      hashes.push((await all.current('kexec.sh'))?.sha256 ?? '');
    }
    const known = await Promise.all(
      hashes.map(async (sha256) => (await all.version('kexec.sh', sha256)) !== null),
    );
    expect(known.filter(Boolean)).to.have.length(16);
  });

  const s3 = { endpoint: 'http://192.0.2.9:9000', access_key: 'a', secret_key: 'b' };
  for (const [script_path, group, outcome] of [
    ['', {}, /boot\/scripts$/],
    ['/srv/scripts', {}, /^\/srv\/scripts$/],
    ['s3://boot', s3, /^s3:\/\/boot$/],
    ['s3://boot/rack-a/', s3, /^s3:\/\/boot\/rack-a$/],
    ['s3://boot', {}, /set \[s3\]endpoint/],
    ['s3://boot', { ...s3, secret_key: '' }, /\[s3\]access_key and secret_key/],
    ['s3://B', s3, /must be s3:\/\/bucket/],
  ] as const)
    it(`come from ${script_path || 'the program'} with ${Object.keys(group).length} settings of [s3]`, () => {
      const where = () => {
        try {
          return scriptSource(settingsWith({ boot: { script_path }, s3: group }), { now: () => 0 } as never)
            .where;
        } catch (error) {
          return (error as Error).message;
        }
      };
      expect(where()).to.match(outcome);
    });
});
