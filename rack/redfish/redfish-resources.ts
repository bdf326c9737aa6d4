import type { JsonObject } from '../../lifecycle/json.ts';
import type { FirmwareDevice } from '../machine.ts';
import { collection, link, named, withoutNulls } from './json.ts';
import { KVM_PLACES } from './kvm.ts';
import { PATHS } from './paths.ts';
import type { RedfishFaults } from './redfish-faults.ts';
import type { MediaSlot, RedfishState } from './redfish-state.ts';

export const RESET_TYPES = [
  'On',
  'ForceOff',
  'GracefulShutdown',
  'GracefulRestart',
  'ForceRestart',
  'PowerCycle',
  'Nmi',
] as const;

export const BOOT_TARGETS: Readonly<Record<string, FirmwareDevice | null>> = {
  None: null,
  Pxe: 'pxe',
  Hdd: 'disk',
  Cd: 'cdrom',
  BiosSetup: 'bios',
  UefiHttp: 'uefihttp',
};

/** The resource at `path`, or null. Trimmed to what the schemas require and clients read. */
export function resourceAt(state: RedfishState, faults: RedfishFaults, path: string): JsonObject | null {
  const slot = state.media.find(({ id }) => path === `${PATHS.manager}/VirtualMedia/${id}`);
  if (slot !== undefined) {
    const { Actions, ...properties } = mediaResource(path, slot);
    return faults.media_by_patch === true ? properties : { ...properties, Actions: Actions ?? {} };
  }
  const build = RESOURCES[path.replace(/\/$/, '')];
  return build === undefined ? null : build(state, faults);
}

