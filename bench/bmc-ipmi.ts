import { loadavg } from 'node:os';
import { BMCS, driverOf, type Round, startAskedRack } from './ipmi-rounds.ts';
import type { ToStandIns } from './ipmi-stand-ins.ts';
import type { BenchRow } from './report.ts';

/**
 * The power state of 10,000 IPMI BMCs, asked by one driver as the power synchronisation does; the BMCs are stand-ins in two other
 * processes on the same cores, each with an address of its own. Cipher suite 17: RAKP-HMAC-SHA256, HMAC-SHA256-128, AES-CBC-128.
 */
const ROUNDS = 5;
const LOSS = 0.05;
const DEAD_EVERY = 20;
const HEALTHY: ToStandIns = { drop: 0, dead_every: 0 };
const LOSSY: ToStandIns = { drop: LOSS, dead_every: 0 };
const SOME_DEAD: ToStandIns = { drop: 0, dead_every: DEAD_EVERY };
/** A dead BMC whose session was kept is asked until the call is over: nothing that the others wait for. */
const DEAD_TIMEOUT_MS = 5000;
/** What rounds with dead BMCs are compared with: those without, by turns. */
const ALL_WELL = 'all well';

export async function measureIpmi(): Promise<BenchRow[]> {
  const load = loadavg()[0] ?? 0;
  using rack = await startAskedRack();
  await using kept_driver = driverOf(600);
  const opening = await rack.ask(kept_driver, HEALTHY);
  const [kept, kept_dead] = await byTurns(
    () => rack.ask(kept_driver, HEALTHY),
    () => rack.ask(kept_driver, SOME_DEAD, DEAD_TIMEOUT_MS),
  );
  const lossy_kept = await rack.ask(kept_driver, LOSSY);
  const kept_mib = peakMib();
  await rack.ask(kept_driver, HEALTHY);
  await kept_driver[Symbol.asyncDispose]();
  await using whole_driver = driverOf(0);
  const [whole, whole_dead] = await byTurns(
    () => rack.ask(whole_driver, HEALTHY),
    () => rack.ask(whole_driver, SOME_DEAD),
  );
  const lossy = await rack.ask(whole_driver, LOSSY);
  await rack.ask(whole_driver, HEALTHY);
  const share = `${LOSS * 100} %`;
  const dead = `${100 / DEAD_EVERY} % of BMCs dead: until the last of the others`;
  return [
    ...rows('sessions opened and kept, first round of the process', opening, null),
    ...rows(`whole sessions, median of ${ROUNDS}`, whole, 5),
    ...rows(`sessions kept, median of ${ROUNDS}`, kept, 2),
    ...rows(`sessions kept, ${share} of datagrams lost each way`, lossy_kept, 15),
    ...rows(`whole sessions, ${share} of datagrams lost each way`, lossy, 15),
    ...rows(`whole sessions, ${dead}`, whole_dead, whole.wall_s, ALL_WELL),
    ...perAnswer('whole sessions', whole, whole_dead),
    ...rows(`sessions kept, ${dead}`, kept_dead, kept.wall_s, ALL_WELL),
    ...perAnswer('sessions kept', kept, kept_dead),
    row('memory of the asking process with its sessions kept, the most', kept_mib, 'MiB', 250),
    row('memory of the asking process, the most of all', peakMib(), 'MiB', null),
    row('load average of a minute, at the beginning', load, '', null),
  ];
}

function rows(what: string, round: Round, goal_s: number | null, peer?: string): BenchRow[] {
  return [
    row(`${what}, wall`, round.wall_s, 's', goal_s, peer),
    row(`${what}, CPU of the asking process`, round.cpu_s, 's', null),
    row(`${what}, CPU of the stand-ins`, round.stand_ins_s, 's', null),
  ];
}

/** The stricter way to see it: fewer answer when some are dead, and none of them may take longer for it. */
function perAnswer(what: string, well: Round, some_dead: Round): BenchRow[] {
  const ms = ({ wall_s, answered }: Round) => (wall_s * 1000) / answered;
  return [
    row(`${what}, some dead, for each one that answers, wall`, ms(some_dead), 'ms', ms(well), ALL_WELL),
  ];
}

function row(measure: string, value: number, unit: string, goal: number | null, peer = 'the goal'): BenchRow {
  return {
    measure: `${BMCS} IPMI BMCs, ${measure}`,
    ...{ value: Math.round(value * 1000) / 1000, unit },
    ...{ peer: goal === null ? null : peer, peer_value: goal },
    ratio: goal === null || value === 0 ? null : Math.round((goal / value) * 100) / 100,
  };
}

/** The most resident memory that this process ever had. */
function peakMib(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** Two kinds of rounds by turns, so that what else the machine does, and what the process has grown to, meets both alike; the middle one of each, by the wall. */
async function byTurns(one: () => Promise<Round>, other: () => Promise<Round>): Promise<[Round, Round]> {
  const ones: Round[] = [];
  const others: Round[] = [];
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    ones.push(await one());
    others.push(await other());
  }
  return [middle(ones), middle(others)];
}

function middle(rounds: Round[]): Round {
  const one = rounds.sort((a, b) => a.wall_s - b.wall_s)[ROUNDS >> 1];
  if (one === undefined) throw new Error('No round was run.');
  return one;
}
