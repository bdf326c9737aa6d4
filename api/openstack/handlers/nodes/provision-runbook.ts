import type { ProvisionArgs } from '../../../../conductor/client.ts';
import { serviceError } from '../../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { NodeRecord, RunbookRecord } from '../../../../lifecycle/records.ts';
import type { Verb } from '../../../../lifecycle/verbs.ts';
import { isUuidLike } from '../../../http/value-syntax.ts';
import type { Api, ApiRequest } from '../../handler.ts';
import { since } from '../../microversions.ts';

/**
 * The arguments that a runbook stands for (reference: state-machine, verb_rules): its steps are copied now, so that a
 * later change of the runbook does not touch work that was asked for.
 * @throws NotAcceptable, NotFound, NotAuthorized, InvalidParameterValue
 */
export async function runbookArgs(
  api: Api,
  request: ApiRequest,
  node: NodeRecord,
  verb: Verb,
  ident: string,
  given: Pick<ProvisionArgs, 'clean_steps' | 'service_steps'>,
): Promise<ProvisionArgs> {
  if (!since('provision_runbook', request.minor)) throw serviceError('NotAcceptable', {});
  const runbook = await (isUuidLike(ident)
    ? api.store.runbooks.get(ident)
    : api.store.runbooks.getByName(ident));
  if (runbook === null) throw serviceError('NotFound', { kind: 'Runbook', ident });
  api.policy.authorize('baremetal:runbook:use', { 'runbook.owner': runbook.owner }, request.caller);
  requireApproved(node, runbook, request.minor);
  if (verb !== 'clean' && verb !== 'service') {
    throw invalid('"runbooks" is only valid when setting target provision state to any of clean, service.');
  }
  const kind = verb === 'clean' ? 'clean_steps' : 'service_steps';
  if (given[kind] !== undefined) throw invalid(`Please provide either "${kind}" or a runbook, but not both.`);
  return { [kind]: runbook.steps.map(stepOf), disable_ramdisk: runbook.disable_ramdisk };
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

function stepOf({ interface: kind, step, args, order }: JsonObject): JsonObject {
  return {
    interface: kind ?? null,
    step: step ?? null,
    args: args ?? {},
    ...(order === undefined ? {} : { order }),
  };
}

function invalid(why: string) {
  return serviceError('InvalidParameterValue', { why });
}
