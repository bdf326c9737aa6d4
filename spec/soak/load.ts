import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '../../db/store.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { STATES } from '../../lifecycle/states.ts';

/** What is asked of a node that rests in a state: provision targets and power actions. */
const NEXT: Readonly<Record<string, { memory: readonly string[]; rack: readonly string[] }>> = {
  available: { memory: ['manage', 'active'], rack: ['manage', 'power on', 'rebooting'] },
  manageable: {
    memory: ['provide', 'inspect', 'clean', 'power on'],
    rack: ['provide', 'clean', 'power off'],
  },
  active: {
    memory: ['rebuild', 'power off', 'power on', 'rebooting', 'soft rebooting', 'deleted'],
    rack: ['deleted'],
  },
  enroll: { memory: ['manage'], rack: ['manage'] },
  error: { memory: ['deleted'], rack: ['deleted'] },
  'deploy failed': { memory: ['active', 'deleted'], rack: ['deleted'] },
  'clean failed': { memory: ['manage'], rack: ['manage'] },
  'inspect failed': { memory: ['manage'], rack: ['manage'] },
};

const CLEAN_STEPS = ['power_on', 'reboot', 'power_off'].map((step) => ({ interface: 'power', step }));

const FIELDS = [
  'name',
  'provision_state',
  'target_provision_state',
  'target_power_state',
  'reservation',
  'maintenance',
] as const;

export interface LoadFigures {
  /** Requests that were taken, and those whose work came to rest. */
  asked: number;
  settled: number;
  /** Answers that were not 2xx, by status; the client would have tried again. */
  refused: Record<string, number>;
  /** Nodes that did not come to rest within the bound. */
  stuck: string[];
}

export interface LoadOptions {
  url: () => string;
  store: Store;
  /** Nodes at work at once. */
  at_once: number;
  /** Milliseconds of the machine's clock after which a node that does not rest is stuck. */
  stuck_after_ms: number;
  signal: AbortSignal;
}

const LOOK_EVERY_MS = 250;
const REQUEST_TIMEOUT_MS = 60_000;

/** Keeps `at_once` nodes at work, each a random one, until the signal is aborted; then waits until all rest. */
export async function runLoad(options: LoadOptions, figures: LoadFigures): Promise<void> {
  const { store, signal } = options;
  const uuids = (await store.nodes.list({ fields: ['uuid'] })).map(({ uuid }) => uuid);
  /** Node → when it was asked. */
  const at_work = new Map<string, number>();
  while (!signal.aborted || at_work.size > 0) {
    if (!signal.aborted) {
      const free = options.at_once - at_work.size;
      const chosen = new Set(
        Array.from({ length: free }, () => pick(uuids)).filter((uuid) => !at_work.has(uuid)),
      );
      const nodes = await readNodes(store, [...chosen]);
      await Promise.all(
        nodes.filter(rests).map(async (node) => {
          if (await ask(options, node, figures)) at_work.set(node.uuid, performance.now());
        }),
      );
    }
    await sleep(LOOK_EVERY_MS);
    for (const node of await readNodes(store, [...at_work.keys()])) {
      const asked_at = at_work.get(node.uuid) ?? 0;
      if (rests(node)) figures.settled += 1;
      else if (performance.now() - asked_at < options.stuck_after_ms) continue;
      else figures.stuck.push(`${node.name}: ${node.provision_state}, held by ${node.reservation}`);
      at_work.delete(node.uuid);
    }
  }
}

type Seen = Pick<NodeRecord, 'uuid' | (typeof FIELDS)[number]>;

/** An outage of the database is part of the soak: then nothing is seen. */
async function readNodes(store: Store, uuids: readonly string[]): Promise<Seen[]> {
  if (uuids.length === 0) return [];
  return store.nodes
    .list({ where: { uuid: [...uuids] }, fields: [...FIELDS], include_children: true })
    .catch(() => []);
}

function rests(node: Seen): boolean {
  return (
    node.reservation === null &&
    node.target_power_state === null &&
    STATES[node.provision_state].kind !== 'unstable'
  );
}

async function ask(options: LoadOptions, node: Seen, figures: LoadFigures): Promise<boolean> {
  const rules = NEXT[node.provision_state];
  // A node that was given up is the operator's until its power is seen again.
  if (rules === undefined || node.maintenance) return false;
  const wish = pick(node.name?.startsWith('memory') === true ? rules.memory : rules.rack);
  const power = wish.startsWith('power') || wish.endsWith('rebooting');
  const steps = wish === 'clean' ? { clean_steps: CLEAN_STEPS, disable_ramdisk: true } : {};
  const path = `/v1/nodes/${node.uuid}/states/${power ? 'power' : 'provision'}`;
  const status = await fetch(`${options.url()}${path}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'x-openstack-ironic-api-version': '1.115' },
    body: JSON.stringify({ target: wish, ...steps }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  }).then(
    async (response) => {
      await response.arrayBuffer();
      return String(response.status);
    },
    () => 'no answer',
  );
  if (status === '202') figures.asked += 1;
  else figures.refused[status] = (figures.refused[status] ?? 0) + 1;
  return status === '202';
}

function pick<T>(among: readonly T[]): T {
  return among[Math.floor(Math.random() * among.length)] as T;
}
