import type { Settings } from '../config/options.ts';
import type { Store } from '../db/store.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { serviceError } from '../lifecycle/errors.ts';
import type { ConductorRecord, EpochMs, HardwareTypeFacts, NodeRecord } from '../lifecycle/records.ts';
import { ringHost } from './hash-ring.ts';

/** What decides where a node belongs. */
export type Placed = Pick<NodeRecord, 'uuid' | 'driver' | 'conductor_group'>;

/** Who serves which node: the live conductors, cached for a while, and the database's clock as this process sees it. */
export interface Placement {
  /** Host name of the live conductor that serves the node; null where none does. */
  hostOf(node: Placed): Promise<string | null>;
  /** `hostOf` for many nodes at the cost of one look: as it stood at most `max_age_ms` ago. */
  hostFinder(max_age_ms?: number): Promise<(node: Placed) => string | null>;
  /** As `hostOf`. @throws NoValidHost when no conductor serves its driver, ServiceUnavailable when none is alive. */
  requireHost(node: Placed): Promise<string>;
  /** The conductor group of a live conductor, chosen at random. @throws ServiceUnavailable when none is alive. */
  anyGroup(): Promise<string>;
  /** What the node's hardware type can do; null where no live conductor has it. */
  factsOf(node: Placed): Promise<HardwareTypeFacts | null>;
  /** The database's clock, without asking it each time. */
  dbNow(): Promise<EpochMs>;
}

const CACHE_MS = 15_000;

interface Snapshot {
  conductors: ConductorRecord[];
  /** Ring members by `group:driver`. */
  rings: Map<string, string[]>;
  /** The database's clock minus the process's. */
  clock_offset_ms: number;
  read_at: number;
}

/** The ring over the live conductors: per conductor group and hardware type, refreshed every 15 s and on a miss. */
export function createPlacement(deps: { store: Store; settings: Settings; clock: Clock }): Placement {
  const { store, clock } = deps;
  const timeout_ms = deps.settings.conductor.heartbeat_timeout * 1000;
  let snapshot: Snapshot | null = null;
  let reading: Promise<Snapshot> | null = null;

  async function read(): Promise<Snapshot> {
    const conductors = await store.conductors.listAlive(timeout_ms);
    const db_now = await store.now();
    const rings = new Map<string, string[]>();
    for (const conductor of conductors)
      for (const driver of Object.keys(conductor.hardware_types)) {
        const key = ringKey(conductor.conductor_group, driver);
        rings.set(key, [...(rings.get(key) ?? []), conductor.hostname].sort());
      }
    snapshot = {
      conductors,
      rings,
      clock_offset_ms: db_now - clock.monotonic(),
      read_at: clock.monotonic(),
    };
    return snapshot;
  }

  function fresh(): Promise<Snapshot> {
    reading ??= read().finally(() => {
      reading = null;
    });
    return reading;
  }

  async function current(max_age_ms = CACHE_MS): Promise<Snapshot> {
    if (snapshot !== null && clock.monotonic() - snapshot.read_at < max_age_ms) return snapshot;
    return fresh();
  }

  async function ringOf(node: Placed): Promise<readonly string[]> {
    const key = ringKey(node.conductor_group, node.driver);
    const cached = (await current()).rings.get(key);
    return cached ?? (await fresh()).rings.get(key) ?? [];
  }

  const placement: Placement = {
    hostOf: async (node) => ringHost(await ringOf(node), node.uuid),
    hostFinder: async (max_age_ms) => {
      const { rings } = await current(max_age_ms);
      return (node) => ringHost(rings.get(ringKey(node.conductor_group, node.driver)) ?? [], node.uuid);
    },
    requireHost: async (node) => {
      const host = await placement.hostOf(node);
      if (host !== null) return host;
      if ((await current()).conductors.length === 0)
        throw serviceError('ServiceUnavailable', { why: 'No conductor is running.' });
      throw serviceError('NoValidHost', {
        why: `No conductor service registered which supports driver ${node.driver} for conductor group "${node.conductor_group}".`,
      });
    },
    anyGroup: async () => {
      const known = (await current()).conductors;
      const alive = known.length > 0 ? known : (await fresh()).conductors;
      const chosen = alive[Math.floor(Math.random() * alive.length)];
      if (chosen === undefined) throw serviceError('ServiceUnavailable', { why: 'No conductor is running.' });
      return chosen.conductor_group;
    },
    factsOf: async (node) => {
      const [host] = await ringOf(node);
      const { conductors } = await current();
      return conductors.find((one) => one.hostname === host)?.hardware_types[node.driver] ?? null;
    },
    dbNow: async () => Math.round(clock.monotonic() + (await current()).clock_offset_ms),
  };
  return placement;
}

function ringKey(conductor_group: string, driver: string): string {
  return `${conductor_group.toLowerCase()}:${driver}`;
}
