import { type Resource, textIn } from './resources.ts';

/** Where BMCs differ from the standard: each with the public source that proves it. */
export interface Quirks {
  /** An update has to name the resource that it is for; the standard lets the BMC find it by the image. */
  updates_name_their_target: boolean;
  /** A change of the boot device sets the boot mode back, unless it names it. */
  boot_device_names_the_mode: boolean;
  /** A change of the boot override has to name target, frequency and mode, also those that stay. */
  boot_is_changed_whole: boolean;
  /** The firmware takes virtual CDs for USB ones, and finds nothing to boot when told of a CD. */
  virtual_cd_is_usb: boolean;
  /** Where its screen is as RFB in a WebSocket; no link leads there, and the standard has none. null: not known. */
  screen_path: string | null;
}

/**
 * - Supermicro: `Targets` is the system for the BIOS and the manager for the BMC
 *   (https://www.supermicro.com/en/support/faqs/faq.php?faq=45630); the boot mode is named with each boot device
 *   (github.com/DMTF/Redfishtool/pull/106); virtual media is a `UsbCd`, but for the ARS-111GL-NHR
 *   (opendev.org/openstack/sushy, resources/system/system.py, set_system_boot_options).
 * - AMI, also under the names of those who build its boards, such as ASRock Rack: the boot override is changed whole
 *   (opendev.org/openstack/ironic, drivers/modules/redfish/management.py, VENDORS_REQUIRING_FULL_BOOT_REQUEST).
 *   That it is changed in the settings resource (github.com/DMTF/Redfish-Tacklebox/issues/111 and 144) is no quirk here: see
 *   boot-override.ts. Nor is it that it wants If-Match (github.com/stmcginnis/gofish/issues/171): see client.ts.
 * - OpenBMC: a push names the manager, and its `Model` is `OpenBmc`
 *   (github.com/openbmc/docs REDFISH-cheatsheet.md, "Firmware update"; github.com/openbmc/bmcweb redfish-core/lib/managers.hpp);
 *   the screen is RFB in the WebSocket `/kvm/0` (github.com/openbmc/bmcweb meson.options, `kvm`, and include/kvm_websocket.hpp).
 * - Dell's are in idrac.ts, those of virtual media where it is inserted. That a BMC is not ready yet is told in message.ts.
 */
export function quirksOf(system: Resource, manager: Resource | undefined): Quirks {
  const manufacturer = textIn(system.body, 'Manufacturer') ?? '';
  const supermicro = /^super ?micro/i.test(manufacturer);
  const openbmc = manager !== undefined && textIn(manager.body, 'Model') === 'OpenBmc';
  const model = (textIn(system.body, 'Model') ?? '').toLowerCase();
  return {
    updates_name_their_target: supermicro || openbmc,
    boot_device_names_the_mode: supermicro,
    boot_is_changed_whole: /american megatrends|asrock ?rack|redfish_compatible|\bami\b/i.test(manufacturer),
    virtual_cd_is_usb: supermicro && model !== 'ars-111gl-nhr',
    screen_path: openbmc ? '/kvm/0' : null,
  };
}
