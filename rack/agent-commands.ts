import type { Json, JsonObject } from '../lifecycle/json.ts';
import { AgentError, type AgentErrorType } from './agent-error.ts';
import type { AgentHost } from './agent-host.ts';
import { isObject, readImageInfo, writeImage } from './agent-image.ts';
import { inventoryOf } from './agent-inventory.ts';
import type { Disk } from './disk.ts';
import type { HttpClient } from './http-client.ts';

/** What a command may use. */
export interface CommandContext {
  host: AgentHost;
  http: HttpClient;
  /** Ends when the server's power does. */
  signal: AbortSignal;
}

export interface Command {
  /** `async` commands answer RUNNING at once. */
  kind: 'sync' | 'async';
  /** Refuses params before anything is recorded. @throws AgentError */
  check?(params: JsonObject): void;
  run(context: CommandContext, params: JsonObject): Promise<Json>;
  /** Done when the reply was sent. */
  after?(context: CommandContext, params: JsonObject): void;
}

const MANAGER = 'GenericHardwareManager';
export const HARDWARE_MANAGER_VERSION = { generic_hardware_manager: '1.2' };

/** Finds `extension.name`. @throws AgentError InvalidCommandError, RequestedObjectNotFoundError */
export function findCommand(name: string): Command {
  const [extension, command] = split(name);
  const commands = Object.hasOwn(EXTENSIONS, extension) ? EXTENSIONS[extension] : undefined;
  if (commands === undefined)
    throw new AgentError('RequestedObjectNotFoundError', `Extension with id ${extension} not found.`);
  const found = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (found === undefined) throw new AgentError('InvalidCommandError', `Unknown command: ${command}`);
  return found;
}

function split(name: string): [string, string] {
  const dot = name.indexOf('.');
  if (dot < 0)
    throw new AgentError('InvalidCommandError', 'Command name must be of the form <extension>.<name>');
  return [name.slice(0, dot), name.slice(dot + 1)];
}

interface Step {
  interface: string;
  priority: number;
  abortable: boolean;
  run(context: CommandContext, params: JsonObject): Promise<Json>;
}

const eraseAll: Step['run'] = async ({ host, signal }) => {
  for (const disk of host.disks) {
    signal.throwIfAborted();
    const from = host.clock.now();
    await disk.erase();
    host.erased.set(disk.facts.name, { from, until: host.clock.now() });
    host.note('erased', disk.facts.name);
  }
  return null;
};

/** Enough to find what a disk that lied has left. */
const SAMPLES = 256;
const SAMPLE_BYTES = 4096;

/** Reads the disks back that were erased since the ramdisk booted. */
const verifyErasure: Step['run'] = async ({ host, signal }) => {
  const disks: JsonObject[] = [];
  for (const disk of host.disks) {
    signal.throwIfAborted();
    const erased = host.erased.get(disk.facts.name);
    const dirty = await disk.dirtyBlocks(SAMPLES, SAMPLE_BYTES);
    host.note('read back', `${disk.facts.name}, ${dirty.length} dirty`);
    disks.push({
      ...disk.facts,
      method: erased === undefined ? null : 'overwrite',
      tool: 'virtual server agent 1.2',
      erased_from: erased === undefined ? null : new Date(erased.from).toISOString(),
      erased_until: erased === undefined ? null : new Date(erased.until).toISOString(),
      ...{ samples: SAMPLES, sample_bytes: SAMPLE_BYTES, dirty },
    });
  }
  return { disks };
};

const eraseMetadata: Step['run'] = async ({ host }) => {
  for (const disk of host.disks) {
    await disk.wipeMetadata();
    host.note('metadata erased', disk.facts.name);
  }
  return null;
};

const write: Step['run'] = async (context, params) => {
  const said = await writeImage(
    context.http,
    installDisk(context.host),
    params,
    context.host.agent_faults,
    context.signal,
  );
  context.host.note('image written', said);
  return said;
};

/** The steps of each kind of work, with the priorities of the real agent's generic hardware manager. */
const STEPS: Record<StepKind, Readonly<Record<string, Step>>> = {
  clean: {
    erase_devices: { interface: 'deploy', priority: 10, abortable: true, run: eraseAll },
    erase_devices_metadata: { interface: 'deploy', priority: 99, abortable: true, run: eraseMetadata },
    verify_erasure: { interface: 'deploy', priority: 5, abortable: true, run: verifyErasure },
    erase_devices_express: { interface: 'deploy', priority: 0, abortable: true, run: eraseMetadata },
  },
  deploy: {
    erase_devices_metadata: { interface: 'deploy', priority: 0, abortable: false, run: eraseMetadata },
    write_image: { interface: 'deploy', priority: 0, abortable: false, run: write },
  },
  service: {
    write_image: { interface: 'deploy', priority: 0, abortable: false, run: write },
  },
};

type StepKind = 'clean' | 'deploy' | 'service';