const RESOURCES: Readonly<Record<string, (state: RedfishState, faults: RedfishFaults) => JsonObject>> = {
  '/redfish/v1': ({ machine }) => ({
    ...named(PATHS.root, 'ServiceRoot.v1_15_0.ServiceRoot', 'RootService'),
    RedfishVersion: '1.15.0',
    UUID: machine.identity.uuid,
    Systems: link('/redfish/v1/Systems'),
    Chassis: link('/redfish/v1/Chassis'),
    Managers: link('/redfish/v1/Managers'),
    SessionService: link('/redfish/v1/SessionService'),
    Tasks: link('/redfish/v1/TaskService'),
    Registries: link('/redfish/v1/Registries'),
    UpdateService: link('/redfish/v1/UpdateService'),
    AccountService: link('/redfish/v1/AccountService'),
    EventService: link('/redfish/v1/EventService'),
    CertificateService: link('/redfish/v1/CertificateService'),
    Links: { Sessions: link(PATHS.sessions) },
  }),
  '/redfish/v1/SessionService': () => ({
    ...named('/redfish/v1/SessionService', 'SessionService.v1_1_8.SessionService', 'SessionService'),
    ServiceEnabled: true,
    Sessions: link(PATHS.sessions),
  }),
  '/redfish/v1/Systems': () => collection('/redfish/v1/Systems', 'ComputerSystem', [PATHS.system]),
  '/redfish/v1/Chassis': () => collection('/redfish/v1/Chassis', 'Chassis', [PATHS.chassis]),
  '/redfish/v1/Managers': () => collection('/redfish/v1/Managers', 'Manager', [PATHS.manager]),
  '/redfish/v1/Registries': () =>
    collection('/redfish/v1/Registries', 'MessageRegistryFile', [
      '/redfish/v1/Registries/BiosAttributeRegistryKurogane.v1_0_0',
    ]),
  [PATHS.system]: systemResource,
  [`${PATHS.system}/SecureBoot`]: ({ secure_boot }) => ({
    ...named(`${PATHS.system}/SecureBoot`, 'SecureBoot.v1_1_0.SecureBoot', 'SecureBoot'),
    SecureBootEnable: secure_boot,
    SecureBootCurrentBoot: secure_boot ? 'Enabled' : 'Disabled',
    SecureBootMode: 'UserMode',
    Actions: {
      '#SecureBoot.ResetKeys': {
        target: `${PATHS.system}/SecureBoot/Actions/SecureBoot.ResetKeys`,
        'ResetKeysType@Redfish.AllowableValues': ['ResetAllKeysToDefault', 'DeleteAllKeys'],
      },
    },
  }),
  [PATHS.chassis]: ({ chassis_lamp, machine }) => ({
    ...named(PATHS.chassis, 'Chassis.v1_21_0.Chassis', 'sled-7c'),
    ChassisType: 'RackMount',
    SerialNumber: machine.identity.serial,
    IndicatorLED: chassis_lamp,
    Links: { ComputerSystems: [link(PATHS.system)], ManagedBy: [link(PATHS.manager)] },
    Thermal: link(`${PATHS.chassis}/Thermal`),
    Power: link(`${PATHS.chassis}/Power`),
    NetworkAdapters: link(`${PATHS.chassis}/NetworkAdapters`),
  }),
  [`${PATHS.chassis}/NetworkAdapters`]: () =>
    collection(`${PATHS.chassis}/NetworkAdapters`, 'NetworkAdapter', [
      `${PATHS.chassis}/NetworkAdapters/Slot-1`,
    ]),
  [`${PATHS.chassis}/NetworkAdapters/Slot-1`]: ({ firmware, machine }) => ({
    ...named(`${PATHS.chassis}/NetworkAdapters/Slot-1`, 'NetworkAdapter.v1_9_0.NetworkAdapter', 'Slot-1'),
    Manufacturer: machine.identity.manufacturer,
    Model: 'Virtual NIC',
    SerialNumber: `${machine.identity.serial}-N1`,
    Controllers: [{ FirmwarePackageVersion: firmware.version('nic:Slot-1') }],
  }),
  [`${PATHS.chassis}/Thermal`]: ({ machine }) => ({
    ...named(`${PATHS.chassis}/Thermal`, 'Thermal.v1_7_1.Thermal', 'Thermal'),
    Temperatures: [
      {
        '@odata.id': `${PATHS.chassis}/Thermal#/Temperatures/0`,
        MemberId: '0',
        Name: 'CPU1 Temp',
        SensorNumber: 5,
        PhysicalContext: 'CPU',
        ReadingCelsius: machine.power === 'on' ? 41 : null,
        UpperThresholdCritical: 90,
        Status: { State: machine.power === 'on' ? 'Enabled' : 'Absent', Health: 'OK' },
      },
    ],
    Fans: [
      {
        '@odata.id': `${PATHS.chassis}/Thermal#/Fans/0`,
        MemberId: '0',
        Name: 'BaseBoard System Fan',
        PhysicalContext: 'Backplane',
        Reading: machine.power === 'on' ? 2100 : 0,
        ReadingUnits: 'RPM',
        Status: { State: 'Enabled', Health: 'OK' },
      },
    ],
  }),
  [`${PATHS.chassis}/Power`]: () => ({
    ...named(`${PATHS.chassis}/Power`, 'Power.v1_7_1.Power', 'Power'),
    PowerSupplies: [
      {
        '@odata.id': `${PATHS.chassis}/Power#/PowerSupplies/0`,
        MemberId: '0',
        Name: 'Power Supply Bay 1',
        PowerCapacityWatts: 800,
        LineInputVoltage: 230,
        Status: { State: 'Enabled', Health: 'OK' },
      },
    ],
  }),
  [PATHS.manager]: ({ firmware, has_screen, model, network, screen_enabled }) => ({
    ...named(PATHS.manager, 'Manager.v1_16_0.Manager', 'controller-7c'),
    ManagerType: 'BMC',
    ...(model === null ? {} : { Model: model }),
    ...(has_screen
      ? {
          GraphicalConsole: {
            ServiceEnabled: screen_enabled,
            MaxConcurrentSessions: KVM_PLACES,
            ConnectTypesSupported: ['KVMIP'],
          },
        }
      : {}),
    ...network.properties,
    FirmwareVersion: firmware.version('bmc'),
    Status: { State: 'Enabled', Health: 'OK' },
    Links: { ManagerForServers: [link(PATHS.system)], ManagerForChassis: [link(PATHS.chassis)] },
    VirtualMedia: link(`${PATHS.manager}/VirtualMedia`),
    Actions: {
      '#Manager.Reset': {
        target: `${PATHS.manager}/Actions/Manager.Reset`,
        'ResetType@Redfish.AllowableValues': ['ForceRestart', 'GracefulRestart'],
      },
    },
  }),
  [`${PATHS.manager}/VirtualMedia`]: ({ media }) =>
    collection(
      `${PATHS.manager}/VirtualMedia`,
      'VirtualMedia',
      media.map(({ id }) => `${PATHS.manager}/VirtualMedia/${id}`),
    ),
};

