import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openStore } from '../../db/open-store.ts';
import { newKeyLine, parseKeyRing } from '../../db/secrets.ts';
import { kurogane } from './kurogane-command.ts';

describe('kurogane audit', function () {
  this.timeout(60_000);
  let folder: string;
  let env: Record<string, string>;
  let connection: string;
  const key = newKeyLine();
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-audit-'));
    connection = `sqlite://${join(folder, 'db.sqlite')}`;
    env = { KUROGANE_DATABASE__CONNECTION: connection, KUROGANE_SECRETS__KEY: key };
    await using store = await openStore({ connection, keys: parseKeyRing(key) });
    await store.upgrade();
    for (const node_uuid of ['node-a', 'node-b'])
      await store.audit.append({
        ...{ node_uuid, action: 'delete', user: 'alice', project: null, request_id: 'req-1' },
        detail: {},
      });
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('verifies the chain, also against an end seen before', async () => {
    const whole = await kurogane(['audit', 'verify'], { env });
    expect(whole.stdout).to.match(/^The audit is whole: 2 entries\. .* (2:[0-9a-f]{64})$/m);
    expect(whole.code).to.equal(0);
    const [, anchor = ''] = /(2:[0-9a-f]{64})/.exec(whole.stdout) ?? [];
    expect((await kurogane(['audit', 'verify', '--anchor', anchor], { env })).code).to.equal(0);
    const other = await kurogane(['audit', 'verify', '--anchor', `3:${'0'.repeat(64)}`], { env });
    expect([other.code, other.stdout]).to.deep.equal([
      1,
      'The audit is broken at entry 3: The chain was cut: it was longer once.\n',
    ]);
    const wrong = await kurogane(['audit', 'verify', '--anchor', 'x'], { env });
    expect([wrong.code, wrong.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 1 && text.includes('--anchor is what'),
    );
  });

  it('lists entries as JSON lines, newest first', async () => {
    const { stdout } = await kurogane(['audit', 'list'], { env });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ id, node_uuid, user }) => [id, node_uuid, user])).to.deep.equal([
      [2, 'node-b', 'alice'],
      [1, 'node-a', 'alice'],
    ]);
    const one = await kurogane(['audit', 'list', '--node', 'node-a', '--limit', '5'], { env });
    expect(JSON.parse(one.stdout)).to.include({ id: 1, action: 'delete' });
  });
});
