import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { PowerAction } from '../machine.ts';
import { booleanOf, notInList, type Outcome, objectOf, writeEach } from './area.ts';
import { PATHS } from './paths.ts';
import { RedfishRefusal } from './redfish-error.ts';
import type { RedfishFaults } from './redfish-faults.ts';
import { BOOT_TARGETS, RESET_TYPES } from './redfish-resources.ts';
import type { Lamp, MediaSlot, RedfishState } from './redfish-state.ts';

const ACTIONS: Readonly<Record<(typeof RESET_TYPES)[number], PowerAction>> = {
  On: 'on',
  ForceOff: 'off',
  GracefulShutdown: 'soft',
  GracefulRestart: 'reset',
  ForceRestart: 'reset',
  PowerCycle: 'cycle',
  Nmi: 'nmi',
};
const KEYS: Readonly<Record<string, RedfishState['secure_boot_keys']>> = {
  ResetAllKeysToDefault: 'default',
  DeleteAllKeys: 'none',
};
const LAMPS: readonly Lamp[] = ['Lit', 'Off', 'Blinking'];

/** Writes properties of a resource; null: it has none that can be written. @throws RedfishRefusal */
export function changeResource(
  state: RedfishState,
  faults: RedfishFaults,
  path: string,
  body: JsonObject,
): Outcome | null {
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
  const slot = state.media.find(({ id }) => path === `${PATHS.manager}/VirtualMedia/${id}`);
  if (slot !== undefined && faults.media_by_patch === true)
    return writeEach(body, {
      Image: (value) => {
        slot.image = value === null ? null : String(value);
      },
    });
  const writable = writers[path];
  return writable === undefined ? null : writeEach(body, writable);
}

/** An action of the system, its manager or their media; null: there is no such action. @throws RedfishRefusal */
export function carryOut(
  state: RedfishState,
  faults: RedfishFaults,
  path: string,
  body: JsonObject,
): Outcome | null {
  if (path === `${PATHS.system}/Actions/ComputerSystem.Reset`) return resetSystem(state, faults, body);
  if (path === `${PATHS.manager}/Actions/Manager.Reset`)
    return {
      work: () => {
        state.machine.note('bmc reset', String(body.ResetType));
        state.restarts += 1;
      },
    };
  if (path === `${PATHS.system}/SecureBoot/Actions/SecureBoot.ResetKeys`) {
    const keys = KEYS[String(body.ResetKeysType)];
    if (keys === undefined) throw notInList(body.ResetKeysType ?? null, 'ResetKeysType');
    return {
      work: () => {
        state.secure_boot_keys = keys;
      },
    };
  }
  return changeMedia(state, faults, path, body);
}

function resetSystem(
  { events, machine }: RedfishState,
  faults: RedfishFaults,
  { ResetType }: JsonObject,
): Outcome {
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
  if (machine.power === 'off' && !['On', 'ForceOff', 'GracefulShutdown'].includes(type))
    throw new RedfishRefusal(409, 'PowerStateNotAllowed', 'The server is off.');
  return {
    work: () => {
      machine.command(ACTIONS[type]);
      events.tell({
        ...{ EventType: 'StatusChange', MessageId: 'ResourceEvent.1.3.ResourceChanged', Severity: 'OK' },
        ...{ Message: `The server was asked for ${type}.`, origin: PATHS.system },
      });
    },
  };
}

function isDisc({ media_types }: MediaSlot): boolean {
  return media_types.includes('CD') || media_types.includes('DVD');
}

function changeMedia(
  state: RedfishState,
  faults: RedfishFaults,
  path: string,
  body: JsonObject,
): Outcome | null {
  for (const slot of state.media) {
    const actions = `${PATHS.manager}/VirtualMedia/${slot.id}/Actions/VirtualMedia`;
    if (path === `${actions}.InsertMedia`) {
      if (slot.image !== null)
        throw new RedfishRefusal(409, 'ResourceInUse', 'The slot holds an image already.');
      if (typeof body.Image !== 'string' || !URL.canParse(body.Image))
        throw new RedfishRefusal(400, 'ActionParameterMissing', 'The action needs the parameter Image.');
      const { Image, UserName, Password, TransferProtocolType } = body;
      if (faults.wants_transfer_protocol === true && TransferProtocolType === undefined)
        throw new RedfishRefusal(
          400,
          'ActionParameterMissing',
          'The action InsertMedia requires the parameter TransferProtocolType to be present in the request body.',
        );
      return {
        work: () => {
          slot.image = Image;
          if (isDisc(slot)) state.machine.setMedium(Image);
          slot.login =
            UserName === undefined ? null : { username: String(UserName), password: String(Password) };
          slot.protocol = TransferProtocolType === undefined ? null : String(TransferProtocolType);
          slot.write_protected = body.WriteProtected !== false;
        },
      };
    }
    if (path === `${actions}.EjectMedia`) {
      if (slot.image === null) throw new RedfishRefusal(400, 'NoOperation', 'The slot is empty.');
      return {
        work: () => {
          slot.image = null;
          if (isDisc(slot)) state.machine.setMedium(null);
        },
      };
    }
  }
  return null;
}

/** Writes the boot override. @throws RedfishRefusal */
export function changeBoot(state: RedfishState, boot: JsonObject): void {
  const { BootSourceOverrideTarget: target, BootSourceOverrideEnabled: given } = boot;
  const { BootSourceOverrideMode: mode } = boot;
  if (mode !== undefined) {
    if (mode !== 'UEFI' && mode !== 'Legacy') throw notInList(mode, 'BootSourceOverrideMode');
    state.setBootMode(mode === 'UEFI' ? 'uefi' : 'bios');
  }
  if (target === undefined && given === undefined) return;
  // A property that is not sent stays as it is (DSP0266 7.8.1): Ironic leaves out what is so already.
  const { boot_override } = state.machine;
  const kept = boot_override === null ? undefined : boot_override.persistent ? 'Continuous' : 'Once';
  const enabled = given ?? kept;
  if (enabled !== 'Once' && enabled !== 'Continuous' && enabled !== 'Disabled')
    throw notInList(enabled ?? null, 'BootSourceOverrideEnabled');
  const device = BOOT_TARGETS[String(target)];
  if (device === undefined) throw notInList(target ?? null, 'BootSourceOverrideTarget');
  state.setBoot(enabled === 'Disabled' ? null : device, enabled === 'Continuous');
}
