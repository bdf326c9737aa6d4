import { expect } from 'chai';
import { openProgress } from '../../cli/progress.ts';
import { drawTable, width } from '../../cli/table.ts';
import { endOf, type WorkPart } from '../../cli/work.ts';
import { systemClock } from '../../config/system-clock.ts';

const part = (name: string, state: string, well: boolean | null = null, note = ''): WorkPart => ({
  ...{ name, state, well, note },
});

describe('the progress of work', () => {
  function show(size: { columns: number; rows: number } | null, ...steps: WorkPart[][]): string[] {
    const told: string[] = [];
    const clock = { ...systemClock, monotonic: () => 0 };
    const progress = openProgress({ err: (text) => told.push(text), err_size: () => size, clock, env: {} });
    for (const parts of steps) progress.show(parts);
    progress.end();
    return told;
  }

  it('is a line at each change where there is no terminal', () => {
    const told = show(
      null,
      [part('web-1', 'building'), part('web-2', 'waiting')],
      [part('web-1', 'building'), part('web-2', 'waiting')],
      [part('web-1', 'done', true), part('web-2', 'failed', false, 'No route\u001b[2J')],
    );
    expect(told).to.deep.equal([
      'web-1: building\n',
      'web-2: waiting\n',
      'web-1: done\n',
      'web-2: failed (No route\\u001b[2J)\n',
    ]);
  });

  it('is a bar and a line for each part, in place, on a terminal', () => {
    const [first = '', second = ''] = show(
      { columns: 60, rows: 24 },
      [part('web-1', 'building'), part('倉庫', 'waiting')],
      [part('web-1', 'done', true), part('倉庫', 'failed', false, 'x'.repeat(80))],
    );
    expect(first).to.equal(
      '\r\u001B[J[........................] 0 % 0/2  0:00\n· web-1  building\n· 倉庫   waiting\n',
    );
    expect(
      second.startsWith(
        '\u001B[3A\r\u001B[J[########################] 100 % 2/2, 1 failed  0:00\n✓ web-1  done\n',
      ),
    ).to.equal(true);
    for (const line of second.trimEnd().split('\n').slice(1)) expect(width(line)).to.be.at.most(59);
    expect(second).to.match(/✗ 倉庫 {3}failed \(x+…\n$/);
  });

  it('tells of what fails or goes on first, where a terminal is low', () => {
    const parts = [...Array(50).keys()].map((n) => part(`s${n}`, 'done', true));
    const [shown = ''] = show({ columns: 80, rows: 10 }, [
      ...parts,
      part('late', 'building'),
      part('bad', 'failed', false),
    ]);
    const lines = shown.trimEnd().split('\n');
    expect(lines).to.have.length(8);
    expect(lines.slice(1, 3)).to.deep.equal(['✗ bad   failed', '· late  building']);
    expect(lines.at(-1)).to.equal('  and 46 more');
  });

  it('ends with how many failed, and why', () => {
    const failed = part('b', 'failed', false, 'no stock');
    expect(endOf('The order x is partial', [part('a', 'done', true), failed])).to.deep.equal({
      exit: 'partly_failed',
      text: 'The order x is partial: 1 of 2 failed.\n  b: no stock',
    });
    expect(endOf('The order x is failed', [failed]).exit).to.equal('work_failed');
    expect(endOf('The order x is done', [part('a', 'done', true)]).exit).to.equal('done');
  });

  it('stands beside tables that fit the terminal', () => {
    const rows = [
      ['name', 'web-1'],
      ['why', `${'word '.repeat(20)}${'x'.repeat(50)}\nanother line`],
    ];
    const drawn = drawTable(['field', 'value'], rows, { columns: 50, bare: false });
    for (const line of drawn.split('\n')) expect(width(line), line).to.equal(50);
    expect(drawn.replace(/[|\s]/g, '')).to.contain('x'.repeat(50)).and.contain('anotherline');
  });
});