function systemResource(state: RedfishState, faults: RedfishFaults): JsonObject {
  const { machine, boot_mode, health } = state;
  const { boot_override, identity } = machine;
  const target = Object.entries(BOOT_TARGETS).find(
    ([, device]) => device === (boot_override?.device ?? null),
  );
  const allowed = (values: readonly string[]): readonly string[] | null =>
    faults.no_allowable_values === true ? null : values;
  return withoutNulls({
    ...named(PATHS.system, 'ComputerSystem.v1_20_0.ComputerSystem', 'node-7c'),
    SystemType: 'Physical',
    Manufacturer: identity.manufacturer,
    Model: identity.product_name,
    SerialNumber: identity.serial,
    UUID: identity.uuid,
    BiosVersion: state.firmware.version('bios'),
    PowerState: machine.power === 'on' ? 'On' : 'Off',
    LocationIndicatorActive: state.system_lamp,
    Status:
      health === null ? { State: 'Enabled' } : { State: 'Enabled', Health: health, HealthRollup: health },
    Boot: withoutNulls({
      BootSourceOverrideEnabled: enabledWord(boot_override),
      BootSourceOverrideTarget: target?.[0] ?? 'None',
      BootSourceOverrideMode: boot_mode === 'uefi' ? 'UEFI' : 'Legacy',
      'BootSourceOverrideTarget@Redfish.AllowableValues': [...(allowed(Object.keys(BOOT_TARGETS)) ?? [])],
    }),
    ...state.parts.properties,
    Bios: link(state.bios.path),
    Storage: link(`${PATHS.system}/Storage`),
    LogServices: link(`${PATHS.system}/LogServices`),
    SecureBoot: link(`${PATHS.system}/SecureBoot`),
    Links: { Chassis: [link(PATHS.chassis)], ManagedBy: [link(PATHS.manager)] },
    Actions: {
      '#ComputerSystem.Reset': withoutNulls({
        target: `${PATHS.system}/Actions/ComputerSystem.Reset`,
        'ResetType@Redfish.AllowableValues': allowed(RESET_TYPES)?.slice() ?? null,
      }),
    },
  });
}

function enabledWord(override: { persistent: boolean } | null): string {
  if (override === null) return 'Disabled';
  return override.persistent ? 'Continuous' : 'Once';
}

function mediaResource(path: string, { id, media_types, image, write_protected }: MediaSlot): JsonObject {
  return {
    ...named(path, 'VirtualMedia.v1_6_0.VirtualMedia', id),
    MediaTypes: [...media_types],
    Image: image,
    Inserted: image !== null,
    WriteProtected: write_protected,
    ConnectedVia: image === null ? 'NotConnected' : 'URI',
    Actions: {
      '#VirtualMedia.InsertMedia': { target: `${path}/Actions/VirtualMedia.InsertMedia` },
      '#VirtualMedia.EjectMedia': { target: `${path}/Actions/VirtualMedia.EjectMedia` },
    },
  };
}
