import type { AgentHeartbeat } from '../../../../conductor/client.ts';
import { serviceError } from '../../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { Handler } from '../../handler.ts';
import { since } from '../../microversions.ts';
import { lookUpNode, nodeNotFound, withJsonSuffix } from '../../node-access.ts';
import { checkRamdiskCall } from './check-ramdisk-call.ts';

const STATUSES = ['start', 'end', 'error'] as const;

/** POST /v1/heartbeat/{node} */
export const heartbeat: Handler = async (request, api) => {
  checkRamdiskCall(api, request, 'baremetal:node:ipa_heartbeat');
  const beat = readBeat(request.body as JsonObject, request.minor);
  const ident = request.params.node ?? '';
  const node = await withJsonSuffix(request, ident, (name) => lookUpNode(api, request, name));
  if (node === null) throw nodeNotFound(ident);
  const known_url = node.driver_internal_info.agent_url;
  if (typeof known_url === 'string' && known_url !== beat.callback_url) {
    throw invalid('Detected change in ramdisk provided "callback_url".');
  }
  await api.conductor.heartbeat(node, beat);
  return { status: 202 };
};

/** @throws InvalidParameterValue (400 also for fields younger than the request) */
function readBeat(body: JsonObject, minor: number): AgentHeartbeat {
  const text = (name: string): string | undefined =>
    typeof body[name] === 'string' ? body[name] : undefined;
  const callback_url = text('callback_url') ?? '';
  const agent_version = text('agent_version');
  const agent_verify_ca = text('agent_verify_ca');
  const agent_status = text('agent_status');
  const agent_status_message = text('agent_status_message');
  const agent_token = text('agent_token');
  if (agent_version !== undefined && !since('heartbeat_agent_version', minor)) {
    throw invalid('Field "agent_version" not recognised');
  }
  if ((agent_status ?? agent_status_message) !== undefined && !since('heartbeat_status', minor)) {
    throw invalid('Fields "agent_status" and "agent_status_message" not recognised.');
  }
  if (agent_verify_ca !== undefined && !since('heartbeat_verify_ca', minor)) {
    throw invalid('Field "agent_verify_ca" not recognised in this version');
  }
  if (callback_url !== '' && !isHttpUrl(callback_url)) {
    throw invalid('An issue with the supplied "callback_url" has been detected.');
  }
  if (agent_token === undefined) throw invalid('Agent token is required for heartbeat processing.');
  const status = STATUSES.find((known) => known === agent_status);
  if (agent_status !== undefined && status === undefined) {
    throw invalid(`Agent status is invalid. Valid states are ${STATUSES.join(',')}.`);
  }
  if (agent_version === undefined && agent_status === undefined && since('heartbeat_agent_version', minor)) {
    throw invalid('Field "agent_version" is required.');
  }
  return {
    callback_url,
    agent_token,
    ...(agent_version === undefined ? {} : { agent_version }),
    ...(agent_verify_ca === undefined ? {} : { agent_verify_ca }),
    ...(status === undefined ? {} : { agent_status: status }),
    ...(agent_status_message === undefined ? {} : { agent_status_message }),
  };
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol);
}

function invalid(why: string) {
  return serviceError('InvalidParameterValue', { why });
}
