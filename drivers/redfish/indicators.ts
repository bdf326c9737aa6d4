import { DriverError, type Indicator, type IndicatorControl, type IndicatorState } from '../contract.ts';
import type { Call } from './call.ts';
import { booleanIn, type Resource, textIn } from './resources.ts';
import { drivesOf, storagesOf } from './storage.ts';
import type { System } from './system.ts';

type SettableState = Exclude<IndicatorState, 'unknown'>;

/** Chassis.IndicatorLED, and its successor LocationIndicatorActive, which cannot blink. */
const LED = { on: 'Lit', off: 'Off', blinking: 'Blinking' } as const satisfies Record<SettableState, string>;
const LED_STATES = Object.keys(LED) as SettableState[];

interface Lamp extends Indicator {
  resource: Resource;
  state: IndicatorState;
}

/**
 * The lamps of the system, of its chassis and of its drives; their ids are UUIDs, or ids of the BMC where it has none, as in Ironic. A
 * drive whose id another controller's drive has too is told apart by the controller: `RAID.1:Disk.1`.
 */
export function redfishIndicators(system: System): IndicatorControl {
  const { client } = system;
  const lamps = async (call: Call): Promise<Lamp[]> => {
    const resource = await system.read(call);
    const chassis = await system.linked(call, resource, 'Chassis');
    const found = [lampOf('system', resource), ...chassis.map((each) => lampOf('chassis', each))];
    return [...found.filter((lamp) => lamp !== null), ...(await driveLamps(system, call))];
  };
  const find = async (call: Call, { component, id }: Pick<Indicator, 'component' | 'id'>): Promise<Lamp> => {
    const found = (await lamps(call)).find((lamp) => lamp.component === component && lamp.id === id);
    if (found !== undefined) return found;
    throw new DriverError('rejected', `${client.name}: There is no lamp ${id}@${component}.`);
  };
  return {
    list: (options) =>
      client.within(options, async (call) =>
        (await lamps(call)).map(({ component, id, readonly, states }) => ({
          component,
          id,
          readonly,
          states,
        })),
      ),
    get: (lamp, options) => client.within(options, async (call) => (await find(call, lamp)).state),
    set: (lamp, state, options) =>
      client.within(options, async (call) => {
        const { resource, states } = await find(call, lamp);
        if (!states.includes(state))
          throw new DriverError('rejected', `${client.name}: The lamp ${lamp.id} cannot be ${state}.`);
        const has_led = textIn(resource.body, 'IndicatorLED') !== null;
        await client.patch(
          call,
          resource,
          has_led ? { IndicatorLED: LED[state] } : { LocationIndicatorActive: state === 'on' },
        );
      }),
  };
}

async function driveLamps(system: System, call: Call): Promise<Lamp[]> {
  const found: { storage: Resource; lamp: Lamp }[] = [];
  for (const storage of await storagesOf(system, call))
    for (const { resource } of await drivesOf(system, call, storage)) {
      const lamp = lampOf('disk', resource);
      if (lamp !== null) found.push({ storage, lamp });
    }
  return found.map(({ storage, lamp }) => {
    const alone = found.every((each) => each.lamp === lamp || each.lamp.id !== lamp.id);
    return alone ? lamp : { ...lamp, id: `${textIn(storage.body, 'Id')}:${lamp.id}` };
  });
}

function lampOf(component: 'system' | 'chassis' | 'disk', resource: Resource): Lamp | null {
  const { body } = resource;
  const id = textIn(body, 'UUID') ?? textIn(body, 'Id');
  const led = textIn(body, 'IndicatorLED');
  const active = booleanIn(body, 'LocationIndicatorActive');
  if (id === null || (led === null && active === null)) return null;
  const common = { component, id, readonly: false, resource };
  if (led !== null) {
    const state = LED_STATES.find((each) => LED[each] === led) ?? 'unknown';
    return { ...common, states: LED_STATES, state };
  }
  return { ...common, states: ['on', 'off'], state: active === true ? 'on' : 'off' };
}
