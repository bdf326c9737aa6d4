import { expect } from 'chai';
import { sensorReadings } from '../../lifecycle/sensor-readings.ts';

describe('readings of sensors', () => {
  it('are the same for every kind of BMC', () => {
    const data = {
      Temperature: {
        'Inlet Temp (0x4)': {
          'Sensor ID': 'Inlet Temp (0x4)',
          'Sensor Reading': '-3.500 (+/- 0.500) degrees C',
          Status: 'Lower Critical',
        },
        'CPU@1': { identity: 'CPU', reading_celsius: 41, state: 'Enabled', health: 'OK' },
      },
      Power: {
        'PSU1 (0x8)': {
          'Sensor ID': 'PSU1 (0x8)',
          'Sensor Reading': '1h',
          'States Asserted': 'Presence detected',
        },
        'PSU@1': { identity: 'PSU', line_input_voltage: 230, state: 'Absent', health: null },
      },
      Fan: { 'F1@1': { identity: 'F1', reading: 41, reading_units: 'Percent', health: 'Warning' } },
    };
    expect(sensorReadings(data).map((one) => Object.values(one))).to.deep.equal([
      ['Temperature', 'Inlet Temp', -3.5, 'degrees C', 'Lower Critical'],
      ['Temperature', 'CPU@1', 41, 'degrees C', 'ok'],
      ['Power', 'PSU1', null, '', 'Presence detected'],
      ['Power', 'PSU@1', 230, 'Volts', 'Absent'],
      ['Fan', 'F1@1', 41, 'Percent', 'Warning'],
    ]);
  });
});
