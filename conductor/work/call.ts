import type { BootDevice } from '../../drivers/contract.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import { isObject, type Json, type JsonObject } from '../../lifecycle/json.ts';
import { INTERFACE_KINDS } from '../../lifecycle/records.ts';
import { readHardware } from '../baseline/read-hardware.ts';
import { bootMode, bootProblems, isPresent, managesHardware } from '../interfaces.ts';
import type { VifRequest } from '../network/choose-port.ts';
import { networkOf } from '../network/network.ts';
import { rawBytes } from '../raw-bytes.ts';
import { deployProblems, driverInfoProblems } from '../requests/checks.ts';
import { type StepContext, type StepDefinition, stepName, type Work } from '../step.ts';
import { HARDWARE_CHANGES, HARDWARE_READS } from './hardware-calls.ts';
import { lacks } from './lacks.ts';
import { grantAccount } from './lease-call.ts';

/** What Ironic's noop management interface takes to be set up on the server: network first, then disk. */
const NOOP_BOOT_DEVICES: readonly BootDevice[] = ['pxe', 'disk'];

const READ_ONLY: Readonly<Record<string, (ctx: StepContext) => Promise<Json>>> = {
  ...HARDWARE_READS,
  'call.validate': validate,
  'call.read_hardware': async (ctx) => (await readHardware(ctx)) as unknown as Json,
  'call.get_boot_device': async (ctx) => {
    if (!managesHardware(ctx.node)) return { boot_device: 'pxe', persistent: true };
    const bmc = await ctx.bmc();
    return bmc.use('read the boot device', async (connection, options) => {
      if (connection.boot === undefined) throw lacks(ctx, 'boot devices');
      const { boot_device, persistent } = await connection.boot.get(options);
      return { boot_device, persistent };
    });
  },
  'call.get_supported_boot_devices': async (ctx) => {
    if (!managesHardware(ctx.node)) return { supported_boot_devices: [...NOOP_BOOT_DEVICES] };
    const bmc = await ctx.bmc();
    return bmc.use('read the boot devices', async (connection) => ({
      supported_boot_devices: [...(connection.boot?.supported ?? [])],
    }));
  },
  'call.vif_list': async (ctx) => ({
    vifs: (await networkOf(ctx).vifs(ctx)).map((id) => ({ id })),
  }),
  'call.vendor_passthru_methods': async (ctx) => ({
    ...(vendorMethods(ctx) ? VENDOR_METHODS : {}),
    ...(await methodsOfDriver(ctx)),
  }),
};

const CHANGES: Readonly<Record<string, (ctx: StepContext) => Promise<Json>>> = {
  ...HARDWARE_CHANGES,
  'call.grant_account': grantAccount,
  'call.set_boot_device': async (ctx) => {
    const { boot_device, persistent } = argsOf(ctx);
    if (!managesHardware(ctx.node)) {
      refuseBootDevice(boot_device, NOOP_BOOT_DEVICES);
      return null;
    }
    const bmc = await ctx.bmc();
    await bmc.use(`set the boot device to ${String(boot_device)}`, async (connection, options) => {
      const { boot } = connection;
      if (boot === undefined) throw lacks(ctx, 'boot devices');
      refuseBootDevice(boot_device, boot.supported);
      const boot_mode = bootMode(ctx.node, ctx.settings.deploy.default_boot_mode);
      await boot.set({ boot_device, persistent: persistent === true, boot_mode }, options);
    });
    return null;
  },
};

/** Changes of the node's network; the node is theirs alone. */
const NETWORK: Readonly<Record<string, (ctx: StepContext) => Promise<Json>>> = {
  'call.vif_attach': async (ctx) => {
    const { vif } = argsOf(ctx);
    if (!isVifRequest(vif)) throw serviceError('MissingParameterValue', { why: 'A VIF needs an id.' });
    await networkOf(ctx).attach(ctx, vif);
    return null;
  },
  'call.vif_detach': async (ctx) => {
    await networkOf(ctx).detach(ctx, String(argsOf(ctx).vif_id));
    return null;
  },
};

/** Commands that would hit twice if they were sent twice. */
const ONCE: Readonly<Record<string, (ctx: StepContext) => Promise<Json>>> = {
  'call.inject_nmi': async (ctx) => {
    const bmc = await ctx.bmc();
    await bmc.use('inject an NMI', async (connection, options) => {
      if (connection.nmi === undefined) throw lacks(ctx, 'inject_nmi');
      await connection.nmi.inject(options);
    });
    return null;
  },
  'call.vendor_passthru': async (ctx) => {
    const { method, http_method, data } = argsOf(ctx);
    const vendor = vendorMethods(ctx) && typeof method === 'string' ? VENDOR_CALLS[method] : undefined;
    if (vendor !== undefined) return vendor(ctx, isObject(data) ? data : {});
    const bmc = isPresent(ctx.node.vendor_interface) ? await ctx.bmc() : null;
    if (bmc === null) throw lacks(ctx, `the vendor passthru method ${String(method)}`);
    return bmc.use(`call ${String(method)} of the vendor interface`, async ({ passthru = {} }, options) => {
      const own = Object.hasOwn(passthru, String(method)) ? passthru[String(method)] : undefined;
      if (own === undefined) throw lacks(ctx, `the vendor passthru method ${String(method)}`);
      const verbs = own.http_methods.join(', ');
      if (!own.http_methods.some((verb) => verb === http_method))
        throw serviceError('InvalidParameterValue', { why: `The method ${String(method)} takes ${verbs}.` });
      return own.call(isObject(data) ? data : {}, options);
    });
  },
};

