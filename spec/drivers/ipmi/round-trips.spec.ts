import { expect } from 'chai';
import { RoundTrips } from '../../../drivers/ipmi/round-trips.ts';

const LONGEST_MS = 1000;

describe('round trips of IPMI BMCs', () => {
  const endpoint = (port: number) => ({ address: '192.0.2.1', port, family: 4 }) as const;

  const rows: {
    what: string;
    answers_ms: readonly number[];
    missed?: number;
    least_ms: number;
    most_ms: number;
  }[] = [
    { what: 'never heard: the longest', answers_ms: [], least_ms: 1000, most_ms: 1000 },
    { what: 'quick and steady', answers_ms: Array(20).fill(2), least_ms: 202, most_ms: 203 },
    {
      what: 'slow and steady: it is not hurried',
      answers_ms: Array(20).fill(500),
      least_ms: 700,
      most_ms: 720,
    },
    { what: 'slow, the first answer', answers_ms: [300], least_ms: 900, most_ms: 900 },
    { what: 'moody', answers_ms: [50, 400, 50, 400, 50, 400], least_ms: 700, most_ms: 1000 },
    { what: 'slower than the longest', answers_ms: [1500, 1500], least_ms: 1000, most_ms: 1000 },
    { what: 'lost once', answers_ms: Array(20).fill(2), missed: 1, least_ms: 404, most_ms: 406 },
    { what: 'lost for long', answers_ms: Array(20).fill(2), missed: 9, least_ms: 1000, most_ms: 1000 },
  ];
  for (const { what, answers_ms, missed = 0, least_ms, most_ms } of rows)
    it(`${what}: sent again after ${least_ms} to ${most_ms} ms`, () => {
      const round_trip = new RoundTrips(LONGEST_MS).of(endpoint(623));
      for (const ms of answers_ms) round_trip.measured(ms);
      for (let each = 0; each < missed; each++) round_trip.missed();
      expect(round_trip.timeout_ms).to.be.within(least_ms, most_ms);
    });

  it('an answer ends what losses have doubled', () => {
    const round_trip = new RoundTrips(LONGEST_MS).of(endpoint(623));
    round_trip.measured(10);
    for (let each = 0; each < 9; each++) round_trip.missed();
    round_trip.measured(10);
    expect(round_trip.timeout_ms).to.equal(210);
  });

  it('are one per address and port, over sessions', () => {
    const round_trips = new RoundTrips(LONGEST_MS);
    expect(round_trips.of(endpoint(623))).to.equal(round_trips.of(endpoint(623)));
    expect(round_trips.of(endpoint(623))).not.to.equal(round_trips.of(endpoint(624)));
  });
});
