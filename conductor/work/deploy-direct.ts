import { capability } from '../../lifecycle/capability.ts';
import type { PlannedStep, StepOutcome } from '../../lifecycle/job.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { configdriveFor } from '../configdrive/configdrive.ts';
import { bootMode, managesBoot } from '../interfaces.ts';
import { networkOf } from '../network/network.ts';
import { DONE, type StepContext, type StepDefinition, stepName, type WorkContext } from '../step.ts';
import { wipedAgent } from '../wiped-agent.ts';
import { agentCommand, probeAgentCommand } from './agent-step.ts';
import { askForSteps, stepsOfAgent } from './agent-steps.ts';
import { checkServed, imageUrl, prepareImage } from './deploy-image.ts';
import { bootRamdisk, limit_ms, powerOff } from './ramdisk.ts';

/** How long the ramdisk may take to power itself off before the BMC does it. */
const GRACEFUL_OFF_MS = 30_000;

const deploy: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    if (ctx.woken) {
      await prepareImage(ctx);
      ctx.replan(withInBandSteps(ctx, stepsOfAgent(await askForSteps(ctx, 'deploy'), 'deploy')));
      return DONE;
    }
    const network = networkOf(ctx);
    if (ctx.job.args.rebuild === true) await network.unplugTenant(ctx);
    await network.add(ctx, 'provisioning');
    await bootRamdisk(ctx);
    return { outcome: 'wait', wait_for: 'heartbeat', within_ms: callbackLimit(ctx) };
  },
};

/**
 * The steps that are left, with those of the agent that want to run in every deploy put where their priority says. What
 * the plan names already stays as the plan has it.
 */
function withInBandSteps(ctx: StepContext, offered: readonly PlannedStep[]): PlannedStep[] {
  const rest = (ctx.job.steps ?? []).slice(ctx.step_index + 1);
  const known = new Set(rest.map(stepName));
  const added = offered.filter((step) => step.priority > 0 && !known.has(stepName(step)));
  return [...rest, ...added].sort((a, b) => b.priority - a.priority);
}

function callbackLimit(ctx: WorkContext): number | null {
  return limit_ms(ctx.settings.conductor.deploy_callback_timeout);
}

async function writeImageRun(ctx: StepContext): Promise<StepOutcome> {
  if (!ctx.woken) await checkServed(ctx);
  return agentCommand(ctx, 'standby.prepare_image', () => imageParams(ctx), {
    within_ms: callbackLimit(ctx),
  });
}

/** Writing takes minutes: a conductor that takes over asks the agent whether it is being done already. */
const writeImage: StepDefinition = {
  survives: 'probe',
  run: writeImageRun,
  probe: (ctx) => probeAgentCommand(ctx, 'standby.prepare_image', writeImageRun),
};

/** The parameters of standby.prepare_image from instance_info. */
export async function imageParams(ctx: Pick<WorkContext, 'node' | 'settings' | 'now'>): Promise<JsonObject> {
  const { node } = ctx;
  const info = node.instance_info;
  const partition = typeof info.kernel === 'string' || info.image_type === 'partition';
  const has_hash =
    typeof info.image_os_hash_algo === 'string' && typeof info.image_os_hash_value === 'string';
  const image_info: JsonObject = {
    id: String(info.image_source).split('/').at(-1) ?? '',
    urls: [imageUrl(node)],
    // Only `raw` is streamed; where nothing is said ironic-python-agent looks what it is, and converts it.
    disk_format: info.image_disk_format ?? null,
    container_format: info.image_container_format ?? 'bare',
    stream_raw_images: true,
    node_uuid: node.uuid,
    image_type: partition ? 'partition' : 'whole-disk',
    deploy_boot_mode: bootMode(node, ctx.settings.deploy.default_boot_mode),
    boot_option: 'local',
    ...(typeof info.image_checksum === 'string' ? { checksum: info.image_checksum } : {}),
    ...(has_hash
      ? { os_hash_algo: String(info.image_os_hash_algo), os_hash_value: String(info.image_os_hash_value) }
      : {}),
    ...(partition ? partitionInfo(info, capability(node, 'disk_label')) : {}),
    ...proxiesOf(node),
  };
  return { image_info, configdrive: await configdriveFor(node, info.configdrive, ctx.now()) };
}

