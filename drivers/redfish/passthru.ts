import { VIRTUAL_MEDIA_DEVICES } from '../../lifecycle/virtual-media.ts';
import { DriverError, type PassthruMethod, type VirtualMediaControl } from '../contract.ts';
import { subscriptionCalls } from './subscriptions.ts';
import type { System } from './system.ts';

/** The vendor interface `redfish`: Ironic's names and arguments (ironic/drivers/modules/redfish/vendor.py). */
export function redfishPassthru(
  system: System,
  virtualMedia: VirtualMediaControl,
): Readonly<Record<string, PassthruMethod>> {
  return {
    eject_vmedia: {
      http_methods: ['POST'],
      async: true,
      description: 'Ejects virtual media. Argument: boot_device, of all when there is none.',
      call: async ({ boot_device }, options) => {
        const device = VIRTUAL_MEDIA_DEVICES.find((each) => each === boot_device);
        if (device === undefined && boot_device !== undefined && boot_device !== null)
          throw new DriverError(
            'rejected',
            `boot_device must be one of ${VIRTUAL_MEDIA_DEVICES.join(', ')}.`,
          );
        await virtualMedia.detach(device === undefined ? null : [device], options);
        return null;
      },
    },
    ...subscriptionCalls(system),
  };
}
