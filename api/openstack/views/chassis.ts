import type { ChassisRecord } from '../../../lifecycle/records.ts';
import { linkPair, links, plain, stamps, structure } from './fields.ts';
import type { ResourceView } from './view.ts';

/** How a chassis looks. `nodes` is a list that holds one list of links (a quirk that clients know). */
export const CHASSIS_VIEW: ResourceView<'chassis', ChassisRecord> = {
  resource: 'chassis',
  list_fields: ['uuid', 'description'],
  unsortable: ['extra', 'links', 'nodes'],
  columns: ['uuid'],
  fields: {
    uuid: plain('uuid'),
    description: plain('description'),
    extra: structure('extra'),
    ...stamps<ChassisRecord>(),
    links: links('chassis', 'uuid'),
    nodes: {
      columns: ['uuid'],
      of: (chassis, context) => [linkPair(context.base_url, `chassis/${chassis.uuid}/nodes`)],
    },
  },
};
