import type { Clock } from '../../lifecycle/clock.ts';
import type { InventoryReader } from '../contract.ts';
import { firmwareVersion, getDeviceId } from './commands/get-device-id.ts';
import { formatGuid, getSystemGuid } from './commands/get-system-guid.ts';
import { CompletionError } from './completion-error.ts';
import type { Controller } from './controller.ts';
import { readFru } from './fru.ts';
import { remaining } from './power.ts';

/** Device id, GUID and FRU. What the BMC does not have is null. */
export function ipmiInventory(bmc: Controller, clock: Clock): InventoryReader {
  return {
    read: async (options) => {
      const left = remaining(clock, options);
      const device = await bmc.execute(getDeviceId, {}, options);
      const guid = await orNull(() => bmc.execute(getSystemGuid, {}, left()));
      const fru = await orNull(() => readFru(bmc, left));
      const { product = null, board = null } = fru ?? {};
      return {
        bmc: {
          firmware_version: firmwareVersion(device),
          manufacturer_id: device.manufacturer_id,
          product_id: device.product_id,
          guid: guid === null ? null : formatGuid(guid.guid),
        },
        system_vendor: {
          manufacturer: product?.manufacturer || board?.manufacturer || null,
          product_name: product?.product_name || board?.product_name || null,
          serial_number: product?.serial_number || board?.serial_number || null,
        },
      };
    },
  };
}

async function orNull<Value>(read: () => Promise<Value>): Promise<Value | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CompletionError && error.code !== 'busy') return null;
    throw error;
  }
}