/** The calls of the vendor interface that the driver itself has. */
async function methodsOfDriver(ctx: StepContext): Promise<JsonObject> {
  if (!isPresent(ctx.node.vendor_interface)) return {};
  const bmc = await ctx.bmc();
  return bmc.use('see the calls of the vendor interface', async ({ passthru = {} }) =>
    Object.fromEntries(
      Object.entries(passthru).map(([name, { http_methods, async, description }]) => [
        name,
        { http_methods: [...http_methods], async, attach: false, require_exclusive_lock: true, description },
      ]),
    ),
  );
}

const VENDOR_METHODS: JsonObject = {
  send_raw: {
    http_methods: ['POST'],
    async: true,
    attach: false,
    require_exclusive_lock: true,
    description: 'Sends raw bytes to the BMC. Required argument: raw_bytes.',
  },
  bmc_reset: {
    http_methods: ['POST'],
    async: true,
    attach: false,
    require_exclusive_lock: true,
    description: 'Restarts the BMC. Optional argument: warm (default true).',
  },
};

const VENDOR_CALLS: Readonly<Record<string, (ctx: StepContext, data: JsonObject) => Promise<Json>>> = {
  send_raw: async (ctx, { raw_bytes }) => {
    const bytes = typeof raw_bytes === 'string' ? rawBytes(raw_bytes) : null;
    if (bytes === null)
      throw serviceError('InvalidParameterValue', {
        why: 'raw_bytes must be a string of bytes such as "0x00 0x01".',
      });
    const bmc = await ctx.bmc();
    await bmc.use('send raw bytes', async (connection, options) => {
      if (connection.raw === undefined) throw lacks(ctx, 'send_raw');
      await connection.raw.send(bytes, options);
    });
    return null;
  },
  bmc_reset: async (ctx, { warm }) => {
    const cold = warm === false || warm === 'false' || warm === 'False';
    const bmc = await ctx.bmc();
    await bmc.use('restart the BMC', async (connection, options) => {
      if (connection.bmc === undefined) throw lacks(ctx, 'bmc_reset');
      await connection.bmc.reset(cold ? 'cold' : 'warm', options);
    });
    return null;
  },
};

function vendorMethods(ctx: StepContext): boolean {
  return ctx.node.vendor_interface === 'ipmitool';
}

async function validate(ctx: StepContext): Promise<JsonObject> {
  const { node } = ctx;
  const bmc_problems = driverInfoProblems(node, ctx.drivers);
  const deploy_problems = await deployProblems(node, ctx.settings, ctx.store);
  const verdict = (problems: readonly string[]): JsonObject =>
    problems.length === 0 ? { result: true } : { result: false, reason: problems.join(' ') };
  const of_bmc = verdict(bmc_problems);
  const of_deploy = verdict(deploy_problems);
  const of_boot = verdict(bootProblems(node, ctx.settings.deploy.default_boot_mode));
  const reports: JsonObject = {};
  for (const kind of INTERFACE_KINDS) {
    const name = node[`${kind}_interface`];
    if (name.startsWith('no-'))
      reports[kind] = {
        result: false,
        reason: `Driver ${node.driver} does not support ${kind} (disabled or not implemented).`,
      };
    else if (kind === 'power' || kind === 'management') reports[kind] = of_bmc;
    else if (kind === 'deploy') reports[kind] = of_deploy;
    else if (kind === 'boot') reports[kind] = of_boot;
    else reports[kind] = { result: true };
  }
  return reports;
}

function argsOf(ctx: StepContext): JsonObject {
  const { args } = ctx.job.args;
  return isObject(args) ? args : {};
}

/** @throws InvalidParameterValue that names the supported devices */
function refuseBootDevice(value: unknown, supported: readonly BootDevice[]): asserts value is BootDevice {
  if (!supported.some((device) => device === value))
    throw serviceError('InvalidParameterValue', {
      why: `Invalid boot device ${String(value)} specified. Supported: ${supported.join(', ')}.`,
    });
}

function isVifRequest(value: Json | undefined): value is VifRequest {
  return isObject(value) && typeof value.id === 'string';
}

/** Calls that the API waits for: one step, whose result is the answer. */
export const callWork: Work = {
  plan: async () => [],
  find: (step): StepDefinition | null => {
    const name = stepName(step);
    const own = (calls: Readonly<Record<string, (ctx: StepContext) => Promise<Json>>>) =>
      Object.hasOwn(calls, name) ? calls[name] : undefined;
    const once = own(ONCE);
    const run = own(READ_ONLY) ?? own(CHANGES) ?? own(NETWORK) ?? once;
    if (run === undefined) return null;
    return {
      survives: once === undefined ? 'repeat' : 'never',
      run: async (ctx) => ({ outcome: 'done', result: await run(ctx) }),
    };
  },
  finish: () => ({ events: [], changes: {} }),
  fail: () => ({ events: [], changes: {} }),
};
