import type { ModelRecord } from '../../../lifecycle/models.ts';
import type {
  CableRecord,
  FirmwareBaselineRecord,
  FlavorRecord,
} from '../../../lifecycle/registration-records.ts';
import type { LifecycleHandler } from '../handler.ts';
import { isoTime, readTimes } from '../iso-time.ts';
import { plainHandlers, type Resource } from '../resource.ts';

const FLAVOR: Resource<FlavorRecord> = {
  kind: 'Flavor',
  collection: 'flavors',
  param: 'flavor',
  table: (store) => store.flavors,
  rules: { read: 'lifecycle:flavor:get', write: 'lifecycle:flavor:manage' },
  searched: ['name', 'description', 'availability_zone', 'resource_class'],
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
  searched: ['device', 'port', 'switch_name', 'switch_port', 'note'],
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
  searched: ['manufacturer', 'product_name', 'version', 'note'],
  view: ({ component, manufacturer, product_name, version, digest, enforced, note, ...record }) => ({
    ...{ component, manufacturer, product_name, version, digest, enforced, note },
    ...{ update_url: record.update_url, update_checksum: record.update_checksum },
    ...{ update_script: record.update_script, update_timeout_s: record.update_timeout_s },
  }),
  read: (body) => body as Partial<FirmwareBaselineRecord>,
};

const MODEL: Resource<ModelRecord> = {
  kind: 'Model',
  collection: 'models',
  param: 'model',
  table: (store) => store.models,
  rules: { read: 'lifecycle:model:get', write: 'lifecycle:model:manage' },
  filters: ['vendor', 'name'],
  searched: ['vendor', 'name', 'note'],
  view: ({ vendor, name, end_of_sale, end_of_support, replacement_uuid, note }) => ({
    ...{ vendor, name, end_of_sale: isoTime(end_of_sale), end_of_support: isoTime(end_of_support) },
    ...{ replacement_uuid, note },
  }),
  read: (body) =>
    ({ ...body, ...readTimes(body, ['end_of_sale', 'end_of_support']) }) as Partial<ModelRecord>,
};

/** What a new server is compared with. */
export const CATALOGUE_HANDLERS: Readonly<Record<string, LifecycleHandler>> = {
  ...plainHandlers('flavors', FLAVOR),
  ...plainHandlers('cables', CABLE),
  ...plainHandlers('baselines', BASELINE),
  ...plainHandlers('models', MODEL),
};
