import { expect } from 'chai';
import { nextWindow, nextWindows } from '../../../conductor/schedules/windows.ts';

const iso = (times: readonly number[]) =>
  times.map((at) => new Date(at).toISOString().replace(':00.000Z', 'Z'));
const berlin = (cron: string, from: string, count: number) =>
  iso(nextWindows({ cron, time_zone: 'Europe/Berlin', start_at: null }, Date.parse(from), count));

describe('S90 the windows of a schedule', () => {
  it('follow the clock of their place through the change to summer time', () => {
    expect(berlin('0 3 * * *', '2026-03-28T12:00Z', 2)).to.deep.equal([
      '2026-03-29T01:00Z',
      '2026-03-30T01:00Z',
    ]);
  });

  it('whose time does not exist that night start when the clocks have gone forward', () => {
    expect(berlin('30 2 * * *', '2026-03-28T00:00Z', 3)).to.deep.equal([
      ...['2026-03-28T01:30Z', '2026-03-29T01:00Z', '2026-03-30T00:30Z'],
    ]);
  });

  it('whose time comes twice that night start once', () => {
    expect(berlin('30 2 * * *', '2026-10-24T12:00Z', 2)).to.deep.equal([
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
    ]);
  });

  it('take weekdays, ranges and steps as cron does', () => {
    const tokyo = { cron: '0 1-3/2 * * 6', time_zone: 'Asia/Tokyo', start_at: null };
    expect(iso(nextWindows(tokyo, Date.parse('2026-11-30T00:00Z'), 3))).to.deep.equal([
      ...['2026-12-04T16:00Z', '2026-12-04T18:00Z', '2026-12-11T16:00Z'],
    ]);
  });

  it('do not come before start_at, nor after a single one', () => {
    const start_at = Date.parse('2027-01-01T00:00Z');
    const utc = { cron: '0 0 * * *', time_zone: 'UTC', start_at };
    expect(nextWindow(utc, 0)).to.equal(start_at);
    expect(nextWindow(utc, start_at)).to.equal(start_at + 86_400_000);
    const once = { cron: null, time_zone: 'UTC', start_at };
    expect(nextWindow(once, 0)).to.equal(start_at);
    expect(nextWindow(once, start_at)).to.equal(null);
  });

  it('that can never be are none', () => {
    expect(nextWindow({ cron: '0 0 31 2 *', time_zone: 'UTC', start_at: null }, 0)).to.equal(null);
  });
});
