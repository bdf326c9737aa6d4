import type { JsonObject } from '../../../lifecycle/json.ts';
import type { BiosSettingRecord } from '../../../lifecycle/records.ts';
import { nodeTarget } from '../../openstack/node-access.ts';
import type { LifecycleHandler } from '../handler.ts';
import { isoTime } from '../iso-time.ts';
import { findServer } from './access.ts';
import { pendingOf } from './pending.ts';

/** Parts of the answer, and the rule of the bare metal API that shows each. */
const RULES = {
  inventory: 'baremetal:node:inventory:get',
  ports: 'baremetal:port:get',
  bios: 'baremetal:node:bios:get',
  firmware: 'baremetal:node:firmware:get',
} as const;

/**
 * GET /v1/servers/{server}/hardware: what is known of the server's hardware, in one answer. Nothing is asked of the BMC. A part that the
 * caller may not see, or that was never read, is null.
 */
export const showHardware: LifecycleHandler = async (request, api) => {
  const { server, node } = await findServer(api, request);
  const { store, policy } = api;
  const { uuid } = server;
  const seen = <T>(part: keyof typeof RULES, read: () => Promise<T>): Promise<T> | null =>
    policy.allows(RULES[part], nodeTarget(server), request.caller) ? read() : null;
  const latest = () => store.registrations.list({ where: { node_uuid: uuid }, sort_dir: 'desc', limit: 1 });
  const [reading, kept, registrations, ports, bios, firmware] = await Promise.all([
    store.hardware_readings.get(uuid),
    seen('inventory', () => store.inventory.get(uuid)),
    seen('inventory', latest),
    seen('ports', () => store.ports.list({ where: { node_uuid: uuid } })),
    seen('bios', () => store.bios_settings.list(uuid)),
    seen('firmware', () => store.firmware_components.list(uuid)),
  ]);
  const registration = registrations?.[0];
  return {
    status: 200,
    body: {
      inventory: kept?.inventory ?? null,
      cabling: registration === undefined ? null : registration.ports.map((one): JsonObject => ({ ...one })),
      ports:
        ports?.map(({ uuid, address, name, local_link_connection, physical_network, pxe_enabled }) => ({
          ...{ uuid, address, name, local_link_connection, physical_network, pxe_enabled },
        })) ?? null,
      bios: bios?.map(biosView) ?? null,
      bios_read_at: bios === null ? null : isoTime(reading?.bios_read_at ?? null),
      firmware:
        firmware?.map(({ component, initial_version, current_version, last_version_flashed }) => ({
          ...{ component, initial_version, current_version, last_version_flashed },
        })) ?? null,
      firmware_read_at: firmware === null ? null : isoTime(reading?.firmware_read_at ?? null),
      raid: node === null ? null : { current: node.raid_config, target: node.target_raid_config },
      pending:
        node === null ? [] : await pendingOf(api, { server, node }, { bios, firmware }, request.caller),
      properties: node?.properties ?? null,
      boot_mode: node?.boot_mode ?? null,
      secure_boot: node?.secure_boot ?? null,
    },
  };
};

/** A setting, with what it may be, for whoever changes it. */
function biosView({ updated_at, ...setting }: BiosSettingRecord): JsonObject {
  const { name, value, attribute_type, allowable_values, lower_bound, upper_bound, read_only } = setting;
  return {
    ...{ name, value, attribute_type, allowable_values, lower_bound, upper_bound, read_only },
    updated_at: isoTime(updated_at),
  };
}
