import { isDeepStrictEqual } from 'node:util';
import { serviceError } from '../../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { NodeRecord, PortRecord } from '../../../../lifecycle/records.ts';
import type { ProvisionState } from '../../../../lifecycle/states.ts';
import { audited } from '../../audited.ts';
import type { Handler } from '../../handler.ts';
import { applyPatch, type PatchStep, patchValues, readPatch, touches } from '../../json-patch.ts';
import { since } from '../../microversions.ts';
import { findLinkedNode } from '../../node-access.ts';
import { findPortFor, portNotFound } from './port-access.ts';
import { checkMembership, readPortFields, refuseNewerPortFields, requirePortgroup } from './port-input.ts';
import { wholePort } from './show.ts';

const STORED = [
  'address',
  'extra',
  'is_smartnic',
  'local_link_connection',
  'node_uuid',
  'physical_network',
  'portgroup_uuid',
  'pxe_enabled',
  'name',
  'description',
  'vendor',
  'category',
  'available_for_dynamic_portgroup',
] as const;

const CONNECTIVITY = ['portgroup_uuid', 'pxe_enabled', 'local_link_connection', 'physical_network'] as const;
const CONNECTIVITY_STATES: readonly ProvisionState[] = ['enroll', 'inspecting', 'inspect wait', 'manageable'];

/** PATCH /v1/ports/{port} */
export const patchPort: Handler = async (request, api) => {
  const steps = readPatch(request.body, [...STORED, 'node_ident'], request.minor);
  for (const step of steps) {
    const value = step.segments.length === 1 ? step.value : {};
    refuseNewerPortFields({ [step.segments[0] ?? '']: value, ...networkType(step) }, request.minor);
  }
  const { port, node } = await findPortFor(api, request, 'baremetal:port:update');
  const moved = patchValues(steps, '/node_uuid').at(-1) ?? patchValues(steps, '/node_ident').at(-1);
  const target =
    typeof moved === 'string' ? await findLinkedNode(api, request, 'node_uuid', moved, node.owner) : node;
  const changes = changesOf(port, steps, target, (body) => api.schema('port')(body));
  if (target.provision_state === 'inspecting' && since('inspect_wait', request.minor)) {
    throw serviceError('Conflict', {
      why: `Cannot update port "${port.uuid}" on "${target.uuid}" while it is in state "inspecting".`,
    });
  }
  const after = { ...port, ...changes };
  const portgroup =
    after.portgroup_uuid === null ? null : await requirePortgroup(api, after.portgroup_uuid, target);
  if (
    portgroup !== null &&
    touches(steps, 'physical_network') &&
    since('portgroup_physical_network', request.minor)
  ) {
    throw serviceError('InvalidParameterValue', {
      why: 'physical_network cannot be changed while the port belongs to a portgroup.',
    });
  }
  checkNodeState(port, target, changes);
  if (CONNECTIVITY.some((field) => field in changes)) await checkMembership(api, after, portgroup);
  const detail = { fields: Object.keys(changes) };
  const subject = { uuid: port.uuid, node_uuid: target.uuid, detail };
  const updated = await api.conductor.announce(
    { object: 'port', action: 'update', record: after },
    async () => {
      if (Object.keys(changes).length === 0) {
        await api.conductor.updateNode(target, {}, request.caller, null);
        return port;
      }
      return api.conductor.withNodeUnlocked(target, () =>
        audited(api, request, subject, (tables) => tables.ports.update(port.uuid, changes)),
      );
    },
  );
  if (updated === null) throw portNotFound(port.uuid);
  return wholePort(api, request, updated, 200);
};

function networkType(step: PatchStep): JsonObject {
  const [root, key] = step.segments;
  return root === 'local_link_connection' && key !== undefined
    ? { local_link_connection: { [key]: null } }
    : {};
}

/** @throws PatchError, InvalidParameterValue */
function changesOf(
  port: PortRecord,
  steps: readonly PatchStep[],
  target: NodeRecord,
  check: (body: JsonObject) => void,
): Partial<PortRecord> {
  const before = Object.fromEntries(STORED.map((field) => [field, port[field]])) as JsonObject;
  const { node_ident: _node_ident, ...after } = applyPatch({ ...before, node_ident: null }, steps);
  if (after.address === undefined || after.address === null) {
    throw serviceError('PatchError', { why: 'the address of a port cannot be removed.' });
  }
  for (const field of STORED) after[field] ??= null;
  if (after.available_for_dynamic_portgroup === null) after.available_for_dynamic_portgroup = true;
  after.node_uuid = target.uuid;
  check(after);
  const input = readPortFields(after) as Record<string, unknown>;
  const changed = STORED.filter((field) => !isDeepStrictEqual(input[field], before[field]));
  return Object.fromEntries(changed.map((field) => [field, input[field]]));
}

/** @throws Conflict when the node is in use (reference: routes, PATCH /v1/ports) */
function checkNodeState(port: PortRecord, node: NodeRecord, changes: Partial<PortRecord>): void {
  if (node.maintenance) return;
  if (changes.address !== undefined && (node.provision_state === 'active' || node.instance_uuid !== null)) {
    throw serviceError('Conflict', {
      why: `Cannot update hardware address for port ${port.uuid} as node ${node.uuid} is active or has instance UUID assigned.`,
    });
  }
  const connected = CONNECTIVITY.some((field) => field in changes);
  if (connected && !CONNECTIVITY_STATES.includes(node.provision_state)) {
    throw serviceError('Conflict', {
      why:
        `Port ${port.uuid} can not have any connectivity attributes (${CONNECTIVITY.join(', ')}) updated unless node ` +
        `${node.uuid} is in a ${CONNECTIVITY_STATES.join(', ')} state or in maintenance mode. The current state is ` +
        `${node.provision_state}.`,
    });
  }
}
