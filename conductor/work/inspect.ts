import { isObject, type Json, type JsonObject } from '../../lifecycle/json.ts';
import { identityOf } from '../../lifecycle/server-record.ts';
import { applyInspectionRules } from '../inspection-rules/apply-to-node.ts';
import { dropNetwork, networkOf } from '../network/network.ts';
import {
  DONE,
  findIn,
  plannedStep,
  type StepContext,
  type StepDefinition,
  StepFailure,
  type Work,
} from '../step.ts';
import { wipedAgent } from '../wiped-agent.ts';
import { bootRamdisk, limit_ms, powerOff } from './ramdisk.ts';

/** Boots the ramdisk and takes in what it found: see `inventory` of the agent's inspection data. */
const agentInspect: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    if (!ctx.woken) {
      await ctx.store.inventory.put(ctx.node.uuid, { inventory: {}, plugin_data: {} });
      ctx.change({ inspection_started_at: ctx.now(), inspection_finished_at: null });
      await networkOf(ctx).add(ctx, 'inspection');
      await bootRamdisk(ctx);
      const within_ms = limit_ms(ctx.settings.conductor.inspect_wait_timeout);
      return { outcome: 'wait', wait_for: 'inspection', within_ms };
    }
    const data = await ctx.store.inventory.get(ctx.node.uuid);
    if (data === null) throw new StepFailure('The inspection data got lost: inspect the node again.');
    const { error } = data.plugin_data;
    if (typeof error === 'string' && error !== '')
      throw new StepFailure(`The ramdisk reported an error during inspection: ${error.slice(0, 1000)}`);
    await takeIn(ctx, data);
    return DONE;
  },
};

/** Makes ports of the addresses that were found, fills the properties, and follows the inspection rules. @throws StepFailure */
async function takeIn(
  ctx: StepContext,
  data: { inventory: JsonObject; plugin_data: JsonObject },
): Promise<void> {
  const facts = inventoryFacts(data.inventory);
  if (facts.macs.length === 0 && facts.interfaces > 0)
    throw new StepFailure('The inspection data has no valid MAC address: check the server’s network cards.');
  const pxe_mac = pxeMac(data.plugin_data.boot_interface);
  const known = await ctx.store.ports.list({ where: { address: facts.macs } });
  for (const address of facts.macs)
    if (!known.some((port) => port.address === address))
      await ctx.store.ports.create({
        address,
        node_uuid: ctx.node.uuid,
        pxe_enabled: pxe_mac === null || pxe_mac === address,
      });
  ctx.change({ properties: { ...ctx.node.properties, ...facts.properties } });
  const identity = identityOf(data.inventory);
  if (Object.keys(identity).length > 0) await ctx.store.servers.update(ctx.node.uuid, identity);
  await applyInspectionRules(ctx, data);
}

/** A BMC reads a part after the other. */
const OUT_OF_BAND_MS = 300_000;

/** What the BMC knows of its server, which stays as it is. */
const bmcInspect: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    ctx.change({ inspection_started_at: ctx.now(), inspection_finished_at: null });
    const bmc = await ctx.bmc();
    const inventory = await bmc.use('read the inventory of the server', ({ hardware }, options) =>
      hardware === undefined
        ? Promise.resolve(null)
        : hardware.inventory({ ...options, timeout_ms: OUT_OF_BAND_MS }),
    );
    if (inventory === null)
      throw new StepFailure(
        `The driver ${ctx.node.driver} cannot inspect out of band: set inspect_interface to agent.`,
      );
    const data = { inventory, plugin_data: {} };
    await ctx.store.inventory.put(ctx.node.uuid, data);
    await takeIn(ctx, data);
    return DONE;
  },
};

const finishInspection: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    await powerOff(ctx);
    await networkOf(ctx).remove(ctx, 'inspection');
    return DONE;
  },
};

const nothing: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    ctx.change({ inspection_started_at: ctx.now() });
    return DONE;
  },
};

/** Learns a server's hardware: in band by the agent, from its BMC, or nothing at all with the interface `fake`. */
export const inspectWork: Work = {
  plan: async (ctx) => {
    if (ctx.node.inspect_interface === 'agent')
      return [plannedStep('inspect.hardware'), plannedStep('inspect.tear_down')];
    if (ctx.node.inspect_interface === 'fake') return [plannedStep('inspect.nothing')];
    return [plannedStep('inspect.out_of_band')];
  },
  find: findIn({
    'inspect.hardware': agentInspect,
    'inspect.tear_down': finishInspection,
    'inspect.nothing': nothing,
    'inspect.out_of_band': bmcInspect,
  }),
  finish: (ctx) => ({
    events: ['done'],
    changes: {
      last_error: null,
      inspection_finished_at: ctx.now(),
      driver_internal_info: wipedAgent(ctx.node.driver_internal_info),
    },
  }),
  fail: async (ctx, failure) => {
    if (failure.step !== null && ctx.node.inspect_interface === 'agent') await dropNetwork(ctx, 'inspection');
    return { events: ['fail'], changes: { driver_internal_info: wipedAgent(ctx.node.driver_internal_info) } };
  },
};

const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/** MAC addresses and scheduling properties of an inventory. */
export function inventoryFacts(inventory: JsonObject): {
  macs: string[];
  interfaces: number;
  properties: JsonObject;
} {
  const interfaces = objects(inventory.interfaces);
  const macs = interfaces
    .map((one) => String(one.mac_address ?? '').toLowerCase())
    .filter((mac) => MAC.test(mac));
  const cpu = isObject(inventory.cpu) ? inventory.cpu : {};
  const memory = isObject(inventory.memory) ? inventory.memory : {};
  const disks = objects(inventory.disks).map((disk) => Number(disk.size ?? 0));
  const properties: JsonObject = {};
  if (typeof cpu.architecture === 'string') properties.cpu_arch = cpu.architecture;
  if (cpu.count !== undefined) properties.cpus = String(cpu.count);
  if (memory.physical_mb !== undefined) properties.memory_mb = String(memory.physical_mb);
  const largest = Math.max(0, ...disks);
  // As Ironic has it: one gibibyte is left for partitioning.
  if (largest > 0) properties.local_gb = String(Math.max(0, Math.floor(largest / 1024 ** 3) - 1));
  return { macs: [...new Set(macs)], interfaces: interfaces.length, properties };
}

/** `boot_interface`: a MAC with dashes or colons, perhaps with the `01-` of PXE in front. */
function pxeMac(value: Json | undefined): string | null {
  if (typeof value !== 'string') return null;
  const mac = value.toLowerCase().replaceAll('-', ':');
  const bare = mac.length === 20 ? mac.slice(3) : mac;
  return MAC.test(bare) ? bare : null;
}

function objects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
