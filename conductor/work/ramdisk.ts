import { type BootDevice, DriverError } from '../../drivers/contract.ts';
import { bootIsoPath } from '../../lifecycle/image-source.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { Bmc } from '../bmc.ts';
import { bootMode, bootsByMedia, managesBoot, networkDevice } from '../interfaces.ts';
import { StepFailure, type WorkContext } from '../step.ts';
import { wipedAgent } from '../wiped-agent.ts';
import { checkUrl } from './deploy-image.ts';

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
  const by_media = boot_device === 'pxe' && bootsByMedia(ctx.node);
  if (by_media) await insertBootIso(ctx, bmc);
  else await ejectBootIso(ctx, bmc);
  if (managesBoot(ctx.node))
    await bmc.setBootDevice(
      by_media ? 'cdrom' : boot_device,
      options.persistent,
      bootMode(ctx.node, ctx.settings.deploy.default_boot_mode),
    );
  if (ctx.node.disable_power_off) await bmc.command('rebooting');
  await bmc.reach('power on');
  ctx.change({ power_state: 'power on', target_power_state: null });
}

/** Boots the agent's ramdisk; its first heartbeat says that it is there. */
export function bootRamdisk(ctx: WorkContext): Promise<void> {
  return bootFrom(ctx, networkDevice(ctx.node), { persistent: false });
}

/** Powers the server off and forgets its agent; leaves it on when it may not be powered off. */
export async function powerOff(ctx: WorkContext): Promise<void> {
  if (ctx.node.disable_power_off && !bootsByMedia(ctx.node)) return;
  const bmc = await ctx.bmc();
  if (!ctx.node.disable_power_off) await bmc.reach('power off');
  await ejectBootIso(ctx, bmc);
  if (ctx.node.disable_power_off) return;
  ctx.change({
    power_state: 'power off',
    target_power_state: null,
    driver_internal_info: wipedAgent(ctx.node.driver_internal_info),
  });
}

/** Larger ramdisks take a while to be put on a CD. */
const MAKE_ISO_S = 120;

/** Puts what the node is to boot into its CD drive, made by the boot service, or as the node names it. @throws StepFailure */
async function insertBootIso(ctx: WorkContext, bmc: Bmc): Promise<void> {
  const own = ownIso(ctx.node);
  const url = own ?? madeIso(ctx);
  if (own === null) await checkUrl(url, 'the CD that the server is to boot', MAKE_ISO_S, ctx.signal);
  await bmc.use('insert the CD to boot from', async ({ virtualMedia }, options) => {
    if (virtualMedia === undefined)
      throw new DriverError('unsupported', 'The BMC has no virtual media: choose another boot_interface.');
    await virtualMedia.attach('cdrom', url, options);
  });
}

/** The CD may not be there to boot from once the server has something else to boot. */
async function ejectBootIso(ctx: WorkContext, bmc: Bmc): Promise<void> {
  if (!bootsByMedia(ctx.node)) return;
  await bmc.use('eject the CD that was booted', async ({ virtualMedia }, options) => {
    await virtualMedia?.detach(['cdrom'], options);
  });
}

/** A CD that the node names: of its instance, or of its ramdisk (ironic: deploy_iso, rescue_iso). */
function ownIso({
  deploy_interface,
  driver_info,
  instance_info,
  provision_state,
}: NodeRecord): string | null {
  const name = provision_state.startsWith('rescu') ? 'rescue_iso' : 'deploy_iso';
  const iso =
    deploy_interface === 'ramdisk' && DEPLOYED.includes(provision_state)
      ? instance_info.boot_iso
      : driver_info[name];
  return typeof iso === 'string' && iso !== '' ? iso : null;
}

const DEPLOYED: readonly string[] = ['deploying', 'wait call-back', 'active'];

function madeIso({ node, settings }: WorkContext): string {
  const base = settings.deploy.http_url.replace(/\/+$/, '');
  if (base !== '') return `${base}${bootIsoPath(node.uuid)}`;
  throw new StepFailure(
    'CDs to boot from come from the boot service: set [deploy]http_url to its URL as the BMCs reach it.',
  );
}

/** Milliseconds of an option in seconds; 0 = no limit. */
export function limit_ms(seconds: number): number | null {
  return seconds === 0 ? null : seconds * 1000;
}
