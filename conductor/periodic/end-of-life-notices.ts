import { ServiceError } from '../../lifecycle/errors.ts';
import type { Notice } from '../../lifecycle/notice.ts';
import type { EpochMs } from '../../lifecycle/records.ts';
import type { ServerRecord } from '../../lifecycle/server-record.ts';
import { addNotice } from '../notices/add-notice.ts';
import type { Periodic, PeriodicContext } from './periodic.ts';

const INTERVAL_S = 3600;
const DAY_MS = 86_400_000;
const MOST_MODELS = 500;
const MOST_SERVERS = 10_000;
/** Servers that one notice names; it counts the rest. */
const NAMED = 50;

/** Something that ends for some servers on a day. */
interface End {
  what: 'support' | 'warranty';
  /** Of a model its name. */
  of: string;
  key: string;
  date: EpochMs;
  servers: readonly ServerRecord[];
}

/**
 * Tells so many days before the support or the warranty of servers ends: once each, the provider of all of them, and each project of those
 * that it owns or leases.
 */
export const endOfLifeNotices: Periodic = {
  name: 'end-of-life-notices',
  interval_s: ({ settings }) => (settings.notices.end_of_life_days.length === 0 ? 0 : INTERVAL_S),
  start: (ctx) => async () => {
    const steps = ctx.settings.notices.end_of_life_days.map(Number).sort((a, b) => a - b);
    const now = await ctx.store.now();
    for (const end of await endsBy(ctx, now + (steps.at(-1) ?? 0) * DAY_MS)) {
      // Of several that have come the nearest is told: nobody wants to hear of 90 days when 5 are left.
      const days = steps.find((each) => end.date - now <= each * DAY_MS);
      // What has ended already is in the report.
      if (days === undefined || end.date < now || ctx.signal.aborted) continue;
      for (const { project, servers } of audiences(end.servers))
        await once(ctx, noticeOf({ ...end, servers }, project, days), now);
    }
  },
};

async function endsBy({ store }: PeriodicContext, until: EpochMs): Promise<End[]> {
  const ends: End[] = [];
  for (const model of await store.models.ending(until, MOST_MODELS)) {
    const servers = await store.servers.list({ of_model: model, limit: MOST_SERVERS });
    const date = model.end_of_support ?? until;
    ends.push({ what: 'support', of: `${model.vendor} ${model.name}`, key: model.uuid, date, servers });
  }
  const warranties = new Map<EpochMs, ServerRecord[]>();
  for (const server of await store.servers.list({ warranty_until_by: until, limit: MOST_SERVERS })) {
    const date = server.warranty_until ?? until;
    warranties.set(date, [...(warranties.get(date) ?? []), server]);
  }
  for (const [date, servers] of warranties)
    ends.push({ what: 'warranty', of: '', key: 'warranty', date, servers });
  return ends.filter(({ servers }) => servers.length > 0);
}

/** The provider (null) hears of all, each project of its own. */
function audiences(servers: readonly ServerRecord[]): { project: string | null; servers: ServerRecord[] }[] {
  const of = new Map<string, ServerRecord[]>();
  for (const server of servers)
    for (const project of new Set([server.owner, server.lessee]))
      if (project !== null) of.set(project, [...(of.get(project) ?? []), server]);
  return [
    { project: null, servers: [...servers] },
    ...[...of].map(([project, own]) => ({ project, servers: own })),
  ];
}

function noticeOf({ what, of, key, date, servers }: End, project: string | null, days: number): Notice {
  const day = new Date(date).toISOString().slice(0, 10);
  const count = servers.length === 1 ? 'one server' : `${servers.length} servers`;
  const whose = what === 'support' ? `The maker’s support of ${of}` : 'The warranty';
  return {
    ...{ event: `server.end-of-${what}`, severity: 'warning', project },
    ...(project === null ? {} : { to: 'project' as const }),
    subject_key: `end-of-${what}:${key}:${date}:${days}:${project ?? ''}`,
    text: `${whose} ends on ${day} for ${count}: ${servers
      .slice(0, NAMED)
      .map(({ name, uuid }) => name ?? uuid)
      .join(', ')}${servers.length > NAMED ? ' …' : ''}.`,
    facts: {
      ...{ what, model: of === '' ? null : of, date: day, days, count: servers.length },
      servers: servers
        .slice(0, NAMED)
        .map(({ uuid, name, serial_number }) => ({ uuid, name, serial_number })),
    },
  };
}

/** Each conductor looks; who comes second finds it told. */
async function once({ store, settings }: PeriodicContext, notice: Notice, now: EpochMs): Promise<void> {
  try {
    await store.transaction((tables) => addNotice(tables, settings, now, notice));
  } catch (error) {
    if (!(error instanceof ServiceError && error.code === 'AlreadyExists')) throw error;
  }
}
