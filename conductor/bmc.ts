import type { Settings } from '../config/options.ts';
import {
  type BootDevice,
  type BootMode,
  type CallOptions,
  type Connection,
  type Driver,
  DriverError,
  type DriverErrorCode,
} from '../drivers/contract.ts';
import type { DriverRegistry } from '../drivers/registry.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { PowerState, PowerTarget } from '../lifecycle/power.ts';
import type { NodeRecord } from '../lifecycle/records.ts';
import { type BmcGates, bmcKey, LeftAlone } from './bmc-gates.ts';
import type { CommandLog } from './command-log.ts';
import type { Lease } from './lease.ts';
import type { BmcCallCode, ConductorObserver } from './observer.ts';
import { type ConductorLogger, StepFailure } from './step.ts';

/** A node's BMC as work sees it: every command checks the lease first and speaks in words for the operator. */
export interface Bmc extends AsyncDisposable {
  powerState(): Promise<Exclude<PowerState, 'error'>>;
  /** Sends one power command. */
  command(target: PowerTarget): Promise<void>;
  /** True when the hardware understands the target. */
  understands(target: PowerTarget): boolean;
  /** Drives the server to a power state and waits until it is there. @throws StepFailure */
  reach(state: 'power on' | 'power off', timeout_s?: number): Promise<void>;
  /** Waits for a power state without a command. False: not reached in time. */
  wait(state: 'power on' | 'power off', timeout_ms: number): Promise<boolean>;
  /** The boot control, or null when the hardware has none. */
  setBootDevice(boot_device: BootDevice, persistent: boolean, boot_mode: BootMode | null): Promise<void>;
  /** Anything else, with the lease checked and errors put into words. */
  use<T>(what: string, call: (connection: Connection, options: CallOptions) => Promise<T>): Promise<T>;
}

/** Bound of one command; the drivers' own retransmissions are shorter. */
const COMMAND_TIMEOUT_MS = 30_000;

const ADVICE = {
  unreachable: 'Check that the BMC has power and network, and its address and port in driver_info.',
  unauthorized: 'Check the user name and password in driver_info.',
  unsupported: 'The BMC cannot do this: choose another interface, or do it by hand.',
  rejected: 'The BMC refused the command: its own log says more.',
  busy: 'The BMC is busy: try again later, or reset the BMC.',
  timeout: 'The BMC answered too late: try again, or reset the BMC.',
} as const satisfies Record<DriverErrorCode, string>;

/**
 * A driver's error in words for the operator: what was tried, the cause, and the next thing to do. A driver that says
 * itself what to check knows better than the code of its error.
 */
export function describeDriverError(what: string, error: DriverError): string {
  const failed = `Failed to ${what}: ${error.message}`;
  return /\bCheck\b/.test(error.message) ? failed : `${failed} ${ADVICE[error.code]}`;
}

/**
 * Opens the way to a node's BMC.
 *
 * @throws StepFailure when driver_info is unusable, naming every problem.
 */
export async function openBmc(deps: {
  node: NodeRecord;
  drivers: DriverRegistry;
  settings: Settings;
  clock: Clock;
  lease: Pick<Lease, 'check' | 'signal'>;
  log: ConductorLogger;
  observer: ConductorObserver | undefined;
  gates: BmcGates | undefined;
  /** Keeps what is asked, for the journal. */
  commands?: CommandLog;
  /** Hears of every call that ended. */
  called?: (what: string, duration_s: number, failed: boolean) => void;
}): Promise<Bmc> {
  const { node, clock, lease } = deps;
  const driver: Driver | null = deps.drivers.get(node.driver);
  if (driver === null)
    throw new StepFailure(
      `This conductor has no driver "${node.driver}". Enable it in [DEFAULT]enabled_hardware_types.`,
    );
  const parsed = driver.parse(node.driver_info);
  if ('problems' in parsed)
    throw new StepFailure(`The node's driver_info cannot be used: ${parsed.problems.join(' ')}`, {
      code: 'InvalidParameterValue',
      status: 400,
    });
  const key = bmcKey(node.uuid, parsed.info);
  const options = (): CallOptions & { node_uuid: string } => ({
    timeout_ms: COMMAND_TIMEOUT_MS,
    signal: lease.signal,
    node_uuid: node.uuid,
  });

  /** `gated` false: the call alone says nothing about the BMC. */
  async function guarded<T>(what: string, call: () => Promise<T>, gated = true): Promise<T> {
    lease.check();
    const began = clock.monotonic();
    try {
      const { gates } = deps;
      // The gate may let the call wait: the lease is looked at again then.
      const held = (): Promise<T> => {
        lease.check();
        return call();
      };
      const answer = await (gates && gated ? gates.run(key, lease.signal, held) : call());
      called(what, 'ok', began, typeof answer === 'string' ? answer : 'ok');
      return answer;
    } catch (error) {
      const code =
        error instanceof LeftAlone ? 'left_alone' : error instanceof DriverError ? error.code : 'error';
      called(what, code, began, error instanceof Error ? error.message : String(error));
      lease.check();
      if (error instanceof DriverError)
        throw new StepFailure(describeDriverError(what, error), { cause: error });
      throw error;
    }
  }

  function called(what: string, code: BmcCallCode, began: number, answer: string): void {
    const duration_s = (clock.monotonic() - began) / 1000;
    deps.commands?.add(what, answer, duration_s * 1000);
    deps.observer?.bmcCalled(node.driver, code, duration_s);
    deps.called?.(what, duration_s, code !== 'ok');
    deps.log.debug({ node: node.uuid, driver: node.driver, code, duration_s }, `BMC call: ${what}`);
  }

  const connection = await guarded('connect to the BMC', () => driver.connect(parsed.info, options()), false);
  const bmc: Bmc = {
    powerState: () => guarded('read the power state', () => connection.power.get(options())),
    command: (target) =>
      guarded(`change the power state (${target})`, () => connection.power.set(target, options())),
    understands: (target) => connection.power.supported.includes(target),
    reach: async (state, timeout_s = deps.settings.conductor.power_state_change_timeout) => {
      await bmc.command(state);
      if (await bmc.wait(state, timeout_s * 1000)) return;
      throw new StepFailure(
        `Failed to change the power state: the BMC accepted "${state}", but the server was not there after ${timeout_s} s. Check the server's power supply and the BMC's log.`,
      );
    },
    wait: async (state, timeout_ms) => {
      const until = clock.monotonic() + timeout_ms;
      for (let pause_ms = 50; ; pause_ms = Math.min(pause_ms * 2, 2000)) {
        if ((await bmc.powerState()) === state) return true;
        if (clock.monotonic() >= until) return false;
        await clock.sleep(pause_ms, lease.signal);
      }
    },
    setBootDevice: (boot_device, persistent, boot_mode) =>
      guarded(`set the boot device to ${boot_device}`, async () => {
        if (connection.boot === undefined)
          throw new DriverError('unsupported', 'The BMC has no boot device control.');
        await connection.boot.set({ boot_device, persistent, boot_mode }, options());
      }),
    use: (what, call) => guarded(what, () => call(connection, options())),
    [Symbol.asyncDispose]: async () => {
      await connection[Symbol.asyncDispose]();
    },
  };
  return bmc;
}
