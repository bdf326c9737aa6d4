import type { Store } from '../db/store.ts';
import { DriverError } from '../drivers/contract.ts';
import type { NodeRecord } from '../lifecycle/records.ts';
import { isSecretName, MASK } from '../lifecycle/secret-names.ts';
import type { Bmc } from './bmc.ts';
import { isPresent, managesHardware } from './interfaces.ts';
import { StepFailure, type WorkContext } from './step.ts';

/** What a node shows of its hardware without asking it: read when the node is verified, and now and then. */
export type Modes = Pick<NodeRecord, 'boot_mode' | 'secure_boot'>;

/**
 * Reads boot mode and secure boot; null where the hardware does not say.
 * @throws StepFailure
 */
export async function readModes(bmc: Bmc, node: Pick<NodeRecord, 'management_interface'>): Promise<Modes> {
  if (!managesHardware(node)) return { boot_mode: null, secure_boot: null };
  // Two uses: the lease is looked at before each.
  const boot_mode = await bmc.use('read the boot mode', async ({ bootMode }, options) =>
    bootMode?.get(options),
  );
  const secure_boot = await bmc.use('read whether secure boot is on', async ({ secureBoot }, options) =>
    secureBoot?.get(options),
  );
  return { boot_mode: boot_mode ?? null, secure_boot: secure_boot ?? null };
}

/**
 * Refreshes boot mode, BIOS settings and firmware components. The work goes on without what cannot be read.
 * @throws whatever is not the hardware's fault
 */
export async function refreshCaches(ctx: WorkContext): Promise<void> {
  for (const refresh of [refreshModes, refreshBios, refreshFirmware])
    try {
      await refresh(ctx, await ctx.bmc());
    } catch (error) {
      if (!(error instanceof StepFailure)) throw error;
      ctx.log.warn(
        { node: ctx.node.uuid, why: error.message },
        'what is kept of the hardware was not refreshed',
      );
      if (isSilent(error)) return;
    }
}

async function refreshModes(ctx: WorkContext, bmc: Bmc): Promise<void> {
  const modes = await readModes(bmc, ctx.node);
  const { boot_mode, secure_boot } = ctx.node;
  if (modes.boot_mode !== boot_mode || modes.secure_boot !== secure_boot) ctx.change(modes);
}

/** Reads the BIOS settings and those that wait for a boot, and keeps them. @throws StepFailure */
export async function refreshBios(
  { node, store }: { node: NodeRecord; store: Pick<Store, 'bios_settings' | 'hardware_readings' | 'now'> },
  bmc: Bmc,
): Promise<void> {
  if (!isPresent(node.bios_interface)) return;
  const settings = await bmc.use('read the BIOS settings', async ({ bios }, options) => bios?.read(options));
  if (settings === undefined) return;
  const pending = await bmc.use('read the pending BIOS settings', async ({ biosWriter }, options) =>
    biosWriter?.pending(options),
  );
  await store.bios_settings.replace(node.uuid, settings);
  const bios_read_at = await store.now();
  await store.hardware_readings.put(node.uuid, { bios_read_at, bios_pending: kept(pending ?? {}) });
}

/** Keeps which settings the BMC holds for the next boot. @param pending as it tells them */
export async function keepPending(
  { node, store }: Pick<WorkContext, 'node' | 'store'>,
  pending: Readonly<Record<string, string>>,
): Promise<void> {
  const bios_pending = kept(pending);
  const known = (await store.hardware_readings.get(node.uuid))?.bios_pending ?? {};
  if (JSON.stringify(known) !== JSON.stringify(bios_pending))
    await store.hardware_readings.put(node.uuid, { bios_pending });
}

function kept(pending: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(pending).map(([name, value]) => [name, isSecretName(name) ? MASK : value]),
  );
}

/** Keeps the version that was found first, and components that the BMC tells of only now and then. */
async function refreshFirmware(ctx: WorkContext, bmc: Bmc): Promise<void> {
  if (!isPresent(ctx.node.firmware_interface)) return;
  const found = await bmc.use('read the firmware', async ({ firmware }, options) => firmware?.read(options));
  if (found === undefined) return;
  const { uuid } = ctx.node;
  const known = new Map((await ctx.store.firmware_components.list(uuid)).map((row) => [row.component, row]));
  const rows = found.map(({ digest: _, ...part }) => {
    const before = known.get(part.component);
    known.delete(part.component);
    const flashed = before !== undefined && before.current_version !== part.current_version;
    return {
      ...part,
      initial_version: before?.initial_version ?? part.current_version,
      last_version_flashed: flashed ? part.current_version : (before?.last_version_flashed ?? null),
    };
  });
  await ctx.store.firmware_components.replace(uuid, [...rows, ...known.values()]);
  await ctx.store.hardware_readings.put(uuid, { firmware_read_at: await ctx.store.now() });
}

/** True: asking for more would only take time. */
function isSilent(error: StepFailure): boolean {
  const { cause } = error;
  return cause instanceof DriverError && ['unreachable', 'timeout'].includes(cause.code);
}
