import { expect } from 'chai';
import { type Deadline, Deadlines } from '../../../drivers/ipmi/deadlines.ts';
import { ManualClock } from './manual-clock.ts';

describe('deadlines', () => {
  let clock: ManualClock;
  let deadlines: Deadlines;
  let expired: string[];

  beforeEach(() => {
    clock = new ManualClock();
    deadlines = new Deadlines(clock);
    expired = [];
  });

  const add = (name: string, in_ms: number): Deadline => {
    const deadline = { due_ms: clock.monotonic() + in_ms, expire: () => void expired.push(name) };
    deadlines.add(deadline);
    return deadline;
  };

  it('expire when their time has come, whatever their order', async () => {
    add('late', 300);
    add('early', 100);
    add('middle', 200);
    await clock.advance(99);
    expect(expired).to.deep.equal([]);
    await clock.advance(1);
    expect(expired).to.deep.equal(['early']);
    await clock.advance(1000);
    expect(expired).to.have.members(['early', 'middle', 'late']);
    expect(clock.sleeping).to.equal(0);
  });

  it('sleep once for many', () => {
    for (let i = 0; i < 50; i++) add(String(i), 100 + i);
    expect(clock.sleeping).to.equal(1);
  });

  it('do not expire when they were taken back, not even by another that expires', async () => {
    deadlines.delete(add('taken back', 100));
    const second = { due_ms: clock.monotonic() + 50, expire: () => void expired.push('second') };
    deadlines.add({ due_ms: second.due_ms, expire: () => deadlines.delete(second) });
    deadlines.add(second);
    await clock.advance(500);
    expect(expired).to.deep.equal([]);
  });

  it('may be set again while they expire', async () => {
    const again: Deadline = {
      due_ms: clock.monotonic() + 10,
      expire: () => {
        expired.push('again');
        if (expired.length === 3) return;
        again.due_ms += 10;
        deadlines.add(again);
      },
    };
    deadlines.add(again);
    for (let i = 0; i < 5; i++) await clock.advance(10);
    expect(expired).to.have.lengthOf(3);
  });

  it('leave no sleep behind when they are cleared', () => {
    add('one', 100);
    deadlines.clear();
    expect(clock.sleeping).to.equal(0);
  });
});