/** Proxies for the download, as the agent reads them; `no_proxy` counts only beside one. */
function proxiesOf({ driver_info }: NodeRecord): JsonObject {
  const { image_http_proxy: http, image_https_proxy: https, image_no_proxy: no_proxy } = driver_info;
  const proxies = { ...(http ? { http } : {}), ...(https ? { https } : {}) };
  if (Object.keys(proxies).length === 0) return {};
  return { proxies, ...(no_proxy === undefined ? {} : { no_proxy }) };
}

function partitionInfo(info: JsonObject, disk_label: string | null): JsonObject {
  return {
    root_mb: 1024 * Number(info.root_gb ?? 0),
    swap_mb: Number(info.swap_mb ?? 0),
    ephemeral_mb: 1024 * Number(info.ephemeral_gb ?? 0),
    ephemeral_format: info.ephemeral_format ?? null,
    preserve_ephemeral: info.preserve_ephemeral === true,
    ...(disk_label === null ? {} : { disk_label }),
  };
}

/** Tells the firmware to boot the disk: a boot loader entry under UEFI, and the BMC's boot device. */
const prepareInstanceBoot: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    const boot_mode = bootMode(ctx.node, ctx.settings.deploy.default_boot_mode);
    const info = ctx.node.instance_info;
    const partition = typeof info.kernel === 'string' || info.image_type === 'partition';
    if (partition || boot_mode === 'uefi') {
      const uuids = partition ? await partitionUuids(ctx) : {};
      await ctx.agent().run(
        'image.install_bootloader',
        {
          root_uuid: uuids['root uuid'] ?? null,
          efi_system_part_uuid: uuids['efi system partition uuid'] ?? null,
          prep_boot_part_uuid: uuids['PReP Boot partition uuid'] ?? null,
          target_boot_mode: boot_mode,
        },
        { wait: true },
      );
    }
    if (managesBoot(ctx.node)) await (await ctx.bmc()).setBootDevice('disk', true, boot_mode);
    return DONE;
  },
};

async function partitionUuids(ctx: StepContext): Promise<JsonObject> {
  const { command_result } = await ctx.agent().run('standby.get_partition_uuids', {}, { wait: true });
  const inner =
    typeof command_result === 'object' && command_result !== null && !Array.isArray(command_result)
      ? (command_result.result ?? command_result)
      : {};
  return typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner : {};
}

/** Writes the caches out and powers the ramdisk off: by itself if it can, by the BMC if it does not. */
const tearDownAgent: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    const known = typeof ctx.node.driver_internal_info.agent_url === 'string';
    const bmc = await ctx.bmc();
    if (known && (await bmc.powerState()) === 'power on') {
      await ctx.agent().run('standby.sync', {}, { wait: true });
      if (!ctx.node.disable_power_off) {
        const asked = await ctx
          .agent()
          .run('standby.power_off', {})
          .then(
            () => true,
            () => false,
          );
        if (asked) await bmc.wait('power off', GRACEFUL_OFF_MS);
      }
    }
    await powerOff(ctx);
    return DONE;
  },
};

/** With the server off, so that it never sees both networks in one boot. */
const switchToTenantNetwork: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    const network = networkOf(ctx);
    await network.remove(ctx, 'provisioning');
    await network.plugTenant(ctx);
    return DONE;
  },
};

const bootInstance: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    const bmc = await ctx.bmc();
    if (ctx.node.disable_power_off) await bmc.command('rebooting');
    await bmc.reach('power on');
    ctx.change({
      power_state: 'power on',
      target_power_state: null,
      driver_internal_info: wipedAgent(ctx.node.driver_internal_info),
    });
    return DONE;
  },
};

/** The steps of the deploy interface `direct`: the agent writes the image that instance_info names to the disk. */
export const DIRECT_STEPS: Readonly<Record<string, StepDefinition>> = {
  'deploy.deploy': deploy,
  'deploy.write_image': writeImage,
  'deploy.prepare_instance_boot': prepareInstanceBoot,
  'deploy.tear_down_agent': tearDownAgent,
  'deploy.switch_to_tenant_network': switchToTenantNetwork,
  'deploy.boot_instance': bootInstance,
};
