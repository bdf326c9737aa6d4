import { createHash } from 'node:crypto';
import type { Store } from '../../db/store.ts';
import { type ConsoleRecord, consoleProblem } from '../../lifecycle/console.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';

export type ConsoleStore = Pick<Store, 'consoles' | 'nodes' | 'servers' | 'now' | 'audit'>;

/** A console that somebody may open now. */
export interface Admitted {
  console: ConsoleRecord;
  node: NodeRecord;
}

const TICKET = /^[\w-]{43}$/;

/** Takes a ticket: whoever comes second with it, or too late, has none. null: it is good for nothing. */
export async function redeem(store: ConsoleStore, ticket: string): Promise<Admitted | null> {
  if (!TICKET.test(ticket)) return null;
  const hash = createHash('sha256').update(ticket).digest('hex');
  const found = await store.consoles.getByTicketHash(hash);
  if (found?.state !== 'waiting') return null;
  const [server, node, now] = await Promise.all([
    store.servers.get(found.server_uuid),
    store.nodes.get(found.server_uuid),
    store.now(),
  ]);
  if (node === null || found.expires_at <= now || consoleProblem(found, server) !== null) return null;
  const open = { state: 'open', opened_at: now, seen_at: now } as const;
  const console = await store.consoles.update(found.uuid, open, { state: 'waiting' });
  return console === null ? null : { console, node };
}

/** Those of the consoles that nobody may look through any more, with the reason. */
export async function consolesOver(
  { consoles, servers }: Pick<Store, 'consoles' | 'servers'>,
  uuids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = await consoles.list({ where: { uuid: uuids } });
  const those = [...new Set(found.map(({ server_uuid }) => server_uuid))];
  const of = new Map((await servers.list({ where: { uuid: those } })).map((server) => [server.uuid, server]));
  const known = new Map(found.map((console) => [console.uuid, console]));
  const over = new Map<string, string>();
  for (const uuid of uuids) {
    const console = known.get(uuid);
    const why =
      console === undefined
        ? 'The console is gone.'
        : consoleProblem(console, of.get(console.server_uuid) ?? null);
    if (why !== null) over.set(uuid, why);
  }
  return over;
}
