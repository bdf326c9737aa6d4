import { serviceError } from '../../../../lifecycle/errors.ts';
import { requireUuid } from '../../../http/value-syntax.ts';
import { audited } from '../../audited.ts';
import type { Handler } from '../../handler.ts';
import { findPortFor } from './port-access.ts';

/** DELETE /v1/ports/{uuid}: by uuid only. */
export const deletePort: Handler = async (request, api) => {
  requireUuid(request.params.port ?? '');
  const { port, node } = await findPortFor(api, request, 'baremetal:port:delete');
  const vif = port.internal_info.tenant_vif_port_id ?? port.extra.vif_port_id;
  if (vif && !node.maintenance) {
    throw serviceError('Conflict', {
      why: `Cannot delete the port ${port.uuid} as it is bound to VIF ${String(vif)}: detach it first.`,
    });
  }
  await api.conductor.announce({ object: 'port', action: 'delete', record: port }, () =>
    api.conductor.withNodeUnlocked(node, () =>
      audited(api, request, { uuid: port.uuid, node_uuid: node.uuid }, (tables) =>
        tables.ports.delete(port.uuid),
      ),
    ),
  );
  return { status: 204 };
};
