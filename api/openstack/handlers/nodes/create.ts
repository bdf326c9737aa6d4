import { randomUUID } from 'node:crypto';
import { serviceError } from '../../../../lifecycle/errors.ts';
import { chooseInterfaces } from '../../../../lifecycle/interfaces.ts';
import type { Json, JsonObject } from '../../../../lifecycle/json.ts';
import { audited } from '../../audited.ts';
import type { Api, ApiRequest, Handler } from '../../handler.ts';
import { requireHardwareType } from '../../hardware-types.ts';
import { since } from '../../microversions.ts';
import { findLinkedNode } from '../../node-access.ts';
import { checkNodeName, readNodeFields, refuseNewerFields, requireChassis } from './node-input.ts';
import { wholeNode } from './show.ts';

/** POST /v1/nodes */
export const createNode: Handler = async (request, api) => {
  const body = request.body as JsonObject;
  refuseBootMode(body.properties, api.settings.api.disallowed_enrollment_boot_modes);
  const self_owned = mayCreate(api, request);
  refuseNewerFields(body, request.minor);
  const input = readNodeFields(body);
  const owner = ownerOf(request, self_owned, input.owner ?? null);
  const { default_conductor_group, default_resource_class } = api.settings.DEFAULT;
  const conductor_group = input.conductor_group || default_conductor_group.toLowerCase();
  const resource_class = input.resource_class || default_resource_class || null;
  const driver = String(input.driver);
  if (input.name !== undefined && input.name !== null) checkNodeName(input.name, request.minor);
  if (input.chassis_uuid) await requireChassis(api, input.chassis_uuid);
  if (input.retired_reason && input.retired !== true) {
    throw serviceError('InvalidParameterValue', { why: 'retired_reason needs retired to be true.' });
  }
  const parent = input.parent_node
    ? await findLinkedNode(api, request, 'parent_node', input.parent_node, owner)
    : null;
  const facts = await requireHardwareType(api, driver, conductor_group);
  const record = {
    ...input,
    ...chooseInterfaces(driver, facts, input),
    uuid: input.uuid ?? randomUUID(),
    owner,
    conductor_group,
    resource_class,
    parent_node: parent?.uuid ?? null,
    provision_state: since('create_in_enroll', request.minor) ? ('enroll' as const) : ('available' as const),
  };
  const node = await api.conductor.announce({ object: 'node', action: 'create', record }, () =>
    audited(api, request, { node_uuid: record.uuid, detail: { name: record.name ?? null } }, (tables) =>
      tables.nodes.create(record),
    ),
  );
  return wholeNode(api, request, node, 201);
};

/** @throws BootModeNotAllowed: asked before all else, as in Ironic */
function refuseBootMode(properties: Json | undefined, disallowed: readonly string[]): void {
  if (disallowed.length === 0 || typeof properties !== 'object' || properties === null) return;
  const { capabilities } = properties as JsonObject;
  if (typeof capabilities !== 'string') return;
  for (const item of capabilities.toLowerCase().split(',')) {
    const [key = '', mode = ''] = item.split(':').map((part) => part.trim());
    if (key === 'boot_mode' && disallowed.includes(mode))
      throw serviceError('BootModeNotAllowed', { mode, op: 'provisioning' });
  }
}

/** Whether the caller creates as the owner of the node. @throws NotAuthorized */
function mayCreate(api: Api, request: ApiRequest): boolean {
  const self_owned =
    api.settings.api.project_admin_can_manage_own_nodes &&
    api.policy.allows('baremetal:node:create:self_owned_node', {}, request.caller);
  if (!self_owned) api.policy.authorize('baremetal:node:create', {}, request.caller);
  return self_owned;
}

/** Project callers own what they create (reference: policy, node_create). @throws InvalidParameterValue */
function ownerOf({ caller }: ApiRequest, self_owned: boolean, wanted: string | null): string | null {
  if (caller.system_scope || caller.unrestricted || !self_owned) return wanted;
  if (wanted !== null && wanted !== caller.project_id) {
    throw serviceError('InvalidParameterValue', {
      why: 'Cannot create a node as a project scoped admin with an owner other than your own project.',
    });
  }
  return caller.project_id;
}
