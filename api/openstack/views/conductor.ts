import type { ConductorRecord } from '../../../lifecycle/records.ts';
import { links, plain, stamps } from './fields.ts';
import type { ResourceView } from './view.ts';

/** A conductor with what the database's clock says about its heartbeat. */
export interface ShownConductor extends ConductorRecord {
  alive: boolean;
}

/** How a conductor looks. */
export const CONDUCTOR_VIEW: ResourceView<'conductor', ShownConductor> = {
  resource: 'conductor',
  list_fields: ['hostname', 'conductor_group', 'alive'],
  unsortable: ['alive', 'drivers', 'links'],
  columns: ['hostname'],
  fields: {
    hostname: plain('hostname'),
    conductor_group: plain('conductor_group'),
    alive: plain('alive'),
    drivers: { columns: ['hardware_types'], of: (conductor) => Object.keys(conductor.hardware_types).sort() },
    ...stamps<ShownConductor>(),
    links: links('conductors', 'hostname'),
  },
};
