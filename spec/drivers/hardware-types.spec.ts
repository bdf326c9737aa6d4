import { expect } from 'chai';
import { createIpmiDriver, INTEL_IPMI } from '../../drivers/ipmi/driver.ts';
import { createRedfishDriver, IDRAC } from '../../drivers/redfish/driver.ts';
import { hardwareTypeFacts } from '../../drivers/registry.ts';
import { settingsWith } from '../conductor/conductor-bench.ts';
import { recordingContext } from '../contract/driver-bench.ts';

describe('hardware types that are names for another one', () => {
  const { context } = recordingContext();

  /** The default of each kind that is told of. */
  function defaults(driver: Parameters<typeof hardwareTypeFacts>[0], settings = settingsWith({})) {
    const { interfaces } = hardwareTypeFacts(driver, settings);
    return Object.fromEntries(Object.entries(interfaces).map(([kind, facts]) => [kind, facts.default]));
  }

  it("idrac has Ironic's names where they are enabled, and what redfish has where they are not", () => {
    const settings = settingsWith({});
    const driver = createRedfishDriver(context, settings.redfish, IDRAC);
    expect(driver.name).to.equal('idrac');
    expect(defaults(driver)).to.include({
      ...{ management: 'idrac-redfish', power: 'idrac-redfish', bios: 'redfish', vendor: 'redfish' },
      ...{ boot: 'ipxe', inspect: 'agent', raid: 'no-raid', firmware: 'redfish' },
    });
    const enabled = settingsWith({
      DEFAULT: {
        enabled_bios_interfaces: ['idrac-redfish', 'no-bios'],
        enabled_boot_interfaces: ['idrac-redfish-virtual-media'],
        enabled_inspect_interfaces: ['agent', 'idrac-redfish'],
        enabled_raid_interfaces: ['agent', 'idrac-redfish'],
        enabled_vendor_interfaces: ['no-vendor', 'idrac-redfish'],
      },
    });
    expect(defaults(driver, enabled)).to.include({
      ...{ bios: 'idrac-redfish', boot: 'idrac-redfish-virtual-media', inspect: 'idrac-redfish' },
      ...{ raid: 'idrac-redfish', vendor: 'idrac-redfish' },
    });
    expect(Object.keys(driver.properties)).to.include('redfish_address');
  });

  it('intel-ipmi is ipmi with another management interface', () => {
    const settings = settingsWith({});
    const driver = createIpmiDriver(context, settings.ipmi, INTEL_IPMI);
    expect(driver.name).to.equal('intel-ipmi');
    expect(defaults(driver)).to.include({ management: 'intel-ipmitool', power: 'ipmitool' });
    expect(Object.keys(driver.properties)).to.include('ipmi_address');
  });
});
