import type { New } from '../../db/store.ts';
import type { Caller } from '../../lifecycle/caller.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { OrderRecord } from '../../lifecycle/orders.ts';
import { jobQueue } from '../bus/bus.ts';
import type { RequestDeps } from './reserve.ts';

/** Records an order with its servers and the job that carries it out, within the project's quota: see ConductorClient.createOrder. */
export async function createOrder(
  deps: RequestDeps,
  wanted: New<OrderRecord> & Pick<OrderRecord, 'project' | 'count'>,
  names: readonly string[],
  caller: Caller,
): Promise<OrderRecord> {
  const conductor_group = await deps.placement.anyGroup();
  const { project, count } = wanted;
  const { user_id: user, request_id } = caller;
  const { order, job } = await deps.store.transaction(async (tables) => {
    // Orders of one project that come at once are counted one after the other.
    const quota = await tables.quotas.lock(project);
    if (quota !== null) {
      const { used, ordered } = await tables.orders.usage(project);
      if (used + ordered + count > quota.servers)
        throw serviceError('Conflict', {
          why: `The project ${project} may have ${quota.servers} servers and has or awaits ${used + ordered}: it cannot order ${count} more. Return some, or ask for a larger quota.`,
        });
    }
    const order = await tables.orders.create({ ...wanted, user, request_id, state: 'open' });
    for (let position = 0; position < count; position++)
      await tables.order_lines.create({ order_uuid: order.uuid, position, name: names[position] ?? null });
    const job = await tables.jobs.insert({
      kind: 'order',
      ...{ node_uuid: null, conductor_group, exclusive: false },
      ...{ args: { order_uuid: order.uuid }, request_id, user, project: caller.project_id },
    });
    return { order, job };
  });
  await deps.bus.send(jobQueue(conductor_group), { job_id: job.id });
  return order;
}
