import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { PowerAction } from '../machine.ts';
import { RedfishRefusal } from './redfish-error.ts';
import type { RedfishFaults } from './redfish-faults.ts';
import { BOOT_TARGETS, PATHS, RESET_TYPES } from './redfish-resources.ts';
import type { Lamp, RedfishState } from './redfish-state.ts';

const ACTIONS: Readonly<Record<(typeof RESET_TYPES)[number], PowerAction>> = {
  On: 'on',
  ForceOff: 'off',
  GracefulShutdown: 'soft',
  GracefulRestart: 'reset',
  ForceRestart: 'reset',
  PowerCycle: 'cycle',
  Nmi: 'nmi',
};
const LAMPS: readonly Lamp[] = ['Lit', 'Off', 'Blinking'];

/** Writes properties of a resource. @throws RedfishRefusal */
export function changeResource(state: RedfishState, path: string, body: JsonObject): void {
  const writers: Readonly<Record<string, Readonly<Record<string, (value: Json) => void>>>> = {
    [PATHS.system]: {
      Boot: (value) => changeBoot(state, objectOf(value, 'Boot')),
      LocationIndicatorActive: (value) => {
        state.system_lamp = booleanOf(value, 'LocationIndicatorActive');
      },
    },
    [PATHS.chassis]: {
      IndicatorLED: (value) => {
        const lamp = LAMPS.find((each) => each === value);
        if (lamp === undefined) throw notInList(value, 'IndicatorLED');
        state.setChassisLamp(lamp);
      },
    },
    [`${PATHS.system}/SecureBoot`]: {
      SecureBootEnable: (value) => {
        state.secure_boot = booleanOf(value, 'SecureBootEnable');
      },
    },
  };
  const writable = writers[path];
  if (writable === undefined)
    throw new RedfishRefusal(405, 'OperationNotAllowed', 'The resource cannot be changed.');
  for (const [name, value] of Object.entries(body)) {
    const write = writable[name];
    if (write === undefined)
      throw new RedfishRefusal(400, 'PropertyNotWritable', `The property ${name} is read only.`);
    write(value);
  }
  state.version += 1;
}

/** Carries an action out; false: there is no such action. @throws RedfishRefusal */
export function carryOut(
  state: RedfishState,
  faults: RedfishFaults,
  path: string,
  body: JsonObject,
  forgetSessions: () => void,
): boolean {
  if (path === `${PATHS.system}/Actions/ComputerSystem.Reset`) resetSystem(state, faults, body);
  else if (path === `${PATHS.manager}/Actions/Manager.Reset`) {
    state.machine.note('bmc reset', String(body.ResetType));
    forgetSessions();
  } else if (!changeMedia(state, path, body)) return false;
  state.version += 1;
  return true;
}

function resetSystem({ machine }: RedfishState, faults: RedfishFaults, { ResetType }: JsonObject): void {
  const type = RESET_TYPES.find((each) => each === ResetType);
  if (type === undefined || faults.lies_about?.includes(type) === true)
    throw new RedfishRefusal(
      400,
      'ActionParameterNotSupported',
      `The value ${String(ResetType)} of ResetType is not supported.`,
    );
  // As strict BMCs do: what is on already cannot be switched on.
  if (type === 'On' && machine.power === 'on')
    throw new RedfishRefusal(409, 'NoOperation', 'The server is on already.');
  if (!machine.command(ACTIONS[type]))
    throw new RedfishRefusal(409, 'PowerStateNotAllowed', 'The server is off.');
}

function changeMedia(state: RedfishState, path: string, body: JsonObject): boolean {
  for (const slot of state.media) {
    const actions = `${PATHS.manager}/VirtualMedia/${slot.id}/Actions/VirtualMedia`;
    if (path === `${actions}.InsertMedia`) {
      if (slot.image !== null)
        throw new RedfishRefusal(409, 'ResourceInUse', 'The slot holds an image already.');
      if (typeof body.Image !== 'string' || !URL.canParse(body.Image))
        throw new RedfishRefusal(400, 'ActionParameterMissing', 'The action needs the parameter Image.');
      slot.image = body.Image;
      slot.write_protected = body.WriteProtected !== false;
      return true;
    }
    if (path === `${actions}.EjectMedia`) {
      if (slot.image === null) throw new RedfishRefusal(400, 'NoOperation', 'The slot is empty.');
      slot.image = null;
      return true;
    }
  }
  return false;
}

function changeBoot(state: RedfishState, boot: JsonObject): void {
  const { BootSourceOverrideTarget: target, BootSourceOverrideEnabled: enabled } = boot;
  const { BootSourceOverrideMode: mode } = boot;
  if (mode !== undefined) {
    if (mode !== 'UEFI' && mode !== 'Legacy') throw notInList(mode, 'BootSourceOverrideMode');
    state.setBootMode(mode === 'UEFI' ? 'uefi' : 'bios');
  }
  if (target === undefined && enabled === undefined) return;
  if (enabled !== 'Once' && enabled !== 'Continuous' && enabled !== 'Disabled')
    throw notInList(enabled ?? null, 'BootSourceOverrideEnabled');
  const device = BOOT_TARGETS[String(target)];
  if (device === undefined) throw notInList(target ?? null, 'BootSourceOverrideTarget');
  state.setBoot(enabled === 'Disabled' ? null : device, enabled === 'Continuous');
}

function objectOf(value: Json, name: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notInList(value, name);
  return value;
}

function booleanOf(value: Json, name: string): boolean {
  if (typeof value !== 'boolean') throw notInList(value, name);
  return value;
}

function notInList(value: Json, name: string): RedfishRefusal {
  return new RedfishRefusal(
    400,
    'PropertyValueNotInList',
    `The value ${JSON.stringify(value)} for the property ${name} is not in the list of acceptable values.`,
  );
}
