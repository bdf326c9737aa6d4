import { apiDeaths } from './api-deaths.ts';
import { healBmcs, troubleBmcs } from './bmc-trouble.ts';
import { type Campaign, startCampaign } from './campaign.ts';
import type { Target } from './coverage.ts';
import { type Figures, VERDICTS } from './figures.ts';
import { crashMariadb, deleteJobQueue } from './outage.ts';
import { type Site, startSite } from './site.ts';
import { LIFE } from './stages.ts';

export interface ChaosOptions {
  nodes: number;
  /** Kill points at least. */
  kills: number;
  /** Deaths of conductors in one piece of work at most. */
  most_deaths: number;
  /** Seconds of a lease. */
  lease_s: number;
  /** Go on until every known point was met, or tried often enough. */
  every_point: boolean;
  /** Stretches of a life, from the first on, in which conductors are paused past their lease. */
  pauses: number;
  /** Every n-th stretch of the outage life sees MariaDB crash. */
  crash_every: number;
  /** Deaths of the API's process. */
  api_deaths: number;
  /** Stretches lived with BMCs that misbehave. */
  bmc_faults: number;
  /** Hears how it goes, with the figures so far. */
  tell: (line: string, figures: Figures) => void;
}

type Form = Omit<ChaosOptions, 'tell'>;

/** Every stretch of a life once, with a sample of its points. */
export const SHORT_FORM: Form = {
  nodes: 6,
  kills: 1,
  most_deaths: 2,
  lease_s: 1,
  every_point: false,
  pauses: 2,
  crash_every: 16,
  api_deaths: 1,
  bmc_faults: 2,
};
export const LONG_FORM: Form = {
  nodes: 40,
  kills: 2000,
  most_deaths: 4,
  lease_s: 2,
  every_point: true,
  pauses: 4,
  crash_every: 8,
  api_deaths: 20,
  bmc_faults: LIFE.length,
};

/**
 * Runs the chaos campaign on services of its own: a life with outages, deaths of the API's process, the begin of a life with
 * pauses, one with BMCs that misbehave, and lives with deaths.
 */
export async function chaos(options: ChaosOptions): Promise<Figures> {
  await using site = await startSite(options.nodes, options.lease_s);
  await using campaign = await startCampaign(site, options.most_deaths);
  const say = teller(campaign.figures, options.tell);
  await outages(site, campaign, options.crash_every, say);
  await apiDeaths(site, campaign.figures, options.api_deaths);
  say('deaths of the API');
  await pauses(campaign, options.pauses, say);
  await bmcFaults(site, campaign, options.bmc_faults, say);
  await deaths(campaign, options, say);
  return campaign.figures;
}

type Say = (what: string) => void;

/** Tells how it goes, and every finding once. */
function teller(figures: Figures, tell: ChaosOptions['tell']): Say {
  const told = new Set<string>();
  return (what) => {
    for (const verdict of VERDICTS)
      for (const line of figures[verdict]) {
        const finding = `${verdict}: ${line}`;
        if (!told.has(finding)) tell(finding, figures);
        told.add(finding);
      }
    const seconds = figures.seconds.toFixed(0).padStart(5);
    tell(`${seconds} s  ${what}: ${figures.kill_points} kill points, ${told.size} findings`, figures);
  };
}

/**
 * A life in which MariaDB crashes while work runs, and RabbitMQ loses its queue, is away, comes back, and cannot be reached
 * although no connection is closed. The points that work comes to are noted for the lives that follow.
 */
async function outages(site: Site, campaign: Campaign, crash_every: number, say: Say): Promise<void> {
  const { figures } = campaign;
  // The first third of the life has a broker, the second has none, and in the last it has come back.
  const [away, back] = [Math.floor(LIFE.length / 3), Math.floor((LIFE.length * 2) / 3)];
  for (const [index, stage] of LIFE.entries()) {
    if (index === away) await site.rabbitmq.kill();
    if (index === back) {
      await site.rabbitmq.start();
      figures.rabbitmq_restarts += 1;
    }
    if (index === back + PARTITION.after) {
      site.relay.stall();
      figures.partitions += 1;
    }
    if (index === back + PARTITION.after + PARTITION.stretches) site.relay.resume();
    const meanwhile = async (): Promise<void> => {
      if (index === QUEUE_DELETED_IN) {
        await deleteJobQueue(site);
        figures.queues_deleted += 1;
      }
      if (index % crash_every !== 1) return;
      figures.failed.push(...(await crashMariadb(site)));
      figures.mariadb_restarts += 1;
      if (index >= away && index < back) figures.both_away += 1;
    };
    await campaign.live(stage, { meanwhile });
    say(`outages, ${stage.name} (${campaign.coverage.points(stage.name).length} points)`);
  }
}

