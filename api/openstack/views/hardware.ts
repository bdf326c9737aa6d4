import type { BiosSettingRecord, FirmwareComponentRecord } from '../../../lifecycle/records.ts';
import { linkPair, plain, stamps, structure } from './fields.ts';
import type { ResourceView } from './view.ts';

/** How a BIOS setting looks. */
export const BIOS_VIEW: ResourceView<'bios_setting', BiosSettingRecord> = {
  resource: 'bios_setting',
  list_fields: ['name', 'value', 'created_at', 'updated_at'],
  unsortable: [],
  columns: [],
  fields: {
    name: plain('name'),
    value: plain('value'),
    attribute_type: plain('attribute_type'),
    allowable_values: structure('allowable_values', []),
    lower_bound: plain('lower_bound'),
    upper_bound: plain('upper_bound'),
    min_length: plain('min_length'),
    max_length: plain('max_length'),
    read_only: plain('read_only'),
    reset_required: plain('reset_required'),
    unique: plain('unique'),
    ...stamps<BiosSettingRecord>(),
    links: {
      columns: ['node_uuid', 'name'],
      of: (setting, context) => linkPair(context.base_url, `nodes/${setting.node_uuid}/bios/${setting.name}`),
    },
  },
};

/** How a firmware component looks. */
export const FIRMWARE_VIEW: ResourceView<'firmware_component', FirmwareComponentRecord> = {
  resource: 'firmware_component',
  list_fields: [],
  unsortable: [],
  columns: [],
  fields: {
    component: plain('component'),
    initial_version: plain('initial_version'),
    current_version: plain('current_version'),
    last_version_flashed: plain('last_version_flashed'),
    vendor: plain('vendor'),
    model: plain('model'),
    serial_number: plain('serial_number'),
    ...stamps<FirmwareComponentRecord>(),
  },
};
