import type { VolumeConnectorRecord, VolumeTargetRecord } from '../../../lifecycle/records.ts';
import { links, plain, stamps, structure } from './fields.ts';
import { maskSecrets } from './mask-secrets.ts';
import type { ResourceView } from './view.ts';

const PROPERTIES_RULE = 'baremetal:volume:view_target_properties';

/** How a volume connector looks. */
export const VOLUME_CONNECTOR_VIEW: ResourceView<'volume_connector', VolumeConnectorRecord> = {
  resource: 'volume_connector',
  list_fields: ['uuid', 'node_uuid', 'type', 'connector_id'],
  unsortable: ['extra', 'links', 'node_uuid'],
  columns: ['uuid'],
  fields: {
    uuid: plain('uuid'),
    node_uuid: plain('node_uuid'),
    type: plain('type'),
    connector_id: plain('connector_id'),
    extra: structure('extra'),
    ...stamps<VolumeConnectorRecord>(),
    links: links('volume/connectors', 'uuid'),
  },
};

/** How a volume target looks: its properties only to those who may see them, and never their secrets. */
export const VOLUME_TARGET_VIEW: ResourceView<'volume_target', VolumeTargetRecord> = {
  resource: 'volume_target',
  list_fields: ['uuid', 'node_uuid', 'volume_type', 'boot_index', 'volume_id'],
  unsortable: ['extra', 'properties', 'links', 'node_uuid'],
  columns: ['uuid'],
  fields: {
    uuid: plain('uuid'),
    node_uuid: plain('node_uuid'),
    volume_type: plain('volume_type'),
    boot_index: plain('boot_index'),
    volume_id: plain('volume_id'),
    properties: {
      columns: ['properties'],
      of: (target, context) =>
        context.policy.allows(PROPERTIES_RULE, {}, context.caller)
          ? maskSecrets(target.properties ?? {})
          : { redacted_contents: `** Value redacted: Requires permission ${PROPERTIES_RULE} access. **` },
    },
    extra: structure('extra'),
    ...stamps<VolumeTargetRecord>(),
    links: links('volume/targets', 'uuid'),
  },
};
