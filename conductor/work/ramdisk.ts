import type { BootDevice } from '../../drivers/contract.ts';
import { bootMode, managesBoot } from '../interfaces.ts';
import type { WorkContext } from '../step.ts';
import { wipedAgent } from '../wiped-agent.ts';

/**
 * Restarts the server so that it boots from `boot_device`. With the power off while the device is set, an old agent
 * cannot answer for the new boot. Safe to repeat.
 */
export async function bootFrom(
  ctx: WorkContext,
  boot_device: BootDevice,
  options: { persistent: boolean },
): Promise<void> {
  const bmc = await ctx.bmc();
  if (!ctx.node.disable_power_off) await bmc.reach('power off');
  ctx.change({ driver_internal_info: wipedAgent(ctx.node.driver_internal_info) });
  if (managesBoot(ctx.node))
    await bmc.setBootDevice(
      boot_device,
      options.persistent,
      bootMode(ctx.node, ctx.settings.deploy.default_boot_mode),
    );
  if (ctx.node.disable_power_off) await bmc.command('rebooting');
  await bmc.reach('power on');
  ctx.change({ power_state: 'power on', target_power_state: null });
}

/** Boots the agent's ramdisk; its first heartbeat says that it is there. */
export function bootRamdisk(ctx: WorkContext): Promise<void> {
  return bootFrom(ctx, 'pxe', { persistent: false });
}

/** Powers the server off and forgets its agent; leaves it on when it may not be powered off. */
export async function powerOff(ctx: WorkContext): Promise<void> {
  if (ctx.node.disable_power_off) return;
  const bmc = await ctx.bmc();
  await bmc.reach('power off');
  ctx.change({
    power_state: 'power off',
    target_power_state: null,
    driver_internal_info: wipedAgent(ctx.node.driver_internal_info),
  });
}

/** Milliseconds of an option in seconds; 0 = no limit. */
export function limit_ms(seconds: number): number | null {
  return seconds === 0 ? null : seconds * 1000;
}
