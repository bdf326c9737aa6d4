import { systemClock } from '../../../config/system-clock.ts';
import { createRedfishDriver, IDRAC, type RedfishType } from '../../../drivers/redfish/driver.ts';
import { selfSignedCertificate } from '../../../rack/certificate.ts';
import type { RedfishFaults } from '../../../rack/redfish/redfish-faults.ts';
import type { VendorName } from '../../../rack/redfish/vendors.ts';
import { WIRE_FAULTS } from '../../../rack/wire-fault.ts';
import { describeDriver } from '../../contract/describe-driver.ts';
import type { BenchFault } from '../../contract/driver-bench.ts';
import { describeBmcManagement } from '../../contract/driver-bmc.ts';
import { describeHardwareChanges, type HardwareBench } from '../../contract/driver-hardware.ts';
import { PASSWORD, QUICK_OPTIONS, quickRack, WRONG_PASSWORD } from './redfish-bench.ts';

const FAULTS: Readonly<Partial<Record<BenchFault, RedfishFaults>>> = {
  silent: { silent: true },
  busy: { busy: Number.POSITIVE_INFINITY },
  ...Object.fromEntries(WIRE_FAULTS.map((wire) => [wire, { wire }])),
};
const LAMP = { Lit: 'on', Off: 'off', Blinking: 'blinking' } as const;

async function startBench(type?: RedfishType, vendor?: VendorName): Promise<HardwareBench> {
  // The suite moves a BMC to this address.
  const certificate = await selfSignedCertificate('127.0.0.1', systemClock.now(), ['192.0.2.77']);
  const rack = await quickRack({ certificate });
  if (vendor !== undefined) for (const { redfish } of rack.servers) redfish.become(vendor);
  return {
    createDriver: (context) => createRedfishDriver(context, QUICK_OPTIONS, type),
    driver_info: (i) => rack.driver_info(i),
    refused_driver_info: (i) => ({ ...rack.driver_info(i), redfish_password: WRONG_PASSWORD }),
    truth: (i) => {
      const { machine, redfish } = rack.server(i);
      const { state } = redfish;
      return {
        get power() {
          return machine.power;
        },
        set power(power) {
          machine.forcePower(power);
        },
        get boot() {
          const { boot_override } = machine;
          return boot_override === null
            ? null
            : { boot_device: boot_override.device, persistent: boot_override.persistent };
        },
        get identify() {
          return machine.identify;
        },
        get indicators() {
          return {
            'sled-7c@chassis': LAMP[state.chassis_lamp],
            [`${machine.identity.uuid}@system`]: state.system_lamp ? ('on' as const) : ('off' as const),
            ...Object.fromEntries(
              state.storage.drives.map(({ id, lit }) => [
                `${id}@disk`,
                lit ? ('on' as const) : ('off' as const),
              ]),
            ),
          };
        },
        get nmi_count() {
          return machine.nmi_count;
        },
        get reboots() {
          return machine.reboots;
        },
        get boot_mode() {
          return state.boot_mode;
        },
        set boot_mode(mode) {
          state.setBootMode(mode);
        },
        get secure_boot() {
          return state.secure_boot;
        },
        set secure_boot(enabled) {
          state.secure_boot = enabled;
        },
        get health() {
          return state.health;
        },
        set health(health) {
          state.health = health;
        },
        set bios(settings: readonly { name: string; value: string | null }[]) {
          for (const { name, value } of settings) state.bios.values[name] = value ?? '';
        },
        set firmware(parts: readonly { component: string; current_version: string }[]) {
          for (const { component, current_version } of parts)
            Object.assign(state.firmware.versions, { [component]: current_version });
        },
        get secure_boot_keys() {
          return state.secure_boot_keys;
        },
        get erasures() {
          return state.storage.drives.reduce((sum, { erasures }) => sum + erasures, 0);
        },
        get images() {
          return state.media.map(({ image }) => image).filter((image) => image !== null);
        },
      };
    },
    break: (i, fault) => {
      rack.server(i).redfish.faults = FAULTS[fault] ?? {};
    },
    heal: (i) => {
      rack.server(i).redfish.faults = {};
    },
    slow: () => {
      rack.server(0).redfish.faults = { task: { looks: 1, end: 'Completed' } };
    },
    [Symbol.asyncDispose]: () => rack[Symbol.asyncDispose](),
  };
}

const startRedfishBench = () => startBench();

const ABLE = {
  capabilities: [
    ...(['boot', 'nmi', 'inventory', 'sensors', 'bmc', 'bootMode', 'secureBoot', 'indicators'] as const),
    ...(['virtualMedia', 'health', 'bios', 'firmware', 'eventLog'] as const),
  ],
  faults: ['silent', 'busy', ...WIRE_FAULTS],
  secrets: [PASSWORD, WRONG_PASSWORD],
} as const;

describeDriver('redfish', startRedfishBench, ABLE);

describeDriver('idrac', () => startBench(IDRAC, 'idrac10'), ABLE);

describeHardwareChanges('redfish', startRedfishBench, ['biosWriter', 'raid', 'drives', 'firmwareUpdater']);

describeBmcManagement('redfish', startRedfishBench, [
  ...(['accounts', 'lan', 'clock', 'ntp', 'eventLog.clear', 'secureBootKeys'] as const),
]);
