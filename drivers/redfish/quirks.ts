import { type Resource, textIn } from './resources.ts';

/** Where BMCs differ from the standard: each with the public source that proves it. */
export interface Quirks {
  /** An update has to name the resource that it is for; the standard lets the BMC find it by the image. */
  updates_name_their_target: boolean;
  /** A change of the boot device sets the boot mode back, unless it names it. */
  boot_device_names_the_mode: boolean;
  /** Where its screen is as RFB in a WebSocket; no link leads there, and the standard has none. null: not known. */
  screen_path: string | null;
}

/**
 * - Supermicro: `Targets` is the system for the BIOS and the manager for the BMC
 *   (https://www.supermicro.com/en/support/faqs/faq.php?faq=45630); the boot mode is named with each boot device
 *   (github.com/DMTF/Redfishtool/pull/106).
 * - OpenBMC: a push names the manager, and its `Model` is `OpenBmc`
 *   (github.com/openbmc/docs REDFISH-cheatsheet.md, "Firmware update"; github.com/openbmc/bmcweb redfish-core/lib/managers.hpp);
 *   the screen is RFB in the WebSocket `/kvm/0` (github.com/openbmc/bmcweb meson.options, `kvm`, and include/kvm_websocket.hpp).
 */
export function quirksOf(system: Resource, manager: Resource | undefined): Quirks {
  const supermicro = /^super ?micro/i.test(textIn(system.body, 'Manufacturer') ?? '');
  const openbmc = manager !== undefined && textIn(manager.body, 'Model') === 'OpenBmc';
  return {
    updates_name_their_target: supermicro || openbmc,
    boot_device_names_the_mode: supermicro,
    screen_path: openbmc ? '/kvm/0' : null,
  };
}
