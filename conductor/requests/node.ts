import { isDeepStrictEqual } from 'node:util';
import type { Caller } from '../../lifecycle/caller.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { ServerFacts } from '../../lifecycle/server-record.ts';
import type { ProvisionState } from '../../lifecycle/states.ts';
import { audit } from './audit.ts';
import { refuseProtected } from './checks.ts';
import {
  asRead,
  lockedError,
  lockWatch,
  Overtaken,
  type RequestDeps,
  reread,
  unlessOvertaken,
} from './reserve.ts';

const MAX_REREADS = 10;

/**
 * Runs `attempt` on the node while it is free; null from it means that the node changed meanwhile: it is read again.
 * While it is locked, waits as `[conductor]node_locked_retry_*` says.
 *
 * @throws NodeLocked
 */
export async function whileFree<T>(
  deps: RequestDeps,
  node: NodeRecord,
  attempt: (node: NodeRecord) => Promise<T | null>,
): Promise<T> {
  const { node_locked_retry_attempts, node_locked_retry_interval } = deps.settings.conductor;
  let locked_tries = node_locked_retry_attempts;
  let current = node;
  const locked = lockWatch(deps);
  for (let rereads = MAX_REREADS; ; ) {
    if (current.reservation === null) {
      locked.got();
      const done = await attempt(current);
      if (done !== null) return done;
      if (rereads-- === 0) throw lockedError(current);
    } else {
      locked.seen();
      if (locked_tries-- <= 0) throw locked.refused(current);
      await deps.clock.sleep(node_locked_retry_interval * 1000);
    }
    current = await reread(deps.store, current);
  }
}

/** Changes fields of a free node, or finds that it is free: see ConductorClient.updateNode. */
export async function updateNode(
  deps: RequestDeps,
  node: NodeRecord,
  changes: Partial<NodeRecord>,
  caller: Caller,
): Promise<NodeRecord> {
  const names = Object.keys(changes) as (keyof NodeRecord)[];
  return whileFree(deps, node, async (fresh) => {
    if (names.length === 0) return fresh;
    // The change was made on `node`: what it rests on must not have moved.
    const moved = [...names, 'provision_state' as const].filter(
      (name) => !isDeepStrictEqual(fresh[name], node[name]),
    );
    if (moved.length > 0)
      throw serviceError('Conflict', {
        why: `Node ${node.uuid} was changed at the same time (${moved.join(', ')}): read it again and retry.`,
      });
    return unlessOvertaken(deps.store, async (tables) => {
      const audited = { action: 'update', detail: { fields: names } };
      const [written] = await Promise.all([
        tables.nodes.update(node.uuid, changes, asRead(fresh)),
        audit(tables, deps.settings, node.uuid, caller, audited),
      ]);
      if (written === null) throw new Overtaken();
      return written;
    });
  });
}

/** Runs `change` under a short reservation: see ConductorClient.withNodeUnlocked. */
export async function withNodeUnlocked<T>(
  deps: RequestDeps,
  node: NodeRecord,
  hostname: string,
  change: () => Promise<T>,
): Promise<T> {
  await whileFree(deps, node, (fresh) =>
    deps.store.nodes.update(fresh.uuid, { reservation: hostname }, { reservation: null }),
  );
  try {
    return await change();
  } finally {
    await deps.store.nodes.update(
      node.uuid,
      { reservation: null },
      { reservation: hostname, reservation_job_id: null },
    );
  }
}

const DELETABLE: readonly ProvisionState[] = ['manageable', 'enroll', 'adopt failed'];

/** What is kept of a server whose node goes with it. */
export type Disposal = Pick<ServerFacts, 'disposed_by' | 'disposal'>;

/** Deletes a node: see ConductorClient.deleteNode. */
export async function deleteNode(
  deps: RequestDeps,
  node: NodeRecord,
  caller: Caller,
  disposal?: Disposal,
): Promise<void> {
  await whileFree(deps, node, async (fresh) => {
    refuseProtected(fresh);
    if (!fresh.maintenance) {
      if (fresh.instance_uuid !== null)
        throw serviceError('NodeAssociated', { node: fresh.uuid, instance: fresh.instance_uuid });
      const deletable =
        DELETABLE.includes(fresh.provision_state) ||
        (fresh.provision_state === 'available' && deps.settings.conductor.allow_deleting_available_nodes);
      if (!deletable)
        throw serviceError('Conflict', {
          why: `Can not delete node ${fresh.uuid} while it is in provision state "${fresh.provision_state}". Valid provision states to perform deletion are: ${DELETABLE.join(', ')}.`,
        });
    }
    return unlessOvertaken(deps.store, async (tables) => {
      const [held] = await Promise.all([
        tables.nodes.change(fresh.uuid, { reservation: 'delete' }, asRead(fresh)),
        tables.jobs.cancelIdle(fresh.uuid, 'The node was deleted.'),
      ]);
      if (!held) throw new Overtaken();
      const detail = { name: fresh.name, from: fresh.provision_state };
      if (disposal !== undefined) {
        const gone = { ...disposal, disposed_at: await tables.now() };
        if ((await tables.servers.update(fresh.uuid, gone, { disposed_at: null })) === null)
          throw new Overtaken();
      }
      const [deleted] = await Promise.all([
        tables.nodes.delete(fresh.uuid),
        audit(tables, deps.settings, fresh.uuid, caller, {
          action: disposal === undefined ? 'delete' : 'dispose',
          detail,
        }),
      ]);
      if (!deleted) throw new Overtaken();
      return true;
    });
  });
}