const STEP_ERRORS: Record<StepKind, AgentErrorType> = {
  clean: 'CleaningError',
  deploy: 'DeploymentError',
  service: 'ServicingError',
};

function vendorSteps({ vendor_steps }: AgentHost): JsonObject[] {
  return vendor_steps.map((name) => {
    const [kind = '', step = ''] = name.split('.');
    return { interface: kind, step, priority: 0, reboot_requested: false, abortable: false };
  });
}

/** `clean`, `deploy` and `service` differ in their words only. */
function stepExtension(kind: StepKind): Record<string, Command> {
  return {
    [`get_${kind}_steps`]: {
      kind: 'sync',
      run: async ({ host }) => ({
        [`${kind}_steps`]: {
          ...(host.vendor_steps.length === 0 ? {} : { VendorHardwareManager: vendorSteps(host) }),
          [MANAGER]: Object.entries(STEPS[kind]).map(([step, facts]) => ({
            step,
            priority: facts.priority,
            interface: facts.interface,
            reboot_requested: false,
            abortable: facts.abortable,
          })),
        },
        hardware_manager_version: HARDWARE_MANAGER_VERSION,
      }),
    },
    [`execute_${kind}_step`]: {
      kind: 'async',
      run: async (context, params) => {
        checkVersion(params[`${kind}_version`]);
        const step = isObject(params.step) ? params.step : {};
        const name = step.step;
        if (typeof name !== 'string')
          throw new AgentError('CommandExecutionError', `Malformed ${kind}_step, no "step" key`);
        if (context.host.vendor_steps.includes(`${String(step.interface)}.${name}`)) {
          context.host.note('vendor step', `${String(step.interface)}.${name}`);
          return { [`${kind}_result`]: null, [`${kind}_step`]: step };
        }
        const found = Object.hasOwn(STEPS[kind], name) ? STEPS[kind][name] : undefined;
        if (found === undefined)
          throw new AgentError(
            STEP_ERRORS[kind],
            `Unexpected exception performing ${kind} step ${name}. No hardware manager has it.`,
          );
        await pretendFault(context, name, STEP_ERRORS[kind]);
        const args = isObject(step.args) ? step.args : {};
        return { [`${kind}_result`]: await found.run(context, args), [`${kind}_step`]: step };
      },
    },
  };
}

const EXTENSIONS: Readonly<Record<string, Readonly<Record<string, Command>>>> = {
  clean: stepExtension('clean'),
  deploy: stepExtension('deploy'),
  service: stepExtension('service'),
  standby: {
    prepare_image: { kind: 'async', check: (params) => void readImageInfo(params.image_info), run: write },
    sync: { kind: 'sync', run: async () => null },
    power_off: {
      kind: 'async',
      run: async ({ host }) => {
        host.shutDown();
        return null;
      },
    },
    run_image: {
      kind: 'async',
      run: async ({ host }) => {
        host.restart();
        return null;
      },
    },
    get_partition_uuids: { kind: 'sync', run: async () => ({}) },
  },
  image: {
    install_bootloader: {
      kind: 'async',
      run: async ({ host }) => {
        if ((await installDisk(host).contents()) === null)
          throw new AgentError('CommandExecutionError', 'No disk to install a bootloader on has an image.');
        host.note('bootloader installed');
        return null;
      },
    },
  },
  rescue: {
    finalize_rescue: {
      kind: 'sync',
      run: async () => null,
      after: ({ host }, params) => host.enterRescue(String(params.rescue_password ?? '')),
    },
  },
  log: {
    collect_system_logs: {
      kind: 'sync',
      run: async () => ({ system_logs: '' }),
    },
  },
  poll: {
    get_hardware_info: { kind: 'sync', run: async ({ host }) => inventoryOf(host) },
    set_node_info: { kind: 'sync', run: async () => null },
  },
};

/**
 * Fails or hangs where the server's faults say so.
 *
 * @param what the command or step.
 */
export async function pretendFault(
  { host, signal }: CommandContext,
  what: string,
  type: AgentErrorType = 'CommandExecutionError',
): Promise<void> {
  const { fails, hangs } = host.agent_faults;
  const why = fails !== undefined && Object.hasOwn(fails, what) ? fails[what] : undefined;
  if (why !== undefined) throw new AgentError(type, why);
  if (hangs?.includes(what) === true) await forever(signal);
}

async function forever(signal: AbortSignal): Promise<never> {
  return await new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function checkVersion(version: Json | undefined): void {
  if (version === undefined || version === null) return;
  const known = HARDWARE_MANAGER_VERSION.generic_hardware_manager;
  if (isObject(version) && version.generic_hardware_manager === known) return;
  throw new AgentError('VersionMismatch', `Mismatched hardware managers versions. Agent version: ${known}`);
}

function installDisk(host: AgentHost): Disk {
  const [disk] = host.disks;
  if (disk === undefined)
    throw new AgentError('CommandExecutionError', 'No suitable device was found for deployment.');
  return disk;
}
