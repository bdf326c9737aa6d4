import type { Store } from '../../../db/store.ts';
import type { OrderProgress } from '../../../lifecycle/orders.ts';
import type { ServerRecord } from '../../../lifecycle/server-record.ts';

/** Who watches: a project, or everything. */
export type WatchScope = { project?: string };

/** Something that changed, and who may know of it. */
export interface Change {
  /** The database's clock, at the look that found it. */
  at: number;
  what:
    | { kind: 'server'; server: ServerRecord }
    /** Deleted, or out of sight. */
    | { kind: 'removed'; uuid: string }
    | { kind: 'order'; order: OrderProgress };
  /** Projects that hear of it. */
  projects: readonly string[];
  /** Whether those who see everything hear of it. */
  all: boolean;
}

export function concerns({ projects, all }: Change, { project }: WatchScope): boolean {
  return project === undefined ? all : projects.includes(project);
}

/** Whether a change may be one of the counts of a scope. */
export const countsChange = ({ what }: Change): boolean => what.kind !== 'order';

/** Transactions write their times before they are seen: looks go back as far. */
const OVERLAP_MS = 5000;
const PAGE = 1000;
const ALL_PAGE = 5000;

/** Reads what changed since it was asked last. */
export interface ChangeReader {
  next(): Promise<{ at: number; changes: Change[] }>;
}

/**
 * Begins to read changes. It remembers who sees each server (a few words for each), since whoever sees one no longer has to
 * hear of it as well.
 */
export async function openChanges(store: Pick<Store, 'servers' | 'orders' | 'now'>): Promise<ChangeReader> {
  let upto = await store.now();
  const seen_by = new Map<string, readonly string[]>();
  for (let after_id = 0; ; ) {
    const page = await store.servers.list({
      fields: ['owner', 'lessee'],
      limit: ALL_PAGE,
      ...(after_id === 0 ? {} : { after_id }),
    });
    for (const server of page) seen_by.set(server.uuid, projectsOf(server));
    const last = page.at(-1);
    if (last === undefined || page.length < ALL_PAGE) break;
    after_id = last.id;
  }
  /** uuid → when what was told changed; of changes that the next look finds again. */
  const told = new Map<string, number>();

  /** Whether it is news. */
  function isNew(key: string, changed_at: number): boolean {
    const known = told.get(key);
    told.set(key, changed_at);
    return known !== changed_at;
  }

  async function changedServers(from: number, at: number, changes: Change[]): Promise<void> {
    let limit = PAGE;
    for (let start = from; ; ) {
      const page = await store.servers.changedSince(start, limit);
      for (const server of page) {
        if (!isNew(server.uuid, server.updated_at ?? 0)) continue;
        const before = seen_by.get(server.uuid) ?? [];
        const projects = projectsOf(server);
        const gone = before.filter((project) => !projects.includes(project));
        seen_by.set(server.uuid, projects);
        changes.push({ at, what: { kind: 'server', server }, projects, all: true });
        if (gone.length > 0)
          changes.push({ at, what: { kind: 'removed', uuid: server.uuid }, projects: gone, all: false });
      }
      const last = page.at(-1)?.updated_at ?? start;
      if (page.length < limit) return;
      // A page of one and the same time: a longer one gets past it.
      if (last === start) limit *= 2;
      start = last;
    }
  }

  async function removedServers(from: number, at: number, changes: Change[]): Promise<void> {
    let limit = PAGE;
    for (let start = from; ; ) {
      const page = await store.servers.removedSince(start, limit);
      for (const { uuid, created_at, owner, lessee } of page) {
        if (!isNew(`removed ${uuid}`, created_at)) continue;
        const known = seen_by.get(uuid) ?? [];
        const projects = [...new Set([...known, ...projectsOf({ owner, lessee })])];
        seen_by.delete(uuid);
        changes.push({ at, what: { kind: 'removed', uuid }, projects, all: true });
      }
      const last = page.at(-1)?.created_at ?? start;
      if (page.length < limit) return;
      if (last === start) limit *= 2;
      start = last;
    }
  }

  async function changedOrders(from: number, at: number, changes: Change[]): Promise<void> {
    for (const order of await store.orders.changedSince(from, PAGE)) {
      // Two servers of an order may change in one millisecond.
      const { changed_at, progress, state } = order;
      if (!isNew(`order ${order.uuid} ${state} ${JSON.stringify(progress)}`, changed_at)) continue;
      changes.push({ at, what: { kind: 'order', order }, projects: [order.project], all: true });
    }
  }

  return {
    async next() {
      const at = await store.now();
      const from = upto - OVERLAP_MS;
      const changes: Change[] = [];
      await changedServers(from, at, changes);
      await removedServers(from, at, changes);
      await changedOrders(from, at, changes);
      upto = at;
      for (const [key, changed_at] of told) if (changed_at < at - 2 * OVERLAP_MS) told.delete(key);
      return { at, changes };
    },
  };
}

function projectsOf({ owner, lessee }: Pick<ServerRecord, 'owner' | 'lessee'>): string[] {
  return [...new Set([owner, lessee])].filter((project) => project !== null);
}
