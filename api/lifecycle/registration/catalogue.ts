import type {
  CableRecord,
  FirmwareBaselineRecord,
  FlavorRecord,
} from '../../../lifecycle/registration-records.ts';
import type { LifecycleHandler } from '../handler.ts';
import { plainHandlers, type Resource } from '../resource.ts';

const FLAVOR: Resource<FlavorRecord> = {
  kind: 'Flavor',
  collection: 'flavors',
  param: 'flavor',
  table: (store) => store.flavors,
  rules: { read: 'lifecycle:flavor:get', write: 'lifecycle:flavor:manage' },
  view: (record) => ({
    name: record.name,
    description: record.description,
    match: record.match.map((one) => ({ ...one })),
    priority: record.priority,
    profile_uuid: record.profile_uuid,
    availability_zone: record.availability_zone,
    resource_class: record.resource_class,
  }),
  read: (body) => body as Partial<FlavorRecord>,
};

const CABLE: Resource<CableRecord> = {
  kind: 'Cable',
  collection: 'cables',
  param: 'cable',
  table: (store) => store.cables,
  rules: { read: 'lifecycle:registration:get', write: 'lifecycle:registration:manage' },
  filters: ['device', 'switch_name'],
  view: ({ device, port, switch_name, switch_port, note }) => ({
    ...{ device, port, switch_name, switch_port, note },
  }),
  read: (body) => body as Partial<CableRecord>,
};

const BASELINE: Resource<FirmwareBaselineRecord> = {
  kind: 'Firmware baseline',
  collection: 'firmware-baselines',
  param: 'baseline',
  table: (store) => store.firmware_baselines,
  rules: { read: 'lifecycle:registration:get', write: 'lifecycle:registration:manage' },
  filters: ['component'],
  view: ({ component, manufacturer, product_name, version, digest, enforced, note }) => ({
    ...{ component, manufacturer, product_name, version, digest, enforced, note },
  }),
  read: (body) => body as Partial<FirmwareBaselineRecord>,
};

/** What a new server is compared with. */
export const CATALOGUE_HANDLERS: Readonly<Record<string, LifecycleHandler>> = {
  ...plainHandlers('flavors', FLAVOR),
  ...plainHandlers('cables', CABLE),
  ...plainHandlers('baselines', BASELINE),
};
