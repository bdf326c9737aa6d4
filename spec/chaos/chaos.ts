import { type Campaign, startCampaign, type Target } from './campaign.ts';
import { type Figures, VERDICTS } from './figures.ts';
import { type ApiProcess, crashMariadb, startApiProcess } from './outage.ts';
import { type Site, startSite } from './site.ts';
import { LIFE, type Stage } from './stages.ts';

export interface ChaosOptions {
  nodes: number;
  /** Kill points at least. */
  kills: number;
  /** Stretches of a life, from the first on, in which conductors are paused past their lease. */
  pauses: number;
  /** Every n-th stretch of the outage life sees MariaDB crash. */
  crash_every: number;
  /** Hears how it goes, with the figures so far. */
  tell: (line: string, figures: Figures) => void;
}

type Form = Omit<ChaosOptions, 'tell'>;

/** Every stretch of a life once, with a sample of its points. */
export const SHORT_FORM: Form = { nodes: 6, kills: 1, pauses: 2, crash_every: 16 };
export const LONG_FORM: Form = { nodes: 40, kills: 2000, pauses: 4, crash_every: 8 };

/** Runs the chaos campaign on services of its own: a life with outages, the begin of one with pauses, and lives with deaths. */
export async function chaos(options: ChaosOptions): Promise<Figures> {
  await using site = await startSite(options.nodes);
  await using api = await startApiProcess(site);
  await using campaign = await startCampaign(site);
  const say = teller(campaign.figures, options.tell);
  await outages(site, api, campaign, options.crash_every, say);
  const queues = new Map<Stage, Target[]>(LIFE.map((stage) => [stage, spread(campaign.points(stage))]));
  await pauses(campaign, options.pauses, say);
  await deaths(campaign, queues, options.kills, say);
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
 * A life in which MariaDB crashes while work runs, and RabbitMQ is away, comes back and crashes. The points that work
 * comes to are noted for the lives that follow.
 */
async function outages(
  site: Site,
  api: ApiProcess,
  campaign: Campaign,
  crash_every: number,
  say: Say,
): Promise<void> {
  const { figures } = campaign;
  for (const [index, stage] of LIFE.entries()) {
    // The first third of the life has a broker, the second has none, and in the last it has come back.
    if (index === Math.floor(LIFE.length / 3)) await site.rabbitmq.kill();
    if (index === Math.floor((LIFE.length * 2) / 3)) {
      await site.rabbitmq.start();
      figures.rabbitmq_restarts += 1;
    }
    const crash = async (): Promise<void> => {
      const seen = await crashMariadb(site, api);
      figures.mariadb_restarts += 1;
      if (seen.status_away !== 503 || seen.retry_after === null)
        figures.failed.push(`While MariaDB was away the API answered ${JSON.stringify(seen)}.`);
    };
    await campaign.live(stage, index % crash_every === 1 ? { meanwhile: crash } : {});
    say(`outages, ${stage.name} (${campaign.points(stage).length} points)`);
  }
}

/** Lives in which a conductor is killed at every point that is known, then at two points for one piece of work. */
async function deaths(
  campaign: Campaign,
  queues: ReadonlyMap<Stage, Target[]>,
  kills: number,
  say: Say,
): Promise<void> {
  for (let life = 1; campaign.figures.kill_points < kills; life++)
    for (const stage of LIFE) {
      const queue = queues.get(stage) ?? [];
      await campaign.live(stage, {
        strike: 'kill',
        target: (_subject, index) => {
          const target = queue.shift() ?? null;
          if (target === null) return null;
          const { again_after = 0, ...point } = target;
          queue.push({ ...point, again_after: again_after + 1 + (index % 3) });
          return target;
        },
      });
      say(`deaths, life ${life}, ${stage.name}`);
    }
}

/** The begin of a life, in which conductors are paused past their lease. */
async function pauses(campaign: Campaign, stretches: number, say: Say): Promise<void> {
  for (const stage of LIFE.slice(0, stretches)) {
    const points = spread(campaign.points(stage)).filter(({ point }) => isBeforeTheCheck(point));
    await campaign.live(stage, {
      strike: 'pause',
      target: (_subject, node) => points[node % points.length] ?? null,
    });
    say(`pauses, ${stage.name}`);
  }
}

/** A command that was handed to the socket cannot be called back: pauses come before the lease is looked at. */
function isBeforeTheCheck(point: string): boolean {
  return !/(BMC|agent) .*, before$/.test(point);
}

/** The same points in an order in which neighbours come far apart, so that the first few are a fair sample. */
function spread(points: readonly Target[]): Target[] {
  const stride = 7;
  return Array.from({ length: stride }, (_, start) =>
    points.filter((_point, index) => index % stride === start),
  ).flat();
}
