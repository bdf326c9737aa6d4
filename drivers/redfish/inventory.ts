import type { NodeRecord } from '../../lifecycle/records.ts';
import type { BmcControl, HealthReader, InventoryReader } from '../contract.ts';
import { DriverError } from '../contract.ts';
import { ConnectionError } from './http.ts';
import { resetResource } from './reset.ts';
import { objectIn, textIn } from './resources.ts';
import type { System } from './system.ts';

const HEALTH: ReadonlySet<string> = new Set(['OK', 'Warning', 'Critical']);

/** Who made the server, and the firmware of its BMC. What the BMC does not tell is null. */
export function redfishInventory(system: System): InventoryReader {
  return {
    read: (options) =>
      system.client.within(options, async (call) => {
        const resource = await system.read(call);
        const [manager] = await system.linked(call, resource, 'ManagedBy');
        return {
          bmc: {
            firmware_version: manager === undefined ? null : textIn(manager.body, 'FirmwareVersion'),
            manufacturer_id: null,
            product_id: null,
            guid: textIn(resource.body, 'UUID'),
          },
          system_vendor: {
            manufacturer: textIn(resource.body, 'Manufacturer'),
            product_name: textIn(resource.body, 'Model'),
            serial_number: textIn(resource.body, 'SerialNumber'),
          },
        };
      }),
  };
}

/** The health of the system with its parts, as the BMC sums it up. */
export function redfishHealth(system: System): HealthReader {
  return {
    read: (options) =>
      system.client.within(options, async (call) => {
        const status = objectIn((await system.read(call)).body, 'Status') ?? {};
        const health = textIn(status, 'HealthRollup') ?? textIn(status, 'Health') ?? '';
        return HEALTH.has(health) ? (health as NodeRecord['health']) : null;
      }),
  };
}

/** Manager.Reset: graceful for a warm one, forced for a cold one, the other where the BMC has one only. */
export function redfishBmcControl(system: System): BmcControl {
  return {
    reset: (kind, options) =>
      system.client.within(options, async (call) => {
        const [manager] = await system.linked(call, await system.read(call), 'ManagedBy');
        if (manager === undefined)
          throw new DriverError('unsupported', `${system.client.name}: The system names no manager.`);
        const ways = ['GracefulRestart', 'ForceRestart'];
        try {
          await resetResource(system, call, manager, 'Manager', kind === 'warm' ? ways : ways.reverse());
        } catch (error) {
          // It answered a moment ago: a BMC that breaks the connection now has begun to reset.
          if (!(error instanceof ConnectionError) || !error.sent) throw error;
        }
      }),
  };
}
