import { expect } from 'chai';
import { bootProblems, networkDevice } from '../../conductor/interfaces.ts';
import type { JsonObject } from '../../lifecycle/json.ts';

describe('boot interfaces', () => {
  const rows: readonly [string, string, JsonObject, 'pxe' | 'uefihttp', RegExp | null][] = [
    ['ipxe', 'ipmitool', {}, 'pxe', null],
    ['pxe', 'redfish', { capabilities: 'boot_mode:bios' }, 'pxe', null],
    ['http-ipxe', 'redfish', {}, 'uefihttp', null],
    ['http', 'redfish', { capabilities: 'boot_mode:uefi' }, 'uefihttp', null],
    [
      'http-ipxe',
      'redfish',
      { capabilities: 'boot_mode:bios' },
      'uefihttp',
      /^The boot interface http-ipxe needs UEFI/,
    ],
    [
      'http',
      'ipmitool',
      {},
      'uefihttp',
      /the management interface ipmitool cannot tell it: set boot_interface to ipxe/,
    ],
  ];
  for (const [boot_interface, management_interface, properties, device, problem] of rows)
    it(`${boot_interface} by ${management_interface} ${JSON.stringify(properties)}: ${device}, ${problem === null ? 'fine' : 'refused'}`, () => {
      const node = { boot_interface, management_interface, properties, instance_info: {} };
      expect(networkDevice(node)).to.equal(device);
      const problems = bootProblems(node, 'uefi').join(' ');
      if (problem === null) expect(problems).to.equal('');
      else expect(problems).to.match(problem);
    });
});
