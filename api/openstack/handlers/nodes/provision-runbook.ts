import type { ProvisionArgs } from '../../../../conductor/client.ts';
import { serviceError } from '../../../../lifecycle/errors.ts';
import type { NodeRecord } from '../../../../lifecycle/records.ts';
import type { Verb } from '../../../../lifecycle/verbs.ts';
import type { Api, ApiRequest } from '../../handler.ts';
import { since } from '../../microversions.ts';
import { findApprovedRunbook, stepsOf } from '../../runbook-use.ts';

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
  const runbook = await findApprovedRunbook(api, request, [node], ident);
  if (verb !== 'clean' && verb !== 'service') {
    throw invalid('"runbooks" is only valid when setting target provision state to any of clean, service.');
  }
  const kind = verb === 'clean' ? 'clean_steps' : 'service_steps';
  if (given[kind] !== undefined) throw invalid(`Please provide either "${kind}" or a runbook, but not both.`);
  const { name: what, disable_ramdisk } = runbook;
  return { [kind]: stepsOf(runbook), disable_ramdisk, origin: { what } };
}

function invalid(why: string) {
  return serviceError('InvalidParameterValue', { why });
}
