import type { Clock } from '../../lifecycle/clock.ts';
import type { SpeedSelect } from '../contract.ts';
import { rawCommand } from './commands/raw.ts';
import type { Controller } from './controller.ts';
import { remaining } from './power.ts';

/**
 * Intel Speed Select by a command of Intel's boards. Source: opendev.org/openstack/ironic,
 * drivers/modules/intel_ipmi/management.py. Each socket is told by itself.
 */
const NETFN = 0x2c;
const COMMAND = 0x41;
const SET_PROFILE = [0x04, 0x00] as const;

export function intelSpeedSelect(bmc: Controller, clock: Clock): SpeedSelect {
  return {
    configure: async (profile, sockets, options) => {
      const left = remaining(clock, options);
      for (let socket = 0; socket < sockets; socket += 1)
        await bmc.execute(rawCommand(NETFN, COMMAND), Uint8Array.of(...SET_PROFILE, socket, profile), left());
    },
  };
}
