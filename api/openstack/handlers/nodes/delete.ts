import type { Handler } from '../../handler.ts';
import { findNodeFor, nodeTarget } from '../../node-access.ts';

/** DELETE /v1/nodes/{node} */
export const deleteNode: Handler = async (request, api) => {
  const node = await findNodeFor(api, request);
  const { caller } = request;
  const own =
    api.settings.api.project_admin_can_manage_own_nodes &&
    !api.policy.allows('baremetal:node:delete', nodeTarget(node), caller);
  api.policy.authorize(
    own ? 'baremetal:node:delete:self_owned_node' : 'baremetal:node:delete',
    nodeTarget(node),
    caller,
  );
  await api.conductor.deleteNode(node, caller);
  return { status: 204 };
};
