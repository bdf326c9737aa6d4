import { expect } from 'chai';
import { chaos, SHORT_FORM } from './chaos.ts';
import { type Figures, VERDICTS } from './figures.ts';
import { LIFE } from './stages.ts';

/** No resume takes so long, on however busy a machine: ten times what is promised. */
const RESUME_BOUND_MS = 100_000;

describe('S111 whole lives of nodes whose conductors die, sleep, and lose MariaDB and RabbitMQ', function lives() {
  this.timeout(540_000);
  let figures: Figures;
  const progress: string[] = [];
  before(async () => {
    figures = await chaos({ ...SHORT_FORM, tell: (line) => progress.push(line) });
  });
  after(() => {
    const clean = figures !== undefined && VERDICTS.every((verdict) => figures[verdict].length === 0);
    if (!clean) process.stdout.write(`${progress.join('\n')}\n`);
  });

  it('met work at points of every kind', () => {
    expect(figures.kill_points).to.be.greaterThan(LIFE.length);
    expect(figures.distinct_points).to.be.greaterThan(LIFE.length);
    expect(figures.pause_points).to.be.greaterThan(0);
    expect(figures.mariadb_restarts).to.be.greaterThan(0);
    expect(figures.rabbitmq_restarts).to.be.greaterThan(0);
    expect(figures.both_away).to.be.greaterThan(0);
    expect(figures.partitions).to.be.greaterThan(0);
    expect(figures.queues_deleted).to.be.greaterThan(0);
    expect(figures.requests_answered).to.be.greaterThan(0);
    expect(figures.stretches_with_bmc_faults).to.be.greaterThan(0);
    expect(figures.resumes).to.be.greaterThan(0);
    expect(figures.resume_ms.max).to.be.lessThan(RESUME_BOUND_MS);
  });

  for (const [verdict, what] of Object.entries({
    stuck: 'left no node stuck',
    lost: 'lost no work',
    run_twice: 'ran nothing twice that must not',
    failed: 'failed no work that survives a death',
    not_released: 'left no lease and no reservation behind',
    not_fenced: 'let no conductor write or command after its lease',
  } satisfies Record<(typeof VERDICTS)[number], string>))
    it(what, () => {
      expect(figures[verdict as (typeof VERDICTS)[number]]).to.deep.equal([]);
    });
});
