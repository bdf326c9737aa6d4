import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { SensorData, SensorReader } from '../contract.ts';
import { arrayIn, isObject, linkIn, objectIn, type Resource, textIn } from './resources.ts';
import type { System } from './system.ts';

/** Fields in Ironic's notifications (ironic/drivers/modules/redfish/management.py) ← properties of the members. */
const FAN = fields(['Status', 'Reading', 'ReadingUnits', 'PhysicalContext']);
const TEMPERATURE = fields([
  ...['ReadingCelsius', 'MaxReadingRangeTemp', 'MinReadingRangeTemp', 'PhysicalContext', 'SensorNumber'],
  'Status',
]);
const POWER = fields([
  ...['FirmwareVersion', 'LineInputVoltage', 'LineInputVoltageType', 'MaxPowerOutput', 'Model', 'Name'],
  ...['PowerCapacityWatts', 'SerialNumber', 'SparePartNumber', 'Status'],
]);

/** Fans, temperatures and power supplies of the system's chassis, by `<MemberId>@<chassis>`. */
export function redfishSensors(system: System): SensorReader {
  const { client } = system;
  return {
    read: (options) =>
      client.within(options, async (call) => {
        const data = { Fan: {}, Temperature: {}, Power: {} } satisfies SensorData;
        const groups = [
          { link: 'Thermal', list: 'Fans', type: 'Fan', wished: FAN },
          { link: 'Thermal', list: 'Temperatures', type: 'Temperature', wished: TEMPERATURE },
          { link: 'Power', list: 'PowerSupplies', type: 'Power', wished: POWER },
        ] as const;
        for (const chassis of await system.linked(call, await system.read(call), 'Chassis')) {
          const read = new Map<string, Resource>();
          for (const { link, list, type, wished } of groups) {
            const target = linkIn(chassis.body, link);
            if (target === null) continue;
            const resource = read.get(target) ?? (await client.get(call, target));
            read.set(target, resource);
            for (const member of arrayIn(resource.body, list).filter(isObject)) {
              const name = `${textIn(member, 'MemberId') ?? textIn(member, 'Name')}@${textIn(chassis.body, 'Id')}`;
              Object.assign(data[type], { [name]: pick(member, wished) });
            }
          }
        }
        return data;
      }),
  };
}

function fields(properties: readonly string[]): readonly [field: string, property: string][] {
  return properties.map((property) => [
    property.replace(/[A-Z]/g, (letter, at: number) => `${at === 0 ? '' : '_'}${letter.toLowerCase()}`),
    property,
  ]);
}

function pick(member: Record<string, unknown>, wished: ReturnType<typeof fields>): JsonObject {
  const picked: JsonObject = { identity: textIn(member, 'MemberId') };
  for (const [field, property] of wished) {
    const value = member[property];
    if (property === 'Status') {
      const status = objectIn(member, 'Status') ?? {};
      picked.state = textIn(status, 'State');
      picked.health = textIn(status, 'Health');
    } else picked[field] = isScalar(value) ? value : null;
  }
  return picked;
}

function isScalar(value: unknown): value is Exclude<Json, object> {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
