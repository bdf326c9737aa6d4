import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { stopConsole } from '../console.ts';
import { usesAgent } from '../interfaces.ts';
import { dropNetwork, forgetVifs, networkOf } from '../network/network.ts';
import { skipsCleaning } from '../requests/checks.ts';
import {
  DONE,
  findIn,
  type NodeChanges,
  plannedStep,
  type StepDefinition,
  type Work,
  type WorkContext,
} from '../step.ts';
import { wipedAgent } from '../wiped-agent.ts';
import { powerOff } from './ramdisk.ts';

const tearDown: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    await stopConsole(ctx);
    await powerOff(ctx);
    await networkOf(ctx).unplugTenant(ctx);
    // A deployment that failed may have left it.
    await dropNetwork(ctx, 'provisioning');
    await forgetVolumes(ctx);
    return DONE;
  },
};

/** The next instance must not boot from the volumes of this one. The interface `fake` leaves them, as in Ironic. */
async function forgetVolumes({ node, store }: WorkContext): Promise<void> {
  if (!usesAgent(node)) return;
  for (const { uuid } of await store.volume_targets.list({ where: { node_uuid: node.uuid } }))
    await store.volume_targets.delete(uuid);
}

/** What an instance left on the node and must not outlive it. */
export function withoutInstance(node: NodeRecord): NodeChanges {
  const info: JsonObject = { ...wipedAgent(node.driver_internal_info) };
  const lessee_was_automatic = info.automatic_lessee === true;
  for (const key of ['automatic_lessee', 'is_whole_disk_image', 'root_uuid_or_disk_id', 'user_deploy_steps'])
    delete info[key];
  return {
    instance_info: {},
    instance_uuid: null,
    instance_name: null,
    allocation_uuid: null,
    deploy_step: {},
    driver_internal_info: info,
    ...(lessee_was_automatic ? { lessee: null } : {}),
  };
}

/** An allocation does not outlive its instance. */
async function endAllocation({ node, store }: WorkContext): Promise<void> {
  if (node.allocation_uuid !== null) await store.allocations.delete(node.allocation_uuid);
}

/**
 * An order without an operating system deploys by `noop`, which erases nothing. Whoever gives the server back before the order
 * has restored the interface that it had must not leave data behind.
 */
async function restored({ node, store }: WorkContext): Promise<NodeChanges> {
  if (node.deploy_interface !== 'noop' || node.instance_uuid === null) return {};
  const line = await store.order_lines.get(node.instance_uuid);
  const own = line?.deploy_interface ?? null;
  return own === null ? {} : { deploy_interface: own };
}

/** Ends the life of an instance: off, forgotten, and on to cleaning in the same breath. */
export const teardownWork: Work = {
  plan: async () => [plannedStep('deploy.tear_down')],
  find: findIn({ 'deploy.tear_down': tearDown }),
  finish: async (ctx) => {
    await forgetVifs(ctx);
    await endAllocation(ctx);
    const own = await restored(ctx);
    const changes = { ...withoutInstance(ctx.node), ...own };
    const node = { ...ctx.node, ...own };
    // Without an agent an automated clean has no steps: no job is needed to find that out.
    if (usesAgent(node) && !skipsCleaning(node, ctx.settings))
      return {
        ...{ events: ['clean'], changes },
        // Who had the server: the erasure is certified to them.
        follow: { kind: 'clean', args: { verb: 'clean', custodian: ctx.node.lessee ?? ctx.node.owner } },
      };
    return { events: ['clean', ctx.node.retired ? 'manage' : 'done'], changes };
  },
  fail: async (ctx) => {
    await forgetVifs(ctx);
    await endAllocation(ctx);
    return { events: ['fail'], changes: withoutInstance(ctx.node) };
  },
};
