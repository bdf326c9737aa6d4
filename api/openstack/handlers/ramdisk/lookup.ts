import { serviceError } from '../../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { NodeRecord } from '../../../../lifecycle/records.ts';
import type { ProvisionState } from '../../../../lifecycle/states.ts';
import { normalMac, wordList } from '../../../http/value-syntax.ts';
import type { Api, ApiRequest, Handler } from '../../handler.ts';
import { since } from '../../microversions.ts';
import { viewContext } from '../../view-context.ts';
import { NODE_VIEW } from '../../views/node.ts';
import { checkRamdiskCall } from './check-ramdisk-call.ts';

/** States in which an agent is expected to run on the node. */
const LOOKUP_STATES: readonly ProvisionState[] = [
  'deploying',
  'wait call-back',
  'cleaning',
  'clean wait',
  'inspecting',
  'inspect wait',
  'rescuing',
  'rescue wait',
  'service wait',
];

/** GET /v1/lookup: an agent asks which node it runs on. Missing and not allowed look the same on purpose. */
export const lookUp: Handler = async (request, api) => {
  checkRamdiskCall(api, request, 'baremetal:driver:ipa_lookup');
  const addresses = wordList(request.query.addresses ?? '').map(normalMac);
  const macs = addresses.filter((mac) => mac !== null);
  const { node_uuid } = request.query;
  if (node_uuid === undefined && macs.length === 0) {
    throw serviceError('InvalidParameterValue', {
      why: 'At least one of "addresses" and "node_uuid" is required.',
    });
  }
  const node = node_uuid === undefined ? await nodeOf(api, macs) : await api.store.nodes.get(node_uuid);
  if (node === null || (api.settings.api.restrict_lookup && !LOOKUP_STATES.includes(node.provision_state))) {
    throw serviceError('NotFound', { kind: 'Node for this look-up', ident: node_uuid ?? macs.join(', ') });
  }
  const token = since('agent_token', request.minor) ? await api.conductor.agentToken(node) : null;
  return { status: 200, body: lookupDocument(api, request, node, token) };
};

/** The one node that these addresses belong to; null when none or several do. */
async function nodeOf(api: Api, macs: readonly string[]): Promise<NodeRecord | null> {
  const nodes = await api.store.nodes.listByAddresses(macs);
  return nodes.length === 1 ? (nodes[0] ?? null) : null;
}

/** What an agent is told (reference: clients, d). */
export function lookupDocument(
  api: Api,
  request: ApiRequest,
  node: NodeRecord,
  token: string | null,
): JsonObject {
  const fields = ['uuid', 'properties', 'instance_info', 'driver_internal_info'];
  const view = api.views.get(NODE_VIEW, request.minor, fields);
  // The agent works on this node: it sees all that is shown of it.
  const context = { ...viewContext(request, api), sees_all_fields: true };
  return {
    node: view.render(node, context),
    config: {
      metrics: {
        backend: 'noop',
        prepend_host: false,
        prepend_uuid: false,
        prepend_host_reverse: true,
        global_prefix: null,
      },
      metrics_statsd: { statsd_host: 'localhost', statsd_port: 8125 },
      heartbeat_timeout: api.settings.api.ramdisk_heartbeat_timeout,
      agent_containers: {
        allow_arbitrary_containers: false,
        allowed_containers: [],
        container_steps_file: '/etc/ironic-python-agent.d/mysteps.yaml',
        runner: 'podman',
        pull_options: '--tls-verify=false',
        run_options: '--rm --network=host --tls-verify=false',
      },
      agent_token: token,
      agent_token_required: true,
      agent_md5_checksum_enable: false,
      disable_deep_image_inspection: false,
      permitted_image_formats: ['raw', 'gpt', 'qcow2', 'iso'],
      agent_skip_bmc_detect: ['redfish', 'idrac-redfish'].includes(node.management_interface),
      enable_bios_bootloader_install: true,
      tls_min_version: null,
      tls_cipher_suites: null,
    },
  };
}
