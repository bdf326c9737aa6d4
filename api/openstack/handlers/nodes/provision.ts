import type { ProvisionArgs } from '../../../../conductor/client.ts';
import { serviceError } from '../../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import { clientEvents } from '../../../../lifecycle/machine.ts';
import type { NodeRecord } from '../../../../lifecycle/records.ts';
import { isVerb, VERBS, type Verb, verbsFor } from '../../../../lifecycle/verbs.ts';
import { isUuidLike, parseBoolean } from '../../../http/value-syntax.ts';
import type { Api, ApiRequest, Handler } from '../../handler.ts';
import { since } from '../../microversions.ts';
import { findNode, findNodeFor, nodeTarget } from '../../node-access.ts';
import { runbookArgs } from './provision-runbook.ts';
import { acceptedAt } from './states.ts';

/** The body of PUT states/provision, booleans read. */
interface ProvisionBody {
  target: string;
  configdrive?: string | JsonObject;
  clean_steps?: JsonObject[];
  deploy_steps?: JsonObject[];
  service_steps?: JsonObject[];
  rescue_password?: string;
  disable_ramdisk?: boolean;
  runbook?: string;
}

/** PUT /v1/nodes/{node}/states/provision. Checks in Ironic's order: reference state-machine, verb_rules. */
export const setProvisionState: Handler = async (request, api) => {
  const body = readBody(request.body as JsonObject);
  const node = await findNodeFor(api, request, 'baremetal:node:set_provision_state');
  const { target } = body;
  if (isVerb(target) && VERBS[target].since > request.minor) throw serviceError('NotAcceptable', {});
  if (body.runbook === undefined) authorizeSteps(api, request, node, body);
  if ((target === 'active' || target === 'rebuild') && node.maintenance) {
    throw serviceError('NodeInMaintenance', { op: 'provisioning', node: node.uuid });
  }
  const verb = requirePossible(node, target);
  checkConfigdrive(verb, body.configdrive, request.minor);
  const runbook =
    body.runbook === undefined ? {} : await runbookArgs(api, request, node, verb, body.runbook, body);
  const args: ProvisionBody & ProvisionArgs = { ...body, ...runbook };
  checkDisableRamdisk(verb, args.disable_ramdisk, request.minor);
  checkSteps(verb, args, request.minor);
  await checkChildren(api, request, [...(args.clean_steps ?? []), ...(args.service_steps ?? [])]);
  checkRescuePassword(verb, args.rescue_password);
  if (verb === 'abort') checkAbort(node, request.minor);
  const { target: _target, runbook: _runbook, ...accepted } = args;
  await api.conductor.provision(node, verb, accepted, request.caller);
  return acceptedAt(request, 'states');
};

/** Nulls and empty lists count as absent, as in Ironic. */
function readBody(body: JsonObject): ProvisionBody {
  const given = Object.entries(body).filter(
    ([, value]) => value !== null && value !== '' && !(Array.isArray(value) && value.length === 0),
  );
  const read = Object.fromEntries(given);
  if (read.disable_ramdisk !== undefined) {
    read.disable_ramdisk = parseBoolean('disable_ramdisk', read.disable_ramdisk);
  }
  if (body.rescue_password === '') read.rescue_password = '';
  return { ...read, target: String(body.target) } as unknown as ProvisionBody;
}

/** The rules on steps, and those on single steps that an operator wrote (reference: policy, step_policies). */
function authorizeSteps(api: Api, request: ApiRequest, node: NodeRecord, body: ProvisionBody): void {
  for (const kind of ['clean_steps', 'service_steps'] as const) {
    if (body[kind] === undefined) continue;
    api.policy.authorize(`baremetal:node:set_provision_state:${kind}`, nodeTarget(node), request.caller);
  }
  for (const step of [
    ...(body.deploy_steps ?? []),
    ...(body.clean_steps ?? []),
    ...(body.service_steps ?? []),
  ]) {
    const rule = `baremetal:step:execute:${String(step.interface)}.${String(step.step)}`;
    if (api.policy.defines(rule)) api.policy.authorize(rule, nodeTarget(node), request.caller);
  }
}

/**
 * The verb, if the node's state lets a client raise it.
 * @throws NodeLocked when the node is busy, InvalidStateRequested otherwise
 */
function requirePossible(node: NodeRecord, target: string): Verb {
  const events = clientEvents(node.provision_state);
  if (isVerb(target) && events.includes(VERBS[target].event)) return target;
  if (node.reservation !== null) {
    throw serviceError('NodeLocked', { node: node.uuid, host: node.reservation });
  }
  throw serviceError('InvalidStateRequested', {
    action: target,
    node: node.uuid,
    state: node.provision_state,
    allowed: verbsFor(events),
  });
}

