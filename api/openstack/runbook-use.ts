import { serviceError } from '../../lifecycle/errors.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord, RunbookRecord } from '../../lifecycle/records.ts';
import { isUuidLike } from '../http/value-syntax.ts';
import type { Api, ApiRequest } from './handler.ts';
import { since } from './microversions.ts';

/**
 * The runbook of that name or uuid, which the caller may use and which was approved for every node.
 * @throws NotFound, NotAuthorized, InvalidParameterValue
 */
export async function findApprovedRunbook(
  api: Pick<Api, 'store' | 'policy'>,
  { caller, minor }: Pick<ApiRequest, 'caller' | 'minor'>,
  nodes: readonly NodeRecord[],
  ident: string,
): Promise<RunbookRecord> {
  const runbook = await (isUuidLike(ident)
    ? api.store.runbooks.get(ident)
    : api.store.runbooks.getByName(ident));
  if (runbook === null) throw serviceError('NotFound', { kind: 'Runbook', ident });
  api.policy.authorize('baremetal:runbook:use', { 'runbook.owner': runbook.owner }, caller);
  for (const node of nodes) requireApproved(node, runbook, minor);
  return runbook;
}

function requireApproved(node: NodeRecord, runbook: RunbookRecord, minor: number): void {
  const by_traits = since('runbook_traits', minor);
  if (by_traits && runbook.traits.length === 0) {
    throw invalid(`Runbook ${runbook.uuid} has no traits configured: an administrator has to add some.`);
  }
  const accepted = by_traits ? runbook.traits : [runbook.name];
  if (!accepted.some((trait) => node.traits.includes(trait))) {
    throw invalid(
      `This runbook has not been approved for use on this node ${node.uuid}: it has none of the traits ${accepted.join(', ')}.`,
    );
  }
}

/** The steps of a runbook, as work takes them. */
export function stepsOf({ steps }: Pick<RunbookRecord, 'steps'>): JsonObject[] {
  return steps.map(({ interface: kind, step, args, order }) => ({
    interface: kind ?? null,
    step: step ?? null,
    args: args ?? {},
    ...(order === undefined ? {} : { order }),
  }));
}

function invalid(why: string) {
  return serviceError('InvalidParameterValue', { why });
}
