import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type BenchRow, benchTable, report } from '../../bench/report.ts';

const rows: BenchRow[] = [
  {
    measure: 'whole sessions, wall',
    value: 0.1234,
    unit: 's',
    peer: 'ipmitool',
    peer_value: 2.5,
    ratio: 20.26,
  },
  { measure: 'show', value: 1234.5, unit: 'requests/s', peer: null, peer_value: null, ratio: null },
];

describe('bench report', () => {
  it('aligns the figures', () => {
    expect(benchTable(rows).split('\n')).to.deep.equal([
      "measure               value  unit        peer      peer's value   ratio",
      'whole sessions, wall  0.123  s           ipmitool           2.5  20.3 x',
      'show                   1235  requests/s',
    ]);
  });

  it('writes them as JSON, unrounded', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kurogane-spec-'));
    const file = join(folder, 'out.json');
    await report('ipmi', rows, { json: file });
    expect(JSON.parse(await readFile(file, 'utf8'))).to.deep.equal({ bench: 'ipmi', rows });
    await rm(folder, { recursive: true });
  });
});