/** In stretches after RabbitMQ came back. */
const PARTITION = { after: 2, stretches: 2 };
const QUEUE_DELETED_IN = 2;

/** The begin of a life whose BMCs misbehave, each stretch in another way, while conductors are killed in it. */
async function bmcFaults(site: Site, campaign: Campaign, stretches: number, say: Say): Promise<void> {
  const { coverage, figures } = campaign;
  for (const [turn, stage] of LIFE.slice(0, stretches).entries()) {
    // What must not run twice is not sent twice either: a lost answer fails it.
    const faulty = stage.may_fail !== true;
    if (!faulty) healBmcs(site);
    const before = figures.stretches_lived;
    const spare = spread(coverage.points(stage.name));
    await campaign.live(stage, {
      strike: 'kill',
      target: ({ driver }, index) =>
        index % 2 === 0 ? (coverage.next(stage.name, driver) ?? twice(spare, index, turn + 1)) : null,
      // Asked for before the BMCs are in trouble, so that no request is refused for it.
      ...(faulty ? { meanwhile: () => troubleBmcs(site, turn) } : {}),
    });
    if (faulty) figures.stretches_with_bmc_faults += figures.stretches_lived - before;
    say(`BMCs misbehave, ${stage.name}`);
  }
  healBmcs(site);
}

/**
 * Lives in which conductors are killed at points that no death met yet, also at those that are only come to after a death;
 * also at any two points of one piece of work.
 */
async function deaths(
  campaign: Campaign,
  { kills, every_point }: Pick<ChaosOptions, 'kills' | 'every_point'>,
  say: Say,
): Promise<void> {
  const { coverage, figures } = campaign;
  const isOpen = (): boolean => every_point && LIFE.some(({ name }) => coverage.open(name) > 0);
  for (let life = 1; life === 1 || figures.kill_points < kills || isOpen(); life++)
    for (const stage of LIFE) {
      const { name } = stage;
      const spare = spread(coverage.points(name));
      await campaign.live(stage, {
        strike: 'kill',
        target: ({ driver }, index) =>
          coverage.next(name, driver) ??
          (figures.kill_points < kills || (every_point && coverage.open(name) > 0)
            ? twice(spare, index, life)
            : null),
      });
      say(`deaths, life ${life}, ${name} (${coverage.covered} of ${coverage.known} points)`);
    }
}

function twice(points: readonly string[], index: number, life: number): Target | null {
  const point = points[(index * life) % points.length];
  return point === undefined
    ? null
    : { places: [{ point, occurrence: 1 }], again_after: 1 + ((index + life) % 5) };
}

/** The begin of a life, in which conductors are paused past their lease. */
async function pauses(campaign: Campaign, stretches: number, say: Say): Promise<void> {
  for (const stage of LIFE.slice(0, stretches)) {
    const points = spread(campaign.coverage.points(stage.name)).filter(isBeforeTheCheck);
    await campaign.live(stage, {
      strike: 'pause',
      target: (_subject, node) => {
        const point = points[node % points.length];
        return point === undefined ? null : { places: [{ point, occurrence: 1 }] };
      },
    });
    say(`pauses, ${stage.name}`);
  }
}

/** A command that was handed to the socket cannot be called back: pauses come before the lease is looked at. */
function isBeforeTheCheck(point: string): boolean {
  return !/(BMC|agent) .*, before$/.test(point);
}

/** The same points in an order in which neighbours come far apart, so that the first few are a fair sample. */
function spread(points: readonly string[]): string[] {
  const stride = 7;
  return Array.from({ length: stride }, (_, start) =>
    points.filter((_point, index) => index % stride === start),
  ).flat();
}
