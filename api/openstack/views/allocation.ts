import type { AllocationRecord } from '../../../lifecycle/records.ts';
import { FIELDS, type FieldName } from '../microversions.ts';
import { links, plain, stamps, structure } from './fields.ts';
import type { ResourceView } from './view.ts';

/** How an allocation looks: lists show all of it. */
export const ALLOCATION_VIEW: ResourceView<'allocation', AllocationRecord> = {
  resource: 'allocation',
  list_fields: Object.keys(FIELDS.allocation) as FieldName<'allocation'>[],
  unsortable: ['extra', 'candidate_nodes', 'traits', 'links'],
  columns: ['uuid'],
  fields: {
    uuid: plain('uuid'),
    name: plain('name'),
    resource_class: plain('resource_class'),
    traits: structure('traits', []),
    candidate_nodes: structure('candidate_nodes', []),
    node_uuid: plain('node_uuid'),
    state: plain('state'),
    last_error: plain('last_error'),
    extra: structure('extra'),
    owner: plain('owner'),
    ...stamps<AllocationRecord>(),
    links: links('allocations', 'uuid'),
  },
};
