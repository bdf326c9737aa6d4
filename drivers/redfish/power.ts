import type { PowerState, PowerTarget } from '../../lifecycle/power.ts';
import { DriverError, type Nmi, type PowerControl } from '../contract.ts';
import type { Call } from './call.ts';
import { ConnectionError } from './http.ts';
import { Refusal } from './message.ts';
import { resetResource } from './reset.ts';
import { type Resource, required, textIn } from './resources.ts';
import type { System } from './system.ts';

type ReadablePower = Exclude<PowerState, 'error'>;

const SUPPORTED = ['power on', 'power off', 'rebooting', 'soft power off', 'soft rebooting'] as const;
/** Resource.PowerState; a state on its way counts as the state that it leads to, as in Ironic. */
const STATES: Readonly<Record<string, ReadablePower>> = {
  On: 'power on',
  PoweringOn: 'power on',
  Paused: 'power on',
  Off: 'power off',
  PoweringOff: 'power off',
};
/** Between looks at a server that is to switch off. */
const FIRST_LOOK_MS = 50;
const LONGEST_LOOK_MS = 2000;
const SETTLING_MS = 1000;
/** Of what may be done twice. */
const ATTEMPTS = 3;

export function redfishPower(system: System): PowerControl {
  const { client } = system;

  const stateOf = (resource: Resource): ReadablePower =>
    required(resource, 'PowerState', STATES[textIn(resource.body, 'PowerState') ?? ''] ?? null);

  /**
   * A refusal or a lost answer is no failure when the server is where it should be. When it is not, and the connection broke, the BMC
   * may not have heard of it.
   */
  const ensure = async (
    call: Call,
    resource: Resource,
    state: ReadablePower,
    ways: readonly string[],
    attempts = 1,
  ): Promise<void> => {
    if (stateOf(resource) === state) return;
    for (let attempt = 1; ; attempt += 1)
      try {
        return await resetResource(system, call, resource, 'ComputerSystem', ways);
      } catch (error) {
        if (!(error instanceof DriverError) || error.code === 'unauthorized') throw error;
        call.signal.throwIfAborted();
        const now = await system.read(call).then(stateOf, () => null);
        if (now === state) return;
        if (!(error instanceof ConnectionError) || now === null || attempt === attempts) throw error;
      }
  };

  const powerOn = async (call: Call, resource: Resource): Promise<void> => {
    for (;;)
      try {
        return await ensure(call, resource, 'power on', ['On', 'ForceOn'], ATTEMPTS);
      } catch (error) {
        // iDRAC 10 does so for a while after it was switched off (opendev.org/openstack/ironic, redfish/power.py).
        const settling =
          error instanceof Refusal && error.status === 409 && error.key === 'ActionParameterValueConflict';
        if (!settling || SETTLING_MS >= call.left_ms) throw error;
        await call.sleep(SETTLING_MS);
      }
  };
  const powerOff = (call: Call, resource: Resource) =>
    ensure(call, resource, 'power off', ['ForceOff'], ATTEMPTS);
  const softOff = (call: Call, resource: Resource) =>
    ensure(call, resource, 'power off', ['GracefulShutdown']);

  /** Switches a server on that is on its way off. */
  const onAgain = async (call: Call): Promise<void> => {
    call.purpose = {
      code: 'timeout',
      what: 'The server did not switch off. Look at its operating system, or use a hard reboot.',
    };
    let resource = await system.read(call);
    for (let wait_ms = FIRST_LOOK_MS; stateOf(resource) === 'power on'; wait_ms *= 2) {
      await call.sleep(Math.min(wait_ms, LONGEST_LOOK_MS));
      resource = await system.read(call);
    }
    call.purpose = null;
    await powerOn(call, resource);
  };

  /** Restarts in one of these ways; switches off and on where the BMC has none of them. */
  const restart = async (
    call: Call,
    resource: Resource,
    ways: readonly string[],
    switchOff: (call: Call, resource: Resource) => Promise<void>,
  ): Promise<void> => {
    if (stateOf(resource) === 'power off') return powerOn(call, resource);
    try {
      await resetResource(system, call, resource, 'ComputerSystem', ways);
    } catch (error) {
      if (!(error instanceof DriverError) || error.code !== 'unsupported') throw error;
      await switchOff(call, resource);
      await onAgain(call);
    }
  };

  const actions: Record<PowerTarget, (call: Call, resource: Resource) => Promise<void>> = {
    'power on': powerOn,
    'power off': powerOff,
    rebooting: (call, resource) => restart(call, resource, ['ForceRestart', 'PowerCycle'], powerOff),
    'soft power off': softOff,
    'soft rebooting': (call, resource) => restart(call, resource, ['GracefulRestart'], softOff),
  };
  return {
    supported: SUPPORTED,
    get: (options) => client.within(options, async (call) => stateOf(await system.read(call))),
    set: (target, options) =>
      client.within(options, async (call) => await actions[target](call, await system.read(call))),
  };
}

export function redfishNmi(system: System): Nmi {
  return {
    inject: (options) =>
      system.client.within(options, async (call) => {
        await resetResource(system, call, await system.read(call), 'ComputerSystem', ['Nmi']);
      }),
  };
}
