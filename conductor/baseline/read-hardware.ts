import type { CallOptions, Connection } from '../../drivers/contract.ts';
import type { HardwareState } from '../../lifecycle/hardware-baseline.ts';
import { managesHardware } from '../interfaces.ts';
import type { WorkContext } from '../step.ts';

type Read<T> = (connection: Connection, options: CallOptions) => Promise<T | undefined>;

/** Reads everything that a baseline has, as far as the BMC tells it. @throws StepFailure: it told something once, and does not answer now */
export async function readHardware(ctx: WorkContext): Promise<HardwareState> {
  if (!managesHardware(ctx.node)) return NOTHING;
  const bmc = await ctx.bmc();
  const read = async <T>(what: string, call: Read<T>): Promise<T | null> =>
    (await bmc.use(`read ${what}`, call)) ?? null;
  const bios = await read('the BIOS settings', async ({ bios }, options) => bios?.read(options));
  const raid = await read('the RAID volumes', async ({ raid }, options) => raid?.read(options));
  const accounts = await read('the accounts of the BMC', async ({ accounts }, options) =>
    accounts?.list(options),
  );
  const ntp = await read('the NTP servers of the BMC', async ({ ntp }, options) => ntp?.get(options));
  const lan = await read("the BMC's network", async ({ lan }, options) => lan?.get(options));
  const firmware = await read('the firmware', async ({ firmware }, options) =>
    firmware?.read({ ...options, measured: true }),
  );
  const server = firmware === null ? null : await ctx.store.servers.get(ctx.node.uuid);
  return {
    bios:
      bios === null
        ? null
        : Object.fromEntries(
            bios.filter(({ read_only }) => read_only !== true).map(({ name, value }) => [name, value]),
          ),
    raid:
      raid === null
        ? null
        : raid.flatMap(({ id: controller, volumes }) =>
            volumes.map(({ raid_level, drives }) => ({ controller, raid_level, drives: [...drives] })),
          ),
    accounts:
      accounts === null
        ? null
        : accounts.filter(({ self }) => !self).map(({ name, role, enabled }) => ({ name, role, enabled })),
    ntp: ntp === null ? null : ntp.enabled ? [...ntp.servers] : [],
    lan:
      lan === null
        ? null
        : {
            ...{ source: lan.source, netmask: lan.netmask, gateway: lan.gateway, vlan_id: lan.vlan_id },
          },
    firmware:
      firmware === null
        ? null
        : firmware.map(({ component, current_version, digest, vendor, model }) => ({
            ...{ component, version: current_version, digest: digest ?? null },
            manufacturer: vendor ?? server?.manufacturer ?? null,
            // A NIC has a model of its own; the rest is the server's, as in registration.
            product_name: component.startsWith('nic') ? model : (server?.product_name ?? null),
          })),
  };
}

const NOTHING: HardwareState = {
  ...{ bios: null, raid: null, accounts: null, ntp: null, lan: null, firmware: null },
};
