import type { PlannedStep } from '../../lifecycle/job.ts';
import { isObject, type JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { bmcAddressOf } from '../../lifecycle/server-record.ts';
import { StepFailure, stepName, type WorkContext } from '../step.ts';

/**
 * Two nodes may have one BMC: servers of one enclosure, or a mistake. What a step changes for one of them is changed for the other, whose
 * driver_info nobody changes with it.
 */

interface Facts {
  args: JsonObject;
  /** What the node of the step logs in with. */
  login: unknown;
  other: NodeRecord;
  /** What the other node logs in with. */
  other_login: unknown;
}

/** Why a step does harm to the other node; null: it does not. */
const HARM: Readonly<Record<string, (facts: Facts) => string | null>> = {
  'management.set_bmc_credentials': ({ args, login, other_login }) => {
    const target = typeof args.username === 'string' ? args.username : login;
    const changed = target !== login && args.remove_old === false ? [target] : [target, login];
    return changed.includes(other_login)
      ? `logs in there as ${String(other_login)} too, and would be locked out. Give it an account of its own first.`
      : null;
  },
  'management.set_bmc_accounts': ({ args, other_login }) =>
    isObject(args.accounts) && Object.hasOwn(args.accounts, String(other_login))
      ? `logs in there as ${String(other_login)}. Change that account by management.set_bmc_credentials of that node.`
      : null,
  'management.set_bmc_lan': () =>
    'would not find it at another address. Take the BMC out of the driver_info of all nodes but one first.',
  'management.reset_bmc': ({ other: { reservation } }) =>
    reservation === null ? null : `is at work through it (${reservation}). Try again when it is done.`,
};

const IPMI_PORT = 623;

/** @throws StepFailure that names every step that would do harm to another node with the same BMC, and why */
export async function refuseHarmToOthers(
  ctx: Pick<WorkContext, 'drivers' | 'node' | 'store'>,
  steps: readonly PlannedStep[],
): Promise<void> {
  const problems = await harmToOthers(ctx, steps);
  if (problems.length > 0)
    throw new StepFailure(`Nothing was touched: ${problems.join(' ')}`, {
      code: 'InvalidParameterValue',
      status: 400,
    });
}

async function harmToOthers(
  ctx: Pick<WorkContext, 'drivers' | 'node' | 'store'>,
  steps: readonly PlannedStep[],
): Promise<string[]> {
  const judged = steps.filter((step) => Object.hasOwn(HARM, stepName(step)));
  if (judged.length === 0) return [];
  const loginOf = ({ driver, driver_info }: NodeRecord): unknown =>
    driver_info[ctx.drivers.get(driver)?.login?.username ?? `${driver}_username`];
  const others = await nodesOfSameBmc(ctx);
  return judged.flatMap((step) =>
    others.flatMap((other) => {
      const facts = { args: step.args, other, login: loginOf(ctx.node), other_login: loginOf(other) };
      const why = HARM[stepName(step)]?.(facts) ?? null;
      return why === null ? [] : [`${stepName(step)}: node ${other.uuid} has the same BMC, and ${why}`];
    }),
  );
}

/** Nodes whose driver_info leads to the same host and port. That a name and an address are the same BMC is not seen. */
async function nodesOfSameBmc({ node, store }: Pick<WorkContext, 'node' | 'store'>): Promise<NodeRecord[]> {
  const bmc_address = bmcAddressOf(node.driver_info);
  if (bmc_address === null) return [];
  const servers = await store.servers.list({ where: { bmc_address }, fields: ['uuid'] });
  const uuids = servers.map(({ uuid }) => uuid).filter((uuid) => uuid !== node.uuid);
  if (uuids.length === 0) return [];
  const nodes = await store.nodes.list({ where: { uuid: uuids } });
  return nodes.filter(({ driver_info }) => portOf(driver_info) === portOf(node.driver_info));
}

/** Redfish has its port in the address. */
function portOf({ ipmi_port }: JsonObject): number {
  return Number(ipmi_port ?? IPMI_PORT);
}