const CONFIGDRIVE_KEYS = ['meta_data', 'user_data', 'network_data', 'vendor_data'];
const BASE64 = /^[A-Za-z0-9+/=\s]*$/;

function checkConfigdrive(verb: Verb, configdrive: string | JsonObject | undefined, minor: number): void {
  if (configdrive === undefined) return;
  const takers: Verb[] = since('rebuild_configdrive', minor) ? ['active', 'rebuild'] : ['active'];
  if (!takers.includes(verb)) {
    throw invalid(
      `Adding a config drive is only supported when setting provision state to ${takers.join(', ')}.`,
    );
  }
  if (typeof configdrive === 'string') {
    if (configdrive.includes('://') || BASE64.test(configdrive)) return;
    throw invalid('Invalid configdrive format: it is neither a JSON, nor a URL, nor a base64 string.');
  }
  const unknown = Object.keys(configdrive).find((key) => !CONFIGDRIVE_KEYS.includes(key));
  if (unknown !== undefined) throw invalid(`Invalid configdrive format: ${unknown} is not one of its keys.`);
  if (!since('configdrive_object', minor)) {
    throw invalid(
      'Providing a JSON object for configdrive is only supported starting with API version 1.56.',
    );
  }
  if ('vendor_data' in configdrive && !since('configdrive_vendor_data', minor)) {
    throw invalid('Providing vendor_data in configdrive is only supported starting with API version 1.59.');
  }
}

function checkDisableRamdisk(verb: Verb, disable_ramdisk: boolean | undefined, minor: number): void {
  if (disable_ramdisk === undefined) return;
  const gates = { clean: 'clean_disable_ramdisk', service: 'service_disable_ramdisk' } as const;
  if (verb !== 'clean' && verb !== 'service') {
    throw invalid('disable_ramdisk is supported only with manual cleaning or servicing.');
  }
  if (!since(gates[verb], minor)) {
    throw serviceError('NotAcceptable', { why: 'disable_ramdisk is not acceptable in this API version' });
  }
}

function checkSteps(verb: Verb, args: ProvisionBody, minor: number): void {
  for (const [kind, owner] of [
    ['clean_steps', 'clean'],
    ['service_steps', 'service'],
  ] as const) {
    if (args[kind] !== undefined && verb !== owner) {
      throw invalid(`"${kind}" is only valid when setting target provision state to ${owner}.`);
    }
    if (args[kind] === undefined && verb === owner) {
      throw invalid(`"${kind}" is required when setting target provision state to ${owner}.`);
    }
  }
  if (args.deploy_steps === undefined) return;
  if (!since('deploy_steps', minor)) throw serviceError('NotAcceptable', {});
  if (verb !== 'active' && verb !== 'rebuild') {
    throw invalid('"deploy_steps" is only valid when setting target provision state to active or rebuild.');
  }
}

/**
 * The nodes that a step is to run on instead; whether they are children of this one is seen later, as in Ironic.
 * @throws InvalidParameterValue (no uuid), NotFound (hidden or unknown), NotAuthorized
 */
async function checkChildren(api: Api, request: ApiRequest, steps: readonly JsonObject[]): Promise<void> {
  for (const { execute_on_child_nodes, limit_child_node_execution, step } of steps) {
    if (execute_on_child_nodes !== true || !Array.isArray(limit_child_node_execution)) continue;
    for (const uuid of limit_child_node_execution) {
      if (typeof uuid !== 'string' || !isUuidLike(uuid))
        throw invalid(`Invalid entry detected for execute_on_child_node parameter in step ${String(step)}.`);
      const child = await findNode(api, request, uuid);
      api.policy.authorize('baremetal:node:set_provision_state', nodeTarget(child), request.caller);
    }
  }
}

function checkRescuePassword(verb: Verb, rescue_password: string | undefined): void {
  if (rescue_password !== undefined && verb !== 'rescue') {
    throw invalid('"rescue_password" is only valid when setting target provision state to rescue.');
  }
  if (verb === 'rescue' && (rescue_password ?? '').trim() === '') {
    throw invalid('A non-empty "rescue_password" is required when setting target provision state to rescue.');
  }
}

function checkAbort(node: NodeRecord, minor: number): void {
  const too_old =
    (node.provision_state === 'inspect wait' && !since('inspect_abort', minor)) ||
    (node.provision_state === 'wait call-back' && !since('deploy_abort', minor));
  if (too_old) throw serviceError('NotAcceptable', {});
}

function invalid(why: string) {
  return serviceError('InvalidParameterValue', { why });
}
